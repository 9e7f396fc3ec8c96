import LiandongCore
import LiandongDomain
import Testing

/// Bytes that other implementations and later versions have to read: a change here is a change of the protocol.
@Suite("Golden bytes of values")
struct GoldenTests {
    func value(_ drafts: [Draft], _ field: Field) throws -> String {
        hexadecimal(try #require(drafts.first { $0.field == field }).value)
    }

    @Test("A creation, an offer and its text")
    func workOrder() throws {
        let town = try Town(seed: 7)
        town.now = 1_790_000_000_000
        var request = SubmitTests.request(Town.communityB1)
        request.contact = Contact()
        let plan = try request.plan(town.reader(Town.communityA1), town.context(Town.communityA1))
        let creation = try value(plan.drafts, WorkOrderField.creation)
        // accepted_at 11, place 21, the number, service, requested_at, then the hash, channel and role.
        #expect(
            creation.hasPrefix(
                "090b00000000000000" + "111500000000000000" + "1a19" + hexadecimal(plan.receipt.number.utf8) + "2204"
                    + hexadecimal("0302".utf8) + "29006c50c4a0010000" + "3220"
            )
        )
        #expect(creation.hasSuffix("3a07" + hexadecimal("counter".utf8) + "4a05" + hexadecimal("clerk".utf8)))
        #expect(
            try value(plan.drafts, WorkOrderField.events) == "080e" + "191500000000000000" + "3a05"
                + hexadecimal("clerk".utf8)
        )
        #expect(try value(plan.drafts, WorkOrderField.eventTexts) == "1206" + hexadecimal("李工".utf8))
        #expect(try value(plan.drafts, WorkOrderField.description) == hexadecimal("井盖缺失".utf8))
        #expect(plan.drafts.map(\.field).first == WorkOrderField.creation)
        #expect(plan.drafts.filter { $0.nonce != nil }.count == 1)
    }

    @Test("Equal contexts give equal plans")
    func deterministic() throws {
        func drafts() throws -> [Draft] {
            let town = try Town(seed: 9)
            var request = SubmitTests.request(Town.communityB1)
            request.contact = Contact()
            return try request.plan(town.reader(Town.communityA1), town.context(Town.communityA1)).drafts
        }
        #expect(try drafts() == drafts())
    }

    @Test("An event names what its author had seen")
    func after() throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(), at: Town.communityA1).record
        try town.act(record, .accept, at: Town.communityA1)
        try town.act(record, .note, text: "甲", at: Town.communityA1)
        let before = try town.order(record, at: Town.communityA1)
        try town.sync()
        // Two notes that know nothing of each other, then one that has seen both.
        try town.act(record, .note, text: "乙", at: Town.streetA)
        try town.act(record, .note, text: "丙", at: Town.district)
        try town.sync()
        try town.act(record, .close, at: Town.communityA1)
        let events = try town.order(record, at: Town.communityA1).events
        #expect(before.progress.heads == [before.events[1].id])
        #expect(events[2].after == before.progress.heads)
        #expect(events[3].after == before.progress.heads)
        #expect(events[4].after == [events[2].id, events[3].id].sorted())
    }
}
