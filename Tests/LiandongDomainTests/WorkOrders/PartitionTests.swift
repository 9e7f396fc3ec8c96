import LiandongCore
import LiandongDomain
import Testing

/// The table of design §9: what becomes of what two sides did, neither knowing of the other.
@Suite("Work orders in a partition")
struct PartitionTests {
    typealias Action = ActOnWorkOrder.Action

    /// Runs one story under every order of delivery, with either side's clock ahead.
    func inEveryOrder(
        _ story: (Town, (_ first: () throws -> Void, _ second: () throws -> Void) throws -> Void) throws -> RecordID,
        _ check: (WorkOrder) throws -> Void
    ) throws {
        for delivery in Town.Delivery.allCases {
            for isSwapped in [false, true] {
                let town = try Town(seed: isSwapped ? 2 : 1)
                let record = try story(town) { first, second in
                    if isSwapped {
                        try second()
                        try first()
                    } else {
                        try first()
                        try second()
                    }
                }
                try town.sync(Town.places, delivery)
                let orders = try town.everywhere(record)
                let order = try #require(orders.first)
                #expect(orders.allSatisfy { $0 == order }, "every replica shows the same")
                #expect(!order.holders.isEmpty)
                try check(order)
            }
        }
    }

    func handled(_ town: Town) throws -> RecordID {
        let record = try town.run(SubmitTests.request(), at: Town.communityA1).record
        for action in [Action.accept, .dispatch(to: nil), .handled] {
            try town.act(record, action, at: Town.communityA1)
        }
        try town.sync()
        return record
    }

    @Test("Community closes, street reopens: reopened, and the closing stays as a round")
    func closeAndReopen() throws {
        try inEveryOrder { town, concurrently in
            let record = try handled(town)
            try concurrently(
                { try town.act(record, .close, text: "办结", at: Town.communityA1) },
                { try town.act(record, .reopen, text: "居民不满意", at: Town.streetA) }
            )
            return record
        } _: { order in
            #expect(order.status == .reopened)
            #expect(order.round == 2)
            #expect(order.rounds.first?.closing?.text == "办结")
            #expect(order.events.allSatisfy { $0.isApplied })
        }
    }

    @Test("A closing that has seen the reopening closes")
    func closeAfterReopen() throws {
        let town = try Town()
        let record = try handled(town)
        try town.act(record, .reopen, at: Town.streetA)
        try town.sync()
        try town.act(record, .close, at: Town.communityA1)
        try town.sync()
        #expect(try town.order(record, at: Town.district).status == .closed)
    }

    @Test("Two reopenings are one round")
    func reopenTwice() throws {
        try inEveryOrder { town, concurrently in
            let record = try handled(town)
            try town.act(record, .close, at: Town.communityA1)
            try town.sync()
            try concurrently(
                { try town.act(record, .reopen, at: Town.communityA1) },
                { try town.act(record, .reopen, at: Town.district) }
            )
            return record
        } _: { order in
            #expect(order.status == .reopened)
            #expect(order.round == 2)
        }
    }

    func offered(_ town: Town) throws -> RecordID {
        let record = try town.run(SubmitTests.request(Town.communityB1), at: Town.communityA1).record
        try town.sync()
        return record
    }

    @Test("Giver withdraws, receiver takes: the take wins")
    func withdrawAndTake() throws {
        try inEveryOrder { town, concurrently in
            let record = try offered(town)
            try concurrently(
                { try town.act(record, .withdraw(to: nil), at: Town.communityA1) },
                { try town.act(record, .take, at: Town.communityB1) }
            )
            return record
        } _: { order in
            #expect(order.holders == [Town.communityB1])
            #expect(order.offers.map(\.state) == [.taken])
            #expect(order.dispute == nil)
            #expect(order.status == .accepted)
            #expect(order.acceptedAt == Town.communityA1)
        }
    }

    @Test("A withdrawal that the receiver has seen stops it")
    func withdrawThenTake() throws {
        let town = try Town()
        let record = try offered(town)
        try town.act(record, .withdraw(to: Town.communityB1), at: Town.communityA1)
        try town.sync()
        let take = ActOnWorkOrder(.record(record), .take)
        let refusal = try town.refusal(take, at: Town.communityB1)
        #expect(refusal.code == .conflict)
        #expect(refusal.reason.contains("withdrawn"))
        #expect(try town.order(record, at: Town.communityB1).holders == [Town.communityA1])
    }

