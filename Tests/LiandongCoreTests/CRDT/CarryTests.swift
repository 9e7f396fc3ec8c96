import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A record of two communities of one street that a third, of another street, is given.
@Suite("Ops carried to a further audience")
struct CarryTests: SharedRecordTests {
    let shared: SharedRecord

    init() throws { shared = try SharedRecord() }

    /// A story in which every cell rule has something to lose: all of its deltas, and who wrote them.
    private func story() throws -> (deltas: [Delta], giver: Replica) {
        var (a1, a2) = (try replica(District.communityA1), try replica(District.communityA2))
        var deltas = try a1.commit(
            [
                record.create, record.write(Schema.title, "first"), record.write(Schema.secret, "name"),
                record.write(Schema.tags, "", element: "kept"), record.write(Schema.tags, "", element: "gone"),
                record.write(Schema.unit, "mine"),
            ],
            at: 1_000
        )
        try deliver(deltas, to: &a2)
        let theirs = try a2.commit(
            [
                record.write(Schema.title, "second"), record.write(Schema.unit, "theirs"),
                record.remove(Schema.tags, element: "gone"), record.write(Schema.events, "seen", element: "1"),
            ],
            at: 2_000
        )
        try deliver(theirs, to: &a1)
        deltas += theirs
        deltas += try a1.commit([give(), write(Schema.events, "offered", element: "2", in: wider)], at: 3_000)
        // Written at home by somebody who has not heard of it.
        deltas += try a2.commit([record.write(Schema.events, "late", element: "3")], at: 3_500)
        return (deltas, a1)
    }

    @Test("A place of the further audience reads what those at home read")
    func readsTheSame() throws {
        var (deltas, giver) = try story()
        try deliver(deltas, to: &giver)
        // The late entry is brought by whoever gives again, which is nothing but a carry.
        let before = try #require(try giver.view(record.id))
        #expect(before.isScattered)
        let again = try giver.commit([give(from: wider)], at: 4_000)
        #expect(again.map(\.ops.count) == [1])
        deltas += again
        var (taker, above, other) = (
            try replica(District.communityB1), try replica(District.district), try replica(District.communityA2)
        )
        try deliver(deltas, to: &taker)
        try deliver(deltas, to: &above)
        try deliver(deltas, to: &other)
        let values = try giver.values(record.id)
        #expect(values.count == 8)
        for replica in [taker, above, other] {
            #expect(try replica.values(record.id) == values)
            let view = try #require(try replica.view(record.id))
            #expect(view.home == home && view.audiences == [wider] && view.givenTo == [home, wider])
            #expect(!view.isScattered)
        }
        #expect(taker.storage.content.parked.isEmpty)
        let lanes = taker.storage.lanes().map(\.key.audience)
        #expect(!lanes.isEmpty && lanes.allSatisfy { $0 == AudienceID(wider, .sodium) }, "no lane of the home is held")
    }

