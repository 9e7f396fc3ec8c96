import LiandongCore
import LiandongDomain
import Testing

/// An order that was offered to a place outside, and taken back.
@Suite("Orders taken back from a third place")
struct NarrowTests {
    /// An order of A1 for A2, held by A2, offered to B1.
    private func offered(_ town: Town) throws -> RecordID {
        let record = try town.run(SubmitTests.request(Town.communityA2), at: Town.communityA1).record
        try town.sync()
        try town.act(record, .take, at: Town.communityA2)
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA2)
        try town.sync()
        return record
    }

    private func holders(of record: RecordID, _ town: Town) throws -> [PlaceID] {
        try Town.places.filter { try town.view(record, at: $0).flatMap { WorkOrder.fold($0, town.authority) } != nil }
    }

    @Test(
        "Refused, it is let go of where it was refused, and reads the same elsewhere",
        arguments: Town.Delivery.allCases
    )
    func refused(_ delivery: Town.Delivery) throws {
        let town = try Town()
        let record = try offered(town)
        #expect(try holders(of: record, town).contains(Town.communityB1))
        try town.act(record, .refuse(reason: "非本社区"), at: Town.communityB1)
        try town.sync(Town.places, delivery)
        let before = try town.order(record, at: Town.communityA2)
        let receipt = try town.run(NarrowWorkOrder(.record(record)), at: Town.communityA2)
        #expect(receipt.takenFrom == [Town.communityB1])
        try town.sync(Town.places, delivery)
        #expect(
            try holders(of: record, town) == [Town.district, Town.streetA, Town.communityA1, Town.communityA2]
        )
        let orders = Set(try town.everywhere(record))
        #expect(orders.count == 1)
        #expect(orders.first?.events == before.events && orders.first?.offers == before.offers)
        // It goes on, and may be offered there again.
        try town.act(record, .handle, at: Town.communityA2)
        try town.act(record, .offer(to: Town.communityB1), at: Town.communityA2)
        try town.sync(Town.places, delivery)
        try town.act(record, .take, at: Town.communityB1)
        try town.sync(Town.places, delivery)
        #expect(try Set(town.everywhere(record)).count == 1)
        #expect(try town.order(record, at: Town.communityA1).holders == [Town.communityB1])
        #expect(try town.refusal(NarrowWorkOrder(.record(record)), at: Town.communityB1).code == .wrongState)
    }

    @Test("Who has to do with it keeps it, and only its holder or a place above all takes it back")
    func notYet() throws {
        let town = try Town()
        let record = try offered(town)
        #expect(try town.refusal(NarrowWorkOrder(.record(record)), at: Town.communityA2).code == .wrongState)
        try town.act(record, .withdraw(to: nil), at: Town.communityA2)
        try town.sync()
        #expect(try town.refusal(NarrowWorkOrder(.record(record)), at: Town.communityA1).code == .notPermitted)
        #expect(try town.refusal(NarrowWorkOrder(.record(record)), at: Town.communityB1).code == .notPermitted)
        try town.run(NarrowWorkOrder(.record(record)), at: Town.district)
        try town.sync()
        #expect(!(try holders(of: record, town).contains(Town.communityB1)))
    }

    @Test("What the third place wrote without having heard of it is taken over, and nothing of it is lost")
    func late() throws {
        let town = try Town()
        let record = try offered(town)
        try town.act(record, .withdraw(to: nil), at: Town.communityA2)
        try town.run(NarrowWorkOrder(.record(record)), at: Town.communityA2)
        try town.act(record, .take, at: Town.communityB1)
        try town.sync()
        #expect(!(try holders(of: record, town).contains(Town.communityB1)))
        let order = try town.order(record, at: Town.communityA2)
        #expect(order.holders == [Town.communityB1], "take wins over a withdrawal that it had not seen")
        #expect(try town.view(record, at: Town.communityA2)?.isScattered == true)
        let receipt = try town.run(TakeOver(record), at: Town.communityA1)
        #expect(receipt.isDone)
        try town.sync()
        #expect(try town.view(record, at: Town.communityA2)?.isScattered == false)
        #expect(try town.run(TakeOver(record), at: Town.communityA2).isDone == false)
        #expect(try holders(of: record, town).contains(Town.communityB1), "it holds the order, so it receives it again")
        #expect(try Set(town.everywhere(record)).count == 1)
    }
}
