import LiandongCore
import LiandongDomain
import Testing

@Suite("Erasing a record")
struct EraseRecordTests {
    private func order(_ town: Town) throws -> RecordID {
        var order = SubmitWorkOrder(
            service: "0101",
            place: Town.communityB1,
            description: "路灯不亮",
            address: "东一路1号",
            channel: "counter",
            contact: Contact(name: "王建国", phone: "13812340000")
        )
        order.media = ["https://example.org/1.jpg"]
        return try town.run(order, at: Town.communityA1).record
    }

    private func erase(_ record: RecordID) -> EraseRecord {
        EraseRecord(.workOrder(.record(record)), reason: .consentWithdrawn)
    }

    @Test("An order keeps its log and loses who asked, every text, and who at a counter wrote what", arguments: [0, 1])
    func orderEverywhere(variant: Int) throws {
        let town = try Town()
        let record = try order(town)
        try town.sync()
        try town.act(record, .refuse(reason: "不属本社区"), at: Town.communityB1)
        try town.sync()
        #expect(try town.order(record, at: Town.communityA1).offers.map(\.reason) == ["不属本社区"])
        // Variant 1: written while nobody here had heard of the erasure.
        if variant == 1 { try town.act(record, .note, text: "已电话联系王建国", at: Town.streetB) }
        let receipt = try town.run(erase(record), at: Town.communityA1)
        #expect(receipt.erasedBefore == nil)
        #expect(
            receipt.fields.map { "\($0.name) \($0.count)" } == [
                "description 1", "address 1", "texts and names in the log 2", "requester 1", "media 1",
            ]
        )
        try town.sync(Town.places, .backward)
        let orders = try town.everywhere(record)
        #expect(orders.count == 5)
        for order in orders {
            #expect(order == orders[0])
            #expect(order.erasedAt == Instant(milliseconds: town.now))
            #expect(order.description == nil && order.address == nil && order.sealedContact == nil)
            #expect(order.media.isEmpty)
            #expect(order.events.map(\.act) == [.offer, .refuse] + (variant == 1 ? [.note] : []))
            #expect(order.events.allSatisfy { $0.text.isEmpty && $0.reason.isEmpty && $0.operatorName.isEmpty })
            #expect(order.offers.map(\.state) == [.refused])
        }
    }

    @Test("Once more it is answered with when it was, and writes nothing") func again() throws {
        let town = try Town()
        let record = try order(town)
        _ = try town.run(erase(record), at: Town.communityA1)
        let first = town.now
        town.now += 60_000
        let plan = try erase(record).plan(town.reader(Town.communityA1), town.context(Town.communityA1))
        #expect(plan.drafts.isEmpty)
        #expect(plan.receipt.erasedBefore == Instant(milliseconds: first))
    }

    @Test("What this node does not hold is refused as not found") func unknown() throws {
        let town = try Town()
        let record = try order(town)
        try town.sync()
        #expect(try town.refusal(erase(record), at: Town.communityA2).code == .notFound)
        let registration = EraseRecord(.registration(record), reason: .byLaw)
        #expect(try town.refusal(registration, at: Town.communityA1).code == .notFound)
    }

    @Test("An erased order goes on without texts: acts do, words do not") func goesOn() throws {
        let town = try Town()
        let record = try order(town)
        _ = try town.run(erase(record), at: Town.communityA1)
        #expect(
            try town.refusal(ActOnWorkOrder(.record(record), .accept, text: "王建国来电"), at: Town.communityA1).code
                == .wrongState
        )
        #expect(try town.refusal(ActOnWorkOrder(.record(record), .note), at: Town.communityA1).code == .wrongState)
        let amend = AmendWorkOrder(.record(record), description: "路灯")
        #expect(try town.refusal(amend, at: Town.communityA1).code == .wrongState)
        try town.act(record, .accept, at: Town.communityA1)
        try town.run(AmendWorkOrder(.record(record), service: "0303"), at: Town.communityA1)
        try town.act(record, .close, at: Town.communityA1)
        try town.sync()
        for order in try town.everywhere(record) {
            #expect(order.status == .closed && order.service == "0303")
            #expect(order.events.allSatisfy { $0.operatorName.isEmpty })
        }
    }

    @Test(
        "A registration is left as an id with its community, is found by no number, and is registered anew to come back"
    )
    func registration() throws {
        let town = try Town()
        let record = try town.run(ResidentTests.registration("王建国"), at: Town.communityA1).record
        let erase = EraseRecord(.registration(record), reason: .purposeAchieved)
        try town.sync()
        let receipt = try town.run(erase, at: Town.streetA)
        #expect(receipt.fields.isEmpty == false)
        try town.sync()
        for place in [Town.communityA1, Town.streetA, Town.district] {
            let view = try #require(try town.view(record, at: place))
            let left = try #require(Registration.fold(view, town.authority))
            #expect(left.community == Town.communityA1)
            #expect(left.names.isEmpty && left.identities.isEmpty && left.phone == nil && left.address == nil)
            #expect(left.matchTagDigests.isEmpty && left.erasedAt != nil)
            #expect(left.updatedAt == left.erasedAt)
        }
        let amend = AmendRegistration(
            record,
            RegistrationValues(name: "王建国"),
            provenance: Provenance(source: .cardRead)
        )
        let refusal = try town.refusal(amend, at: Town.communityA1)
        #expect(refusal.code == .wrongState && refusal.wayOut.contains("anew"))
        let anew = try town.run(ResidentTests.registration("王建国"), at: Town.communityA1)
        #expect(anew.record != record && anew.sameNumber.isEmpty)
    }
}
