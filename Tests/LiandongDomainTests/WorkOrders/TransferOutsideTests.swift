import LiandongCore
import LiandongDomain
import Testing

/// An order that goes to a place which did not receive it.
@Suite("Offers to a third place")
struct TransferOutsideTests {
    typealias Action = ActOnWorkOrder.Action

    private func audience(_ places: PlaceID...) throws -> Audience { try #require(Audience(lines: places)) }

    /// An order taken in at A1 for A2, who took it: street B and its communities get nothing of it.
    private func taken(_ town: Town) throws -> RecordID {
        let record = try town.run(SubmitTests.request(Town.communityA2), at: Town.communityA1).record
        try town.sync()
        try town.act(record, .take, at: Town.communityA2)
        try town.sync()
        #expect(try town.view(record, at: Town.streetB) == nil)
        return record
    }

    @Test(
        "It takes, amends and closes the order, and all three places tell the same",
        arguments: Town.Delivery.allCases
    )
    func thirdPlace(_ delivery: Town.Delivery) throws {
        let town = try Town()
        let record = try taken(town)
        try town.act(record, .offer(to: Town.communityB1), text: "西一社区管辖", at: Town.communityA2)
        try town.sync(Town.places, delivery)
        let offered = try town.order(record, at: Town.communityB1)
        #expect(offered == (try town.order(record, at: Town.communityA1)))
        #expect(offered.acceptedAt == Town.communityA1 && offered.place == Town.communityA2)
        #expect(offered.holders == [Town.communityA2])
        #expect(offered.offers.filter { $0.state == .open }.map(\.to) == [Town.communityB1])
        #expect(offered.description == "井盖缺失")
        let requester = offered.requester(town.purposes(at: Town.communityB1))
        #expect(requester == .open(Contact(name: "张三", phone: "13812340000")))

        for action in [Action.take, .dispatch(to: nil), .handled] {
            try town.act(record, action, at: Town.communityB1)
        }
        try town.run(AmendWorkOrder(.record(record), address: "西一路2号"), at: Town.communityB1)
        try town.sync(Town.places, delivery)
        try town.act(record, .note, text: "居民已知晓", at: Town.communityA1)
        try town.act(record, .close, text: "办结", at: Town.communityB1)
        try town.sync(Town.places, delivery)
        let orders = try town.everywhere(record)
        #expect(orders.count == Town.places.count - 1, "all but the community that has nothing to do with it")
        #expect(Set(orders).count == 1)
        let order = try #require(orders.first)
        #expect(order.status == .closed && order.holders == [Town.communityB1] && order.address == "西一路2号")
        #expect(order.events.allSatisfy { $0.isApplied })
        #expect(
            order.events.map(\.act)
                == [.offer, .take, .offer, .take, .dispatch, .handled, .note, .close]
        )
        #expect(order.audience == (try audience(Town.communityA1, Town.communityA2, Town.communityB1)))
    }

    @Test("An offer to a place that receives the order already gives it to nobody")
    func within() throws {
        let town = try Town()
        let record = try taken(town)
        try town.act(record, .offer(to: Town.streetA), at: Town.communityA2)
        #expect(try town.view(record, at: Town.communityA2)?.givenTo.count == 1)
    }

