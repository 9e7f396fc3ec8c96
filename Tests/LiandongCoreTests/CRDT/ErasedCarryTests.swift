import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// What an erasure leaves of a record of two audiences where ops of one had superseded ops of the other.
@Suite("Erasures of what was carried and superseded")
struct ErasedCarryTests: SharedRecordTests {
    let shared: SharedRecord

    init() throws { shared = try SharedRecord() }

    /// Cells, the marks of carries among them, are what the deltas give.
    private func expectRebuilt(_ replica: Replica, _ comment: String) throws {
        #expect(try replica.rebuilt().cells == replica.cells, "\(comment)")
    }

    @Test(
        "A carry goes with its mark though its op was superseded since, and though it waits, in any order",
        arguments: [true, false]
    )
    func superseded(isErasedInBoth: Bool) throws {
        var (a1, a2) = (try replica(District.communityA1), try replica(District.communityA2))
        var deltas = try a1.commit([record.create, record.write(Schema.secret, "name one")], at: 1_000)
        try deliver(deltas, to: &a2)
        deltas += try a1.commit([give()], at: 2_000)
        // By somebody at home who has not heard of the given.
        let late = try a2.commit([record.write(Schema.secret, "name two")], at: 3_000)
        try deliver(late, to: &a1)
        deltas += late
        deltas += try a1.commit([give()], at: 3_500)
        var above = try replica(District.district)
        try deliver(deltas, to: &above)
        #expect(above.holds("name one") && above.holds("name two"), "the search finds what is there")
        let erased = try above.commit((isErasedInBoth ? [home, wider] : [home]).map(erasure), at: 5_000)
        #expect(!above.holds("name"))
        try expectRebuilt(above, "at the author of the erasure")
        deltas += erased
        let target = ErasedRecord(record: record.id, audience: AudienceID(home, .sodium))
        for place in [District.district, District.communityA2] {
            for order in orders(of: deltas.count) {
                var node = try replica(place)
                for index in order {
                    try deliver([deltas[index]], to: &node)
                    if node.storage.content.erasures.contains(where: { $0.target == target }) {
                        #expect(!node.holds("name"), "\(order) at \(index)")
                    }
                    try expectRebuilt(node, "\(order) at \(index)")
                }
                #expect(try node.view(record.id)?.register(Schema.secret) == nil)
            }
        }
    }

    @Test("What an erased op of another audience had superseded counts again, in any order")
    func shownAgain() throws {
        var a1 = try replica(District.communityA1)
        var deltas = try a1.commit([record.create, record.write(Schema.secret, "of home")], at: 1_000)
        deltas += try a1.commit([give()], at: 2_000)
        deltas += try a1.commit(
            [Draft(record: record.id, field: Schema.secret, value: Array("of both".utf8), audience: wider)],
            at: 3_000
        )
        deltas += try a1.commit([erasure(in: wider)], at: 4_000)
        #expect(try a1.view(record.id)?.register(Schema.secret)?.value == Array("of home".utf8))
        for place in [District.district, District.communityA2, District.communityB1] {
            for order in orders(of: deltas.count) {
                var node = try replica(place)
                for index in order {
                    try deliver([deltas[index]], to: &node)
                    try expectRebuilt(node, "\(order) at \(index)")
                }
                let expected = place == District.communityB1 ? nil : Array("of home".utf8)
                #expect(try node.view(record.id)?.register(Schema.secret)?.value == expected, "\(order)")
            }
        }
    }

    @Test("A carry that is erased where it came from in the very commit that wrote it is not held")
    func sameCommit() throws {
        var author = try replica(District.district)
        let deltas = try author.commit(
            [record.create, record.write(Schema.secret, "name"), give(), erasure(in: home)],
            at: 1_000
        )
        #expect(deltas.allSatisfy { !$0.wireBytes.contains(Array("name".utf8)) } && !author.holds("name"))
        try expectRebuilt(author, "in its own commit")
    }
}
