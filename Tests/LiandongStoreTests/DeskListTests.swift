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

        let first = CivilDate(number: CivilDate(now).number - OrderFigures.dayCount + 1)
        let counted = try await store.read { try $0.countedOrders(since: first) }
        let figures = counted.figures(of: nil, overdue: bounds, at: now)
        #expect(figures.overdue == rest.count)
        #expect(figures.days.count == OrderFigures.dayCount && figures.days.last?.day == CivilDate(now))
        #expect(figures.days.reduce(0) { $0 + $1.requested } == 7, "one was asked for before these days")
        #expect(figures.open.reduce(0) { $0 + $1.count } == 7 && figures.services.map(\.count) == [7])
        #expect(figures.response == .init(part: 0, whole: 5), "of the latest two the 24 hours are not over")
        #expect(figures.resolution.part == 0 && figures.resolution.whole == rest.count)
        #expect(figures.satisfaction == .init(part: 0, whole: 0))
        let open = try await store.read { reader in
            var filter = StoreReader.WorkOrderFilter()
            filter.isOpen = true
            return try reader.workOrderCount(filter)
        }
        #expect(open == 7)
        let load = PlaceLoad(place: site.place, open: 7, overdue: figures.overdue)
        #expect(counted.loads(of: nil, overdue: bounds) == [load])
        #expect(counted.loads(of: [site.place, PlaceID(raw: 99)], overdue: bounds) == [load])
        #expect(counted.loads(of: [PlaceID(raw: 99)], overdue: bounds).isEmpty)
        let single = try await store.read { [receipts] reader in
            try receipts.compactMap { try reader.countedOrder($0.record) }
        }
        #expect(single.count == 8 && counted.count == 8, "the one that was declined was handled today")
        var again = CountedOrders()
        for order in single { again.put(order) }
        #expect(again.figures(of: [site.place], overdue: bounds, at: now) == figures)
        let later = try await store.read { try $0.countedOrders(since: CivilDate(number: CivilDate(now).number + 1)) }
        #expect(later.count == 7, "what is open counts, however long ago it was requested")
        let few = try await store.read { try $0.workOrderCount(.init(), atMost: 3) }
        #expect(few == 3, "counting stops there")
        try await store.close()
    }

    @Test("The desk's own list is in the order of all lists, page by page, and so it is after an upgrade")
    func pages() async throws {
        let site = try Site()
        defer { site.remove() }
        var store = try await site.found()
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        // Some were requested at the same moment, so that their ids decide.
        for index in 0..<24 {
            let asked = now.advanced(byMilliseconds: Int64(index % 5) * -60_000)
            _ = try await store.commit(order("no \(index)", requestedAt: asked), as: site.actor)
        }
        let all = try await found(store) { $0.isOpen = true }
        let pages = try await paged(store, site.place)
        #expect(pages == all && all.count == 24)
        let few = try await found(store) { ($0.acting, $0.words) = (site.place, OrderText.words(of: "no 1")) }
        #expect(few == all.filter { few.contains($0) } && few.count == 12, "1, 10 to 19 and 21, in the list's order")
        let counts = try await store.read { reader in
            var filter = StoreReader.WorkOrderFilter()
            filter.acting = site.place
            let all = try reader.workOrderCount(filter)
            filter.to = now.advanced(byMilliseconds: -60_000)
            return [all, try reader.workOrderCount(filter), try reader.workOrderCount(filter, atMost: 7)]
        }
        #expect(counts == [24, 19, 7])
        let before = try await store.readModelDump()
        try await store.close()
        let file = try DatabaseQueue(path: site.configuration.database.path)
        try await file.write { try $0.execute(sql: DeskListTests.layoutBeforePlacesByRequest) }
        try file.close()
        store = try ReplicaStore(site.configuration)
        #expect(try await store.readModelDump() == before)
        #expect(try await paged(store, site.place) == all)
        try await store.close()
    }

    /// All pages of the list of a place that is to act, five a page.
    private func paged(_ store: ReplicaStore, _ place: PlaceID) async throws -> [RecordID] {
        var result: [RecordID] = []
        while true {
            let last = result.last
            let page = try await store.read { reader in
                var filter = StoreReader.WorkOrderFilter()
                (filter.acting, filter.isOpen, filter.limit) = (place, true, 5)
                filter.after = try last.flatMap { try reader.workOrder($0) }.map { ($0.requestedAt, $0.record) }
                return try reader.workOrders(filter)
            }
            guard !page.isEmpty else { return result }
            result += page
        }
    }

    /// As schema 22 had it.
    private static let layoutBeforePlacesByRequest = """
        CREATE TEMP TABLE told AS SELECT place, is_acting, record FROM work_order_places;
        DROP TABLE work_order_places;
        CREATE TABLE work_order_places(
            place INTEGER NOT NULL, is_acting INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY(place, is_acting, record)) STRICT, WITHOUT ROWID;
        CREATE INDEX work_order_places_by_record ON work_order_places(record);
        INSERT INTO work_order_places SELECT * FROM told;
        CREATE INDEX work_orders_handled ON work_orders(handled_at) WHERE handled_at IS NOT NULL;
        PRAGMA user_version = 22;
        """

    @Test("A word that many orders have finds them as one does that few have")
    func manyWithAWord() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let commands = (0..<1_030).map { order("路灯 \($0) 号") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for command in commands { group.addTask { _ = try await store.commit(command, as: site.actor) } }
            try await group.waitForAll()
        }
        let all = try await found(store) { $0.limit = 2_000 }
        #expect(all.count == 1_030)
        let ofMany = try await found(store) { ($0.words, $0.limit) = (OrderText.words(of: "路灯"), 2_000) }
        #expect(ofMany == all)
        let acting = try await found(store) {
            ($0.words, $0.acting, $0.limit) = (OrderText.words(of: "路灯"), site.place, 2_000)
        }
        #expect(acting == all)
        #expect(try await named("路灯777号", store).count == 1)
        let counts = try await store.read { reader in
            var filter = StoreReader.WorkOrderFilter()
            filter.words = OrderText.words(of: "路灯")
            let all = try reader.workOrderCount(filter)
            filter.words = OrderText.words(of: "灯 77")
            return [all, try reader.workOrderCount(filter)]
        }
        #expect(counts == [1_030, 19], "77, 177 to 977, 770 to 779")
        try await store.close()
    }
}