    @Test("Who does not hold the order offers it to nobody, a grid takes none, and nothing is written of it")
    func refused() throws {
        let town = try Town()
        let record = try taken(town)
        let offer = ActOnWorkOrder(.record(record), .offer(to: Town.communityB1))
        #expect(try town.refusal(offer, at: Town.communityA1).code == .notPermitted)
        #expect(try town.refusal(offer, at: Town.district).code == .notPermitted)
        let toGrid = ActOnWorkOrder(.record(record), .offer(to: Town.gridA1))
        #expect(try town.refusal(toGrid, at: Town.communityA2).code == .notPermitted)
        let nowhere = ActOnWorkOrder(.record(record), .offer(to: PlaceID(raw: 404)))
        #expect(try town.refusal(nowhere, at: Town.communityA2).code == .notFound)
        // An offer of somebody who holds it is flagged nowhere, whoever else could not have made it.
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA2)
        try town.sync()
        #expect(try town.everywhere(record).allSatisfy { $0.events.allSatisfy { $0.isApplied } })
    }

    @Test("What is written at home meanwhile comes along with the next command")
    func meanwhile() throws {
        let town = try Town()
        let record = try taken(town)
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA2)
        try town.act(record, .note, text: "还在原处", at: Town.communityA1)
        try town.sync()
        let notes = { (place: PlaceID) in try town.order(record, at: place).events.filter { $0.act == .note }.count }
        #expect(try notes(Town.communityA2) == 1)
        #expect(try notes(Town.communityB1) == 0)
        try town.act(record, .note, text: "收到", at: Town.streetA)
        try town.sync()
        #expect(try notes(Town.communityB1) == 2)
        #expect(try Set(town.everywhere(record)).count == 1)
    }

    @Test(
        "Two communities offer it to two places at once: both may take, each side is told, and one audience has all",
        arguments: Town.Delivery.allCases
    )
    func concurrently(_ delivery: Town.Delivery) throws {
        let town = try Town()
        let record = try town.run(SubmitTests.request(Town.communityA2), at: Town.communityA1).record
        try town.sync()
        // A2 takes it and offers it on; A1, who has not heard of that, offers it elsewhere.
        try town.act(record, .take, at: Town.communityA2)
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA2)
        try town.act(record, .offer(to: Town.communityB2), at: Town.communityA1)
        try town.sync(Town.places, delivery)
        try town.act(record, .take, at: Town.communityB1)
        let refusal = try town.refusal(ActOnWorkOrder(.record(record), .close), at: Town.communityB2)
        #expect(refusal.code == .wrongState || refusal.code == .notPermitted)
        try town.act(record, .take, at: Town.communityB2)
        try town.sync(Town.places, delivery)
        for place in [Town.communityA1, Town.communityA2, Town.streetA, Town.district] {
            #expect(try town.order(record, at: place).events.filter { $0.act == .take }.count == 3, "\(place)")
            #expect(try town.view(record, at: place)?.audiences.count == 2, "\(place)")
        }
        try town.act(record, .note, text: "两处都接了", at: Town.communityA1)
        try town.sync(Town.places, delivery)
        let orders = try town.everywhere(record)
        #expect(orders.count == Town.places.count)
        #expect(Set(orders).count == 1)
        let order = try #require(orders.first)
        #expect(
            order.audience
                == (try audience(Town.communityA1, Town.communityA2, Town.communityB1, Town.communityB2))
        )
        #expect(order.dispute?.giver == Town.communityA1, "both took what it had offered: it decides")
        #expect(try town.view(record, at: Town.communityB2)?.audiences.count == 1)
    }

    @Test("More than eight members become the lowest common ancestor and everything under it")
    func tooManyMembers() throws {
        let town = try Town()
        let grids = try (1...8).map { try town.addGrid($0, under: Town.communityA1) }
        let home = try #require(Audience(lines: grids))
        let created = EntryView(
            field: Field(kind: .workOrder, number: 0),
            element: [],
            value: [],
            stamp: HLC(milliseconds: 1),
            dot: Dot(delta: DeltaID(raw: Bytes32(word0: 0, word1: 0, word2: 0, word3: 1)), index: 0),
            author: try town.node(Town.communityA1)
        )
        let view = RecordView(record: RecordID(raw: Bytes16(high: 0, low: 1)), home: home, entries: [created])
        let context = try town.context(Town.communityA1)
        let within = try RecordTarget(view, Localized("工单", "the order"), including: [Town.streetA], context)
        #expect(within.audience == home && within.drafts.isEmpty)
        let street = try RecordTarget(view, Localized("工单", "the order"), including: [Town.communityA2], context)
        #expect(street.audience == Audience(below: Town.streetA))
        #expect(street.drafts.map(\.change) == [.give(to: Audience(below: Town.streetA))])
        let district = try RecordTarget(view, Localized("工单", "the order"), including: [Town.communityB1], context)
        #expect(district.audience == Audience(below: Town.district))
    }
}