    @Test(
        "Erased at home and where it was given to, it is gone at every node, in any order, also of what was carried",
        arguments: 0..<24
    )
    func erased(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var (deltas, _) = try story()
        var above = try replica(District.district)
        try deliver(deltas, to: &above)
        deltas += try above.commit(
            [home, wider].map(erasure),
            at: 5_000
        )
        let secret = Array("name".utf8)
        for place in [District.communityB1, District.communityA2, District.streetA, District.district] {
            var node = try replica(place)
            deltas.shuffle(using: &generator)
            for delta in deltas { try deliver([delta], to: &node, at: 9_000) }
            let view = try #require(try node.view(record.id))
            #expect(view.register(Schema.secret) == nil && view.register(Schema.title) != nil)
            #expect(view.erasures.map(\.reason).allSatisfy { $0 == "asked" } && !view.erasures.isEmpty)
            for stored in node.storage.content.deltas.values {
                for case .held(_, let bytes) in stored.delta.ops { #expect(!bytes.contains(secret)) }
            }
            let (values, cells) = (try node.values(record.id), node.cells)
            node.storage.content.erasures = []
            let again = try node.rebuilt(at: 11_000)
            #expect(try again.values(record.id) == values)
            #expect(again.cells == cells, "the marks of carries as well")
        }
    }

    @Test("What is erased where it was given to is not brought there again, and is shown at home as before")
    func erasedThere() throws {
        var (deltas, giver) = try story()
        try deliver(deltas, to: &giver)
        deltas += try giver.commit([give(from: wider)], at: 4_000)
        deltas += try giver.commit([erasure(in: wider)], at: 5_000)
        var (taker, above) = (try replica(District.communityB1), try replica(District.district))
        try deliver(deltas, to: &taker)
        try deliver(deltas, to: &above)
        for replica in [giver, above] {
            let view = try #require(try replica.view(record.id))
            #expect(view.register(Schema.secret) != nil && !view.isScattered)
        }
        #expect(try taker.view(record.id)?.register(Schema.secret) == nil)
        #expect(try giver.commit([give(from: wider)], at: 6_000).isEmpty)
        #expect(try above.commit([give(from: wider)], at: 6_000).isEmpty)
    }

    @Test("A later write there supersedes what was carried, and is superseded from home by who had seen it")
    func contextsCover() throws {
        let (deltas, _) = try story()
        var (taker, a2) = (try replica(District.communityB1), try replica(District.communityA2))
        try deliver(deltas, to: &taker)
        let settled = try taker.commit(
            [
                write(Schema.unit, "settled", in: wider), write(Schema.title, "third", in: wider),
                Draft(
                    record: record.id,
                    field: Schema.tags,
                    element: Array("kept".utf8),
                    change: .remove,
                    audience: wider
                ),
            ],
            at: 4_000
        )
        try deliver(deltas + settled, to: &a2)
        let view = try #require(try a2.view(record.id))
        #expect(view.entries(of: Schema.unit).map(\.value) == [Array("settled".utf8)])
        #expect(view.register(Schema.title)?.value == Array("third".utf8))
        #expect(view.entries(of: Schema.tags).isEmpty)
    }

    @Test(
        "Every order of arrival gives the same record, at home and in the further audience",
        arguments: [true, false]
    )
    func everyOrder(atHome: Bool) throws {
        var (deltas, giver) = try story()
        try deliver(deltas, to: &giver)
        deltas += try giver.commit([give(from: wider), write(Schema.title, "last", in: wider)], at: 4_000)
        let place = atHome ? District.streetA : District.communityB1
        let arriving = due(deltas, to: place)
        var expected: [String]?
        var parked: Set<ParkedOp.Reason>?
        for order in orders(of: arriving.count) {
            var reader = try Replica(place, in: district)
            for index in order {
                try reader.receive([arriving[index]], audiences: audiences, at: 9_000)
                try reader.receive([arriving[order[0]]], audiences: audiences, at: 9_000)
            }
            let values = try reader.values(record.id)
            #expect(values == expected ?? values, "\(order)")
            expected = values
            let reasons = Set(reader.storage.content.parked.map(\.reason))
            #expect(reasons == parked ?? reasons, "\(order)")
            parked = reasons
            let again = try reader.rebuilt()
            #expect(try again.values(record.id) == values)
            #expect(again.cells == reader.cells, "\(order)")
        }
        #expect(expected?.isEmpty == false)
        #expect(parked == [])
    }

    @Test("Nothing of another record of the same commit comes along")
    func taint() throws {
        var author = try replica(District.communityA1)
        let other = TestRecord(2, home)
        let planted = "planted in another record"
        let deltas = try author.commit(
            [
                record.create, record.write(Schema.title, "open"), other.create, other.write(Schema.title, planted),
                other.write(Schema.secret, planted), give(), write(Schema.title, "wider", in: wider),
            ],
            at: 1_000
        )
        let sent = due(deltas, to: District.communityB1)
        var reader = try replica(District.communityB1)
        try deliver(deltas, to: &reader)
        #expect(try reader.view(record.id)?.register(Schema.title)?.value == Array("wider".utf8))
        #expect(try reader.view(other.id) == nil)
        func holds(_ deltas: [Delta], _ bytes: [UInt8]) -> Bool {
            deltas.contains { $0.wireBytes.contains(bytes) }
        }
        #expect(holds(deltas, Array(planted.utf8)) && holds(sent, Array("open".utf8)), "the search finds what is there")
        #expect(!holds(sent, Array(planted.utf8)))
        #expect(!holds(sent, other.id.bytes))
    }

    @Test("Given on by a place that holds excerpts only, it is read by a fourth")
    func givenOn() throws {
        let (deltas, _) = try story()
        var (taker, fourth) = (try replica(District.communityB1), try replica(District.communityB2))
        try deliver(deltas, to: &taker)
        let onward = try taker.commit([give(from: wider, to: widest)], at: 5_000)
        let sent = due(deltas + onward, to: District.communityB2)
        #expect(sent.allSatisfy { $0.lane.audience == AudienceID(widest, .sodium) })
        try fourth.receive(sent.reversed(), audiences: [widest], at: 9_000)
        #expect(try fourth.values(record.id) == taker.values(record.id))
        #expect(try fourth.view(record.id)?.audiences == [widest])
        #expect(try fourth.view(record.id)?.givenTo == [home, wider, widest])
    }

    @Test("Two givens that knew nothing of each other both count, and a third joins them")
    func concurrentGivens() throws {
        let second = try #require(
            Audience(lines: [District.communityA1, District.communityA2, District.communityB2])
        )
        let (both, all) = (widest, audiences + [second])
        var (a1, a2) = (try replica(District.communityA1), try replica(District.communityA2))
        let created = try a1.commit([record.create], at: 1_000)
        try a2.receive(created, audiences: all, at: 1_000)
        var deltas = created + (try a1.commit([give()], at: 2_000)) + (try a2.commit([give(to: second)], at: 2_000))
        var (b1, b2) = (try replica(District.communityB1), try replica(District.communityB2))
        try b1.receive(due(deltas, to: b1.place, all), audiences: all, at: 3_000)
        try b2.receive(due(deltas, to: b2.place, all), audiences: all, at: 3_000)
        deltas += try b1.commit([write(Schema.events, "b1", element: "1", in: wider)], at: 4_000)
        deltas += try b2.commit([write(Schema.events, "b2", element: "2", in: second)], at: 4_000)
        var above = try replica(District.district)
        try above.receive(deltas, audiences: all, at: 5_000)
        let split = try #require(try above.view(record.id))
        #expect(Set(split.audiences) == [wider, second])
        #expect(split.entries(of: Schema.events).count == 2, "neither is lost where both are known")
        #expect(try b1.view(record.id)?.audiences == [wider], "they do not know of each other")
        #expect(try b2.view(record.id)?.audiences == [second])

        deltas += try above.commit([give(from: split.audience, to: both)], at: 6_000)
        for place in [District.communityB1, District.communityB2, District.communityA2, District.streetB] {
            var reader = try replica(place)
            try reader.receive(due(deltas, to: place, all).reversed(), audiences: all, at: 9_000)
            #expect(try reader.values(record.id) == above.values(record.id), "\(place)")
            #expect(try reader.view(record.id)?.audiences == [both], "\(place)")
        }
    }

