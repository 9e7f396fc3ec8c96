import Foundation
import GRDB
import LiandongCore
import LiandongDomain
import LiandongStore
import Testing

/// What the desk's lists are asked: words, hands, deadlines, figures.
@Suite("The desk's lists")
struct DeskListTests {
    private func order(_ text: String, address: String = "", requestedAt: Instant? = nil) -> SubmitWorkOrder {
        SubmitWorkOrder(service: "0101", description: text, address: address, requestedAt: requestedAt, channel: "test")
    }

    private func found(
        _ store: ReplicaStore,
        _ change: (inout StoreReader.WorkOrderFilter) -> Void
    ) async throws -> [RecordID] {
        var filter = StoreReader.WorkOrderFilter()
        change(&filter)
        return try await store.read { [filter] in try $0.workOrders(filter) }
    }

    private func named(_ words: String, _ store: ReplicaStore) async throws -> [RecordID] {
        try await found(store) { $0.words = OrderText.words(of: words) }
    }

    @Test("Orders are found by words of what was written, and an erasure takes them from the search")
    func words() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let lamp = try await store.commit(order("东门外 第三盏路灯不亮", address: "东门路18号 LED"), as: site.actor)
        let waste = try await store.commit(order("东门路口乱堆物料"), as: site.actor)
        #expect(try await named("路灯", store) == [lamp.record])
        #expect(Set(try await named("东门", store)) == [lamp.record, waste.record])
        #expect(try await named("东门外第三盏 led", store) == [lamp.record], "blanks and case are left out of account")
        #expect(try await named("路灯 物料", store).isEmpty, "every word has to stand in it")
        #expect(try await named("亮东", store).isEmpty, "no word goes from one value to the next")
        #expect(try await named("%_'\"", store).isEmpty)
        let before = try await store.readModelDump()
        try await store.rebuild()
        #expect(try await store.readModelDump() == before)
        let erase = EraseRecord(.workOrder(.record(lamp.record)), reason: .consentWithdrawn)
        _ = try await store.commit(erase, as: site.actor)
        #expect(try await named("路灯", store).isEmpty)
        #expect(try await !store.readModelDump().joined().contains("路灯"))
        #expect(try await named("物料", store) == [waste.record])
        try await store.close()
    }

    @Test("Those that somebody had a hand in are found by account and place")
    func hands() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let anna = Actor(node: site.node, place: site.place, name: "anna", role: "clerk")
        let mine = try await store.commit(order("one"), as: site.actor)
        _ = try await store.commit(order("two"), as: site.actor)
        _ = try await store.commit(ActOnWorkOrder(.number(mine.number), .accept), as: anna)
        _ = try await store.commit(ActOnWorkOrder(.number(mine.number), .note, text: "again"), as: anna)
        func hand(_ name: String, _ place: PlaceID) async throws -> [RecordID] {
            try await found(store) { $0.hand = .init(place: place, name: name) }
        }
        #expect(try await hand("anna", site.place) == [mine.record])
        #expect(try await hand("ann", site.place).isEmpty)
        #expect(try await hand("anna", PlaceID(raw: 99)).isEmpty)
        try await store.close()
    }

    @Test("Overdue is what its own deadline says; what is handled or closed is not looked for")
    func overdue() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        var receipts: [SubmitWorkOrder.Receipt] = []
        for days in [0, 1, 3, 6, 8, 10, 20, 40] as [Int64] {
            let asked = now.advanced(byMilliseconds: -days * CivilDate.dayMilliseconds)
            receipts.append(try await store.commit(order("before \(days)", requestedAt: asked), as: site.actor))
        }
        let bounds = OverdueBounds(.current, .mainlandChina, at: now)
        let late = Set(try await found(store) { $0.overdue = bounds })
        for receipt in receipts {
            let order = try #require(try await store.read { try $0.workOrder(receipt.record) })
            let isLate = order.deadline(.current, .mainlandChina).isOverdue(at: now)
            #expect(late.contains(receipt.record) == isLate)
        }
        #expect(!late.isEmpty && late.count < receipts.count)
        let oldest = try #require(receipts.last)
        let decline = ActOnWorkOrder(.number(oldest.number), .decline(reason: .outsideRemit, whereTo: "the court"))
        _ = try await store.commit(decline, as: site.actor)
        let rest = try await found(store) { $0.overdue = bounds }
        #expect(Set(rest) == late.subtracting([oldest.record]))
        #expect(try await found(store) { $0.acting = site.place }.count == 7, "on what has ended nobody is to act")
        #expect(try await found(store) { $0.scope = [site.place, PlaceID(raw: 99)] }.count == 8)
        #expect(try await found(store) { $0.scope = [PlaceID(raw: 99)] }.isEmpty)

        let figures = try await store.read { try $0.orderFigures(.init(), overdue: bounds, at: now) }
        #expect(figures.overdue == rest.count)
        #expect(figures.days.count == OrderFigures.dayCount && figures.days.last?.day == CivilDate(now))
        #expect(figures.days.reduce(0) { $0 + $1.requested } == 7, "one was asked for before these days")
        #expect(figures.open.reduce(0) { $0 + $1.count } == 7 && figures.services.map(\.count) == [7])
        #expect(figures.response == .init(part: 0, whole: 5), "of the latest two the 24 hours are not over")
        #expect(figures.resolution.part == 0 && figures.resolution.whole == rest.count)
        #expect(figures.satisfaction == .init(part: 0, whole: 0))
        let counted = try await store.read { reader in
            var filter = StoreReader.WorkOrderFilter()
            filter.isOpen = true
            return try reader.workOrderCount(filter)
        }
        #expect(counted == 7)
        let loads = try await store.read { try $0.loads(.init(), overdue: bounds) }
        #expect(loads == [PlaceLoad(place: site.place, open: 7, overdue: figures.overdue)])
        var elsewhere = StoreReader.WorkOrderFilter()
        elsewhere.scope = [PlaceID(raw: 99)]
        let nothing = try await store.read { [elsewhere] in try $0.loads(elsewhere, overdue: bounds) }
        #expect(nothing.isEmpty)
        let few = try await store.read { try $0.workOrderCount(.init(), atMost: 3) }
        #expect(few == 3, "counting stops there")

        // Many on which a place is to act are met on the way, and not looked up: the list is the same.
        let acting = try await found(store) { $0.acting = site.place }
        try await store.close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        try await file.write { db in
            let row = "INSERT INTO work_order_places(place, is_acting, record) VALUES(?, 1, randomblob(16))"
            for _ in 0..<1_000 { try db.execute(sql: row, arguments: [Int64(bitPattern: site.place.raw)]) }
        }
        try file.close()
        let again = try ReplicaStore(site.configuration)
        #expect(try await found(again) { $0.acting = site.place } == acting)
        try await again.close()
    }
}
