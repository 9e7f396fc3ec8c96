import LiandongCore
import LiandongDomain
import Testing

@Suite("Corrections of places that did not know of each other") struct ConflictTests {
    private let town: Town
    private let record: RecordID

    init() throws {
        town = try Town()
        record = try town.run(SubmitTests.request(Town.communityA1), at: Town.communityA1).record
        try town.sync()
    }

    private func amend(_ address: String, at place: PlaceID) throws {
        try town.run(AmendWorkOrder(.record(record), address: address), at: place)
    }

    private func values(_ conflict: WorkOrder.Conflict?, of order: WorkOrder, at place: PlaceID) throws -> [String] {
        let purposes = town.purposes(at: place)
        return try #require(conflict).versions.map { version in
            switch order.content(of: version, try #require(conflict).field, purposes) {
            case .text(let text): text
            case .contact(.open(let contact)): contact.phone
            case .point(let point): "\(point.longitude)"
            case .place(let place): town.authority.name(of: place)
            case .contact(.sealed), .contact(.unknown), .unreadable: "?"
            }
        }
    }

    @Test("Both are kept and shown side by side; the higher tier's is what the order says, though it was written first")
    func bothKept() throws {
        try amend("西一路2号", at: Town.streetA)
        try amend("西一路20号", at: Town.communityA1)
        #expect(try town.order(record, at: Town.communityA1).conflicts.isEmpty, "until they hear of each other")
        try town.sync()
        for order in try town.everywhere(record) {
            #expect(order.address == "西一路2号")
            #expect(order.conflicts.map(\.field) == [.address])
            let conflict = order.conflicts.first
            #expect(conflict?.versions.map(\.authorPlace) == [Town.streetA, Town.communityA1])
            #expect(try values(conflict, of: order, at: Town.streetA) == ["西一路2号", "西一路20号"])
            #expect(order.awaitsDecision && order.summary.isDisputed && !order.isContested)
        }
    }

    @Test("Of one tier the later one is shown") func later() throws {
        let shared = try town.run(SubmitTests.request(Town.communityB1), at: Town.communityA1).record
        try town.sync()
        try town.act(shared, .take, at: Town.communityB1)
        try town.sync()
        try town.run(AmendWorkOrder(.record(shared), address: "早"), at: Town.communityA1)
        try town.run(AmendWorkOrder(.record(shared), address: "晚"), at: Town.communityB1)
        try town.sync()
        for order in try town.everywhere(shared) {
            #expect(order.address == "晚")
            #expect(order.conflicts.first?.versions.map(\.authorPlace) == [Town.communityB1, Town.communityA1])
        }
    }

    @Test("Whoever has seen both chooses one, or writes a third; then there is one") func settled() throws {
        try amend("西一路2号", at: Town.streetA)
        try amend("西一路20号", at: Town.communityA1)
        try town.sync()
        let lesser = try #require(try town.order(record, at: Town.communityA1).conflicts.first?.versions.last)
        let choice = AmendWorkOrder(.record(record), kept: [.init(.address, lesser.name)])
        try town.run(choice, at: Town.communityA1)
        try town.sync()
        for order in try town.everywhere(record) {
            #expect(order.conflicts.isEmpty && order.address == "西一路20号" && !order.summary.isDisputed)
        }
        let again = try town.refusal(choice, at: Town.communityA1)
        #expect(again.code == .wrongState, "there is nothing to choose any more: \(again)")

        try amend("甲", at: Town.streetA)
        try amend("乙", at: Town.communityA1)
        try town.sync()
        try amend("丙", at: Town.streetA)
        try town.sync()
        #expect(try town.everywhere(record).allSatisfy { $0.conflicts.isEmpty && $0.address == "丙" })
    }

    @Test("An edit that has seen the one before it is no conflict, nor are two that say the same") func noConflict()
        throws
    {
        try amend("甲", at: Town.streetA)
        try town.sync()
        try amend("乙", at: Town.communityA1)
        try town.sync()
        #expect(try town.everywhere(record).allSatisfy { $0.conflicts.isEmpty && $0.address == "乙" })
        try amend("丙", at: Town.streetA)
        try amend("丙", at: Town.communityA1)
        try town.run(AmendWorkOrder(.record(record), description: "另一处"), at: Town.communityA1)
        try town.sync()
        #expect(try town.everywhere(record).allSatisfy { $0.conflicts.isEmpty && $0.address == "丙" })
    }

    @Test("Each field that can be corrected is kept in both versions, the requester's sealed") func everyField() throws
    {
        func amendment(_ number: Int, papersAt: PlaceID) -> AmendWorkOrder {
            AmendWorkOrder(
                .record(record),
                service: number == 1 ? "0301" : "0302",
                description: "说明\(number)",
                address: "地址\(number)",
                location: GeoPoint(latitude: 1, longitude: Double(number)),
                papersAt: papersAt,
                contact: ContactChange(phone: "1390000000\(number)")
            )
        }
        try town.run(amendment(1, papersAt: Town.streetA), at: Town.streetA)
        try town.run(amendment(2, papersAt: Town.communityA1), at: Town.communityA1)
        try town.sync()
        let order = try town.order(record, at: Town.streetA)
        #expect(order.conflicts.map(\.field) == WorkOrder.CorrectedField.allCases)
        let all = try order.conflicts.map { try values($0, of: order, at: Town.streetA) }
        #expect(all.prefix(4) == [["0301", "0302"], ["说明1", "说明2"], ["地址1", "地址2"], ["1.0", "2.0"]])
        #expect(all.last == ["13900000001", "13900000002"])
        let kept = order.conflicts.compactMap { conflict in
            conflict.versions.last.map { AmendWorkOrder.KeptVersion(conflict.field, $0.name) }
        }
        try town.run(AmendWorkOrder(.record(record), kept: kept), at: Town.streetA)
        let settled = try town.order(record, at: Town.streetA)
        #expect(settled.conflicts.isEmpty && settled.service == "0302" && settled.papersAt == Town.communityA1)
    }

    @Test("A choice that is none is refused with what there is; who may not correct may not choose") func refused()
        throws
    {
        try amend("甲", at: Town.streetA)
        try amend("乙", at: Town.communityA1)
        try town.sync()
        let unknown = AmendWorkOrder(.record(record), kept: [.init(.address, "0-0")])
        let refusal = try town.refusal(unknown, at: Town.streetA)
        #expect(refusal.code == .conflict && "\(refusal)".contains("0-0"))
        let other = AmendWorkOrder(.record(record), kept: [.init(.description, "0-0")])
        #expect(try town.refusal(other, at: Town.streetA).code == .wrongState)
    }
}