    @Test("What a revoked node wrote behind its cut vanishes from where it was carried", arguments: [true, false])
    func revokedSource(revokedFirst: Bool) throws {
        var (deltas, giver) = try story()
        try deliver(deltas, to: &giver)
        deltas += try giver.commit([give(from: wider)], at: 4_000)
        let revocation = AuthorityState.Revocation(cuts: [:], reason: "stolen")
        let entry = try district.next(.revoke(try district.id(District.communityA2), revocation))
        var reader = try replica(District.communityB1)
        var outcome = LedgerOutcome()
        func revoke(_ reader: inout Replica) throws {
            let now = Instant(milliseconds: 9_000)
            _ = try reader.ledger.apply(authority: [entry], at: now, in: reader.storage, into: &outcome)
        }
        if revokedFirst { try revoke(&reader) }
        try deliver(deltas, to: &reader)
        if !revokedFirst {
            #expect(try reader.view(record.id)?.register(Schema.title)?.value == Array("second".utf8))
            try revoke(&reader)
        }
        let view = try #require(try reader.view(record.id))
        #expect(view.entries(of: Schema.events).map(\.value) == [Array("offered".utf8)])
        #expect(Set(reader.storage.content.parked.map(\.reason)) == [.refused])
        // What a revoked write had superseded was never carried: it comes with the next command.
        #expect(view.register(Schema.title) == nil)
        try revoke(&giver)
        #expect(try giver.view(record.id)?.isScattered == true)
        try deliver(try giver.commit([give(from: wider)], at: 9_500), to: &reader, at: 9_600)
        #expect(try reader.view(record.id)?.register(Schema.title)?.value == Array("first".utf8))
        #expect(try reader.values(record.id) == giver.values(record.id))
    }

    @Test("A place gives to audiences that it is of itself, and to no other")
    func notPermitted() throws {
        var (author, above) = (try replica(District.communityA1), try replica(District.district))
        let created = try author.commit([record.create], at: 1_000)
        let theirs = try #require(Audience(lines: [District.communityB1]))
        let error = #expect(throws: DraftError.self) { try author.ledger.check([give(to: theirs)]) }
        #expect(error?.code == .notPermitted)
        // A node that does not ask itself is asked by the others.
        let forged = try author.write(
            Op(
                record: record.id,
                field: .audiences(of: Schema.kind),
                element: AudienceID(theirs, .sodium).bytes,
                value: Given(audience: theirs, replaces: []).wireBytes,
                change: .given
            ),
            in: home,
            district
        )
        try above.receive(created + [forged], audiences: [home, theirs], at: 3_000)
        #expect(try above.view(record.id)?.audiences == [home])
        #expect(above.storage.content.parked.map(\.reason) == [.refused])
    }
}
