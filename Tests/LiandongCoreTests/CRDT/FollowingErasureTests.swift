import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A record that is erased at home while somebody who has not heard of it gives it to others.
@Suite("Erasures that follow their record")
struct FollowingErasureTests: SharedRecordTests {
    let shared: SharedRecord

    init() throws { shared = try SharedRecord() }

    /// Takes deltas over and writes what follows from them, as a store does in the same transaction.
    private func deliverFollowed(_ deltas: [Delta], to replica: inout Replica) throws -> [Delta] {
        var written: [Delta] = []
        for delta in due(deltas, to: replica.place) {
            let outcome = try replica.receive([delta], audiences: audiences, at: 9_000)
            var touched = outcome.touched
            let sealed = try replica.ledger.finish(
                at: Instant(milliseconds: 9_000),
                randomBytes: { [UInt8](repeating: 7, count: 16) },
                in: replica.storage,
                touching: &touched
            )
            written += sealed.deltas.map(\.delta)
        }
        return written
    }

    /// The creation, the erasure at home, and two givens one upon the other by nodes that did not hear of it.
    private func story() throws -> [Delta] {
        var (a1, a2, b1) = (
            try replica(District.communityA1), try replica(District.communityA2), try replica(District.communityB1)
        )
        let created = try a1.commit(
            [record.create, record.write(Schema.title, "open"), record.write(Schema.secret, "planted name")],
            at: 1_000
        )
        try a2.receive(created, audiences: audiences, at: 1_000)
        let erased = try a1.commit(
            [erasure(in: home)],
            at: 2_000
        )
        let given = try a2.commit([give()], at: 2_500)
        try b1.receive(due(given, to: b1.place), audiences: audiences, at: 2_500)
        #expect(b1.holds("planted name"), "it came back, and the search finds it")
        let onward = try b1.commit([give(from: wider, to: widest)], at: 3_000)
        return created + erased + given + onward
    }

    @Test("A node of all audiences writes it into each, once, in whatever order it hears", arguments: [true, false])
    func everyOrder(isDistrict: Bool) throws {
        let story = try story()
        let place = isDistrict ? District.district : District.streetA
        for order in orders(of: story.count) {
            var node = try replica(place)
            let written = try deliverFollowed(order.map { story[$0] }, to: &node)
            let targets = Set(written.map(\.lane.audience))
            #expect(targets == [AudienceID(wider, .sodium), AudienceID(widest, .sodium)], "\(order)")
            #expect(written.flatMap(\.ops).count == 2, "\(order)")
            #expect(!node.holds("planted name"), "\(order)")
            for reader in [District.communityB1, District.communityB2] {
                var reader = try replica(reader)
                #expect(try deliverFollowed(order.map { story[$0] } + written, to: &reader).isEmpty)
                #expect(!reader.holds("planted name"), "\(order)")
                let view = try #require(try reader.view(record.id))
                #expect(view.register(Schema.title) != nil && view.erasures.contains { $0.reason == "asked" })
            }
            #expect(try deliverFollowed(story + written, to: &node).isEmpty, "nothing is written twice")
        }
    }

    @Test("What a place of a further audience alone erased there is erased nowhere else")
    func notBack() throws {
        let story = try story().filter {
            $0.lane.audience != AudienceID(home, .sodium) || $0.header.hlc.milliseconds < 2_000
        }
        var b1 = try replica(District.communityB1)
        _ = try deliverFollowed(story, to: &b1)
        let theirs = try b1.commit(
            [erasure(in: wider)],
            at: 4_000
        )
        var above = try replica(District.district)
        #expect(try deliverFollowed(story + theirs, to: &above).isEmpty)
        #expect(try above.view(record.id)?.register(Schema.secret) != nil)
    }

    @Test("A node without the right to erase writes none")
    func withoutGrant() throws {
        var district = district
        let id = try district.id(District.streetA)
        try district.append(.grant(id, capability: StandingGrant.erase.rawValue, withdrawn: true))
        var node = try Replica(District.streetA, in: district)
        #expect(try deliverFollowed(try story(), to: &node).isEmpty)
    }
}