    /// A1's order for B1, offered to B1 and to the street above itself.
    func offeredTwice(_ town: Town) throws -> RecordID {
        let record = try town.run(SubmitTests.request(Town.communityB1), at: Town.communityA1).record
        try town.act(record, .offer(to: Town.streetA), at: Town.communityA1)
        try town.sync()
        return record
    }

    @Test("Two takes of offers of one tenure: a dispute until the giver picks")
    func twoTakes() throws {
        try inEveryOrder { town, concurrently in
            let record = try offeredTwice(town)
            try concurrently(
                { try town.act(record, .take, at: Town.communityB1) },
                { try town.act(record, .take, at: Town.streetA) }
            )
            return record
        } _: { order in
            #expect(order.holders == [Town.streetA, Town.communityB1])
            let dispute = try #require(order.dispute)
            #expect(dispute.giver == Town.communityA1)
            #expect(dispute.arbiter == Town.district)
            #expect(Set(dispute.claims.map(\.place)) == [Town.streetA, Town.communityB1])
            #expect(order.summary.isDisputed)
        }
    }

    @Test("The giver's pick ends the dispute, whatever the district picks meanwhile", arguments: Town.Delivery.allCases)
    func pick(delivery: Town.Delivery) throws {
        let town = try Town()
        let record = try offeredTwice(town)
        try town.act(record, .take, at: Town.communityB1)
        try town.act(record, .take, at: Town.streetA)
        try town.sync()
        let unentitled = ActOnWorkOrder(.record(record), .pick(Town.streetA))
        #expect(try town.refusal(unentitled, at: Town.streetA).code == .notPermitted)
        let noClaim = ActOnWorkOrder(.record(record), .pick(Town.streetB))
        #expect(try town.refusal(noClaim, at: Town.communityA1).code == .notFound)
        try town.act(record, .pick(Town.streetA), at: Town.district)
        try town.act(record, .pick(Town.communityB1), at: Town.communityA1)
        try town.sync(Town.places, delivery)
        for order in try town.everywhere(record) {
            #expect(order.holders == [Town.communityB1])
            #expect(order.dispute == nil)
            #expect(order.events.allSatisfy { $0.isApplied })
        }
        let late = ActOnWorkOrder(.record(record), .pick(Town.streetA))
        #expect(try town.refusal(late, at: Town.district).code == .wrongState)
    }

    @Test("The arbiter's pick ends the dispute when the giver is silent")
    func arbiter() throws {
        let town = try Town()
        let record = try offeredTwice(town)
        try town.act(record, .take, at: Town.communityB1)
        try town.act(record, .take, at: Town.streetA)
        try town.sync()
        try town.act(record, .pick(Town.streetA), at: Town.district)
        try town.sync()
        #expect(try town.order(record, at: Town.communityB1).holders == [Town.streetA])
        let close = ActOnWorkOrder(.record(record), .close)
        #expect(try town.refusal(close, at: Town.communityB1).code == .notPermitted)
    }

    @Test("A claimant who passes the order on during the dispute passes the dispute on")
    func chain() throws {
        let town = try Town()
        let record = try offeredTwice(town)
        try town.act(record, .take, at: Town.communityB1)
        try town.act(record, .offer(to: Town.streetB), at: Town.communityB1)
        try town.act(record, .take, at: Town.streetA)
        try town.sync()
        #expect(try town.order(record, at: Town.district).holders == [Town.streetA, Town.communityB1])
        try town.act(record, .take, at: Town.streetB)
        try town.sync()
        let order = try town.order(record, at: Town.district)
        #expect(order.holders == [Town.streetA, Town.streetB])
        #expect(Set(order.dispute?.claims.map(\.place) ?? []) == [Town.streetA, Town.communityB1])
        try town.act(record, .pick(Town.communityB1), at: Town.communityA1)
        try town.sync()
        #expect(try town.order(record, at: Town.streetB).holders == [Town.streetB])
    }

