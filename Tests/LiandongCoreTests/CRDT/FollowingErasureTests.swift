import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A record that is erased at home while somebody who has not heard of it gives it to others.
@Suite("Erasures that follow their record")
struct FollowingErasureTests {
    let district: District
    let home: Audience
    let wider: Audience
    let widest: Audience
    let record: TestRecord

    init() throws {
        district = try District()
        home = try #require(Audience(lines: [District.communityA1, District.communityA2]))
        wider = try #require(Audience(lines: [District.communityA1, District.communityA2, District.communityB1]))
        widest = try #require(
            Audience(lines: [
                District.communityA1, District.communityA2, District.communityB1, District.communityB2,
            ])
        )
        record = TestRecord(1, home)
    }

    private var audiences: [Audience] { [home, wider, widest] }

    private func replica(_ place: PlaceID) throws -> Replica { try Replica(place, in: district) }

    private func due(_ deltas: [Delta], to place: PlaceID) -> [Delta] {
        let known = Dictionary(uniqueKeysWithValues: audiences.map { (AudienceID($0, .sodium), $0) })
        return deltas.filter { delta in
            known[delta.lane.audience].map { district.authority.isEntitled(place: place, to: $0) } ?? false
        }
    }

    /// Takes deltas over and writes what follows from them, as a store does in the same transaction.
    private func deliver(_ deltas: [Delta], to replica: inout Replica) throws -> [Delta] {
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

    private func holds(_ replica: Replica, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return replica.storage.content.deltas.values.contains { stored in
            stored.delta.ops.contains { if case .held(_, let op) = $0 { op.contains(bytes) } else { false } }
        } || replica.storage.content.cells.values.contains { $0.contains { $0.value.contains(bytes) } }
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
            [.erasure(of: record.id, kind: Schema.kind, reason: "asked", audience: home)],
            at: 2_000
        )
        let given = try a2.commit([.give(record.id, of: Schema.kind, from: home, to: wider)], at: 2_500)
        try b1.receive(due(given, to: b1.place), audiences: audiences, at: 2_500)
        #expect(holds(b1, "planted name"), "it came back, and the search finds it")
        let onward = try b1.commit([.give(record.id, of: Schema.kind, from: wider, to: widest)], at: 3_000)
        return created + erased + given + onward
    }

    @Test("A node of all audiences writes it into each, once, in whatever order it hears", arguments: [true, false])
    func everyOrder(isDistrict: Bool) throws {
        let story = try story()
        let place = isDistrict ? District.district : District.streetA
        for order in orders(of: story.count) {
            var node = try replica(place)
            let written = try deliver(order.map { story[$0] }, to: &node)
            let targets = Set(written.map(\.lane.audience))
            #expect(targets == [AudienceID(wider, .sodium), AudienceID(widest, .sodium)], "\(order)")
            #expect(written.flatMap(\.ops).count == 2, "\(order)")
            #expect(!holds(node, "planted name"), "\(order)")
            for reader in [District.communityB1, District.communityB2] {
                var reader = try replica(reader)
                #expect(try deliver(order.map { story[$0] } + written, to: &reader).isEmpty)
                #expect(!holds(reader, "planted name"), "\(order)")
                let view = try #require(try reader.view(record.id))
                #expect(view.register(Schema.title) != nil && view.erasures.contains { $0.reason == "asked" })
            }
            #expect(try deliver(story + written, to: &node).isEmpty, "nothing is written twice")
        }
    }

    @Test("What a place of a further audience alone erased there is erased nowhere else")
    func notBack() throws {
        let story = try story().filter {
            $0.lane.audience != AudienceID(home, .sodium) || $0.header.hlc.milliseconds < 2_000
        }
        var b1 = try replica(District.communityB1)
        _ = try deliver(story, to: &b1)
        let theirs = try b1.commit(
            [.erasure(of: record.id, kind: Schema.kind, reason: "asked", audience: wider)],
            at: 4_000
        )
        var above = try replica(District.district)
        #expect(try deliver(story + theirs, to: &above).isEmpty)
        #expect(try above.view(record.id)?.register(Schema.secret) != nil)
    }

    @Test("A node without the right to erase writes none")
    func withoutGrant() throws {
        var district = district
        let id = try district.id(District.streetA)
        try district.append(.grant(id, capability: StandingGrant.erase.rawValue, withdrawn: true))
        var node = try Replica(District.streetA, in: district)
        #expect(try deliver(try story(), to: &node).isEmpty)
    }
}
