import LiandongCore
import LiandongDomain
import Testing

/// A grid that becomes two: orders of one part are the new one's.
@Suite("Orders moved to another grid")
struct ReassignTests {
    /// An order for the grid of A1, accepted there and dispatched to the grid, and a second grid of A1.
    private func dispatched(_ town: Town) throws -> (record: RecordID, new: PlaceID) {
        let record = try town.run(SubmitTests.request(Town.gridA1), at: Town.communityA1).record
        try town.act(record, .accept, at: Town.communityA1)
        try town.act(record, .dispatch(to: Town.gridA1), at: Town.communityA1)
        let new = try town.addGrid(1, under: Town.communityA1)
        try town.tellChain()
        try town.sync()
        #expect(try town.order(record, at: Town.district).lead == Town.gridA1)
        return (record, new)
    }

    @Test(
        "It is for the new grid, dispatched to it, and left by the old one, at every node",
        arguments: Town.Delivery.allCases
    )
    func moves(_ delivery: Town.Delivery) throws {
        let town = try Town()
        let (record, new) = try dispatched(town)
        let receipt = try town.run(ReassignWorkOrder(.record(record), from: Town.gridA1, to: new), at: Town.district)
        #expect(receipt.before.members.map(\.place).contains(Town.gridA1))
        #expect(!receipt.after.members.map(\.place).contains(Town.gridA1))
        try town.sync(Town.places, delivery)
        let orders = try town.everywhere(record)
        #expect(orders.count == 3 && Set(orders).count == 1)
        let order = try #require(orders.first)
        #expect(order.place == new && order.lead == new && order.audience == receipt.after)
        #expect(order.status == .dispatched && order.holders == [Town.communityA1])
        #expect(order.events.allSatisfy { $0.isApplied } && order.description == "井盖缺失")
        try town.act(record, .handled, at: Town.communityA1)
        try town.sync(Town.places, delivery)
        #expect(try Set(town.everywhere(record)).count == 1)
        #expect(try town.order(record, at: Town.streetA).status == .handled)
        let again = ReassignWorkOrder(.record(record), from: Town.gridA1, to: new)
        #expect(try town.refusal(again, at: Town.district).code == .wrongState)
    }

    @Test("Two grids of one community, by a place above them")
    func refused() throws {
        let town = try Town()
        let (record, new) = try dispatched(town)
        let other = try town.addGrid(2, under: Town.communityB1)
        let order = WorkOrderSelector.record(record)
        #expect(
            try town.refusal(ReassignWorkOrder(order, from: Town.gridA1, to: other), at: Town.district).code == .invalid
        )
        #expect(
            try town.refusal(ReassignWorkOrder(order, from: Town.gridA1, to: Town.communityA2), at: Town.district).code
                == .invalid
        )
        let elsewhere = ReassignWorkOrder(order, from: Town.gridA1, to: new)
        #expect(try town.refusal(elsewhere, at: Town.communityB1).code == .notFound)
    }
}