    @Test("Offer, refuse, offer anew, lapse, take: the duty is the giver's until taken")
    func transfers() throws {
        let town = try Town()
        let record = try offered(town)
        let early = try town.refusal(ActOnWorkOrder(.record(record), .accept), at: Town.communityB1)
        #expect(early.wayOut.contains("take it first"))
        let again = try town.refusal(
            ActOnWorkOrder(.record(record), .offer(to: Town.communityB1)),
            at: Town.communityA1
        )
        #expect(again.code == .conflict)
        try town.act(record, .refuse(reason: "不属本社区"), at: Town.communityB1)
        try town.sync()
        #expect(try town.order(record, at: Town.communityA1).offers.map(\.state) == [.refused])
        #expect(try town.order(record, at: Town.communityA1).holders == [Town.communityA1])
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA1)
        try town.act(record, .lapse(to: nil), at: Town.communityA1)
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA1)
        try town.sync()
        let foreign = ActOnWorkOrder(.record(record), .withdraw(to: nil))
        #expect(try town.refusal(foreign, at: Town.communityB1).code == .wrongState)
        try town.act(record, .take, at: Town.communityB1)
        try town.sync()
        let order = try town.order(record, at: Town.streetA)
        #expect(order.offers.map(\.state) == [.refused, .lapsed, .taken])
        #expect(order.holders == [Town.communityB1])
        let gone = ActOnWorkOrder(.record(record), .file)
        #expect(try town.refusal(gone, at: Town.communityA1).code == .notPermitted)
    }

    @Test("Refusal and take by two sides of a partition: the take wins; withdrawing hides nothing")
    func refuseAndWithdraw() throws {
        try inEveryOrder { town, concurrently in
            let record = try offered(town)
            try concurrently(
                { try town.act(record, .refuse(reason: "x"), at: Town.communityB1) },
                { try town.act(record, .withdraw(to: nil), at: Town.communityA1) }
            )
            return record
        } _: { order in
            #expect(order.offers.map(\.state) == [.refused])
            #expect(order.holders == [Town.communityA1])
        }
    }

    @Test("Street dispatches to A, district to B: the higher tier's is proposed, both are listed")
    func twoDispatches() throws {
        try inEveryOrder { town, concurrently in
            let record = try town.run(SubmitTests.request(Town.communityA1), at: Town.streetA).record
            try town.act(record, .accept, at: Town.streetA)
            try town.sync()
            try concurrently(
                { try town.act(record, .dispatch(to: Town.streetA), at: Town.streetA) },
                { try town.act(record, .dispatch(to: Town.communityA1), at: Town.district) }
            )
            return record
        } _: { order in
            #expect(order.lead == Town.communityA1)
            #expect(order.progress.otherLeads == [Town.streetA])
            #expect(order.acting == [Town.streetA, Town.communityA1].sorted(), "its holder and both that it went to")
            #expect(order.concerned == order.acting)
        }
    }

    @Test("What a place might not do is kept, shown and flagged, and changes nothing")
    func flagged() throws {
        let town = try Town()
        let record = try offered(town)
        let plan = try ActOnWorkOrder(.record(record), .accept).plan(
            town.reader(Town.communityA1),
            town.context(Town.communityA1)
        )
        // Another node writes the holder's event as its own.
        try town.commit(plan.drafts, at: Town.communityB1)
        try town.sync()
        for order in try town.everywhere(record) {
            #expect(order.status == .submitted)
            #expect(order.events.filter { !$0.isApplied }.map(\.act) == [.accept])
        }
    }

    @Test("A text that another author slipped under an event is not shown as its text")
    func foreignText() throws {
        let town = try Town()
        let record = try offered(town)
        try town.act(record, .note, text: "真", at: Town.communityA1)
        let order = try town.order(record, at: Town.communityA1)
        let note = try #require(order.events.last)
        let plan = try ActOnWorkOrder(.record(record), .note, text: "假").plan(
            town.reader(Town.communityA1),
            town.context(Town.communityA1)
        )
        let forged = try #require(plan.drafts.last)
        try town.commit(
            [
                Draft(
                    record: record,
                    field: forged.field,
                    element: note.id.bytes,
                    value: forged.value,
                    audience: forged.audience
                )
            ],
            at: Town.communityB1
        )
        try town.sync()
        for order in try town.everywhere(record) { #expect(order.events.last { $0.act == .note }?.text == "真") }
    }

    @Test("An order changes hands 64 times and no more")
    func pingPong() throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(Town.communityA1), at: Town.streetA).record
        var (holder, other) = (Town.streetA, Town.communityA1)
        for turn in 1...64 {
            if turn > 1 { try town.act(record, .offer(to: other), at: holder) }
            try town.sync([other])
            try town.act(record, .take, at: other)
            try town.sync([holder])
            swap(&holder, &other)
        }
        let again = try town.refusal(ActOnWorkOrder(.record(record), .offer(to: other)), at: holder)
        #expect(again.code == .wrongState)
        #expect(again.reason.contains("64"))
        #expect(try town.order(record, at: holder).holders == [holder])
    }
}
