import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A record of two communities of one street, given to a third of another street, and taken back.
@Suite("Records that leave an audience")
struct LeavingTests: SharedRecordTests {
    let shared: SharedRecord
    /// What stands in the values of the record, to be searched for.
    let planted = ["planted title", "planted name", "planted offer", "planted answer", "planted late"]

    init() throws { shared = try SharedRecord() }

    private func event(_ value: String, _ element: String, in audience: Audience) -> Draft {
        write(Schema.events, value, element: element, in: audience)
    }

    private var narrow: [Draft] {
        [give(from: wider, to: home), .leave(record.id, of: Schema.kind, wider, for: home)]
    }

    /// All that was written, what of it before the record was taken back, and who took it back.
    private struct Story {
        var deltas: [Delta]
        let before: [Delta]
        var holder: Replica
    }

    /// - Parameter isLate: whether the third place writes once more without having heard that it was taken back.
    private func story(isLate: Bool = false) throws -> Story {
        var (a1, b1) = (try replica(District.communityA1), try replica(District.communityB1))
        var deltas = try a1.commit(
            [record.create, record.write(Schema.title, "planted title"), record.write(Schema.secret, "planted name")],
            at: 1_000
        )
        deltas += try a1.commit([give(from: home, to: wider), event("planted offer", "1", in: wider)], at: 2_000)
        try deliver(deltas, to: &b1)
        let answer = try b1.commit(
            [
                event("planted answer", "2", in: wider),
                Draft(record: record.id, field: Schema.title, value: Array("theirs".utf8), audience: wider),
            ],
            at: 3_000
        )
        try deliver(answer, to: &a1)
        deltas += answer
        let before = deltas
        deltas += try a1.commit(narrow, at: 4_000)
        if isLate { deltas += try b1.commit([event("planted late", "3", in: wider)], at: 4_500) }
        return Story(deltas: deltas, before: before, holder: a1)
    }

    private func holdsPlanted(_ replica: Replica) -> Bool {
        planted.contains { replica.holds($0) }
    }

    /// Which ops are held of each delta of an audience.
    private func held(_ replica: Replica, _ audience: Audience) -> [DeltaID: [Bool]] {
        let id = AudienceID(audience, .sodium)
        let deltas = replica.storage.content.deltas.values.map(\.delta).filter { $0.lane.audience == id }
        return Dictionary(
            uniqueKeysWithValues: deltas.map { delta in
                (delta.id, delta.ops.map { if case .held = $0 { true } else { false } })
            }
        )
    }

    @Test("Who stays has all of it, who is left out has no byte of it and the same lanes")
    func narrowed() throws {
        let story = try story()
        var (b1, a2, above) = (
            try replica(District.communityB1), try replica(District.communityA2), try replica(District.district)
        )
        try deliver(story.before, to: &b1)
        #expect(try b1.values(record.id).count == 5)
        #expect(holdsPlanted(b1), "the search finds what is there")
        let all = try story.holder.values(record.id)
        for delta in story.deltas {
            try deliver([delta], to: &b1)
            try deliver([delta], to: &a2)
            try deliver([delta], to: &above)
        }
        #expect(try b1.values(record.id).isEmpty)
        #expect(!holdsPlanted(b1))
        #expect(all.count == 5)
        for replica in [a2, above, story.holder] {
            #expect(try replica.values(record.id) == all)
            let view = try #require(try replica.view(record.id))
            #expect(view.audiences == [home] && !view.isScattered)
            #expect(held(replica, wider) == held(b1, wider))
            #expect(held(replica, home) == held(a2, home))
        }
        #expect(held(b1, wider).count == story.deltas.count { $0.lane.audience == AudienceID(wider, .sodium) })
    }

    @Test(
        "Every order of arrival ends alike, and so does a rebuild",
        arguments: [District.communityB1, District.communityA2, District.district],
        [false, true]
    )
    func everyOrder(place: PlaceID, isLate: Bool) throws {
        let story = try story(isLate: isLate)
        let arriving = due(story.deltas, to: place)
        var expected: (values: [String], held: [DeltaID: [Bool]], parked: [ParkedOp.Reason])?
        for order in orders(of: arriving.count) {
            var reader = try replica(place)
            for index in order {
                try reader.receive([arriving[index]], audiences: audiences, at: 9_000)
                try reader.receive([arriving[order[0]]], audiences: audiences, at: 9_000)
            }
            let found = (
                try reader.values(record.id), held(reader, wider), reader.storage.content.parked.map(\.reason)
            )
            let first = expected ?? found
            expected = first
            #expect(found.0 == first.values && found.1 == first.held && found.2 == first.parked, "\(order)")
            let cells = reader.storage.content.cells.mapValues(Set.init)
            let parked = Set(reader.storage.content.parked)
            let again = try reader.rebuilt()
            #expect(try again.values(record.id) == found.0, "\(order)")
            #expect(again.storage.content.cells.mapValues(Set.init) == cells, "\(order)")
            #expect(Set(again.storage.content.parked) == parked, "\(order)")
        }
        let isOut = place == District.communityB1
        #expect(expected?.values.count == (isOut ? 0 : isLate ? 6 : 5))
        #expect(expected?.parked == (isOut && isLate ? [.unknownHome] : []))
    }

    @Test("A build takes back what it does not understand yet as what it does, where it has come to those who stay")
    func olderBuild() throws {
        let older = Schema(
            version: 0,
            fields: Schema.test.fields.filter { [Schema.creation, Schema.title].contains($0.key) },
            acceptableForOthers: Schema.test.acceptableForOthers
        )
        var (a1, b1) = (try replica(District.communityA1), try replica(District.communityB1))
        var a2 = try Replica(District.communityA2, in: district, schema: older)
        var deltas = try a1.commit([record.create, event("planted title", "1", in: home)], at: 1_000)
        deltas += try a1.commit([give(from: home, to: wider)], at: 2_000)
        try deliver(deltas, to: &a2)
        try deliver(deltas, to: &b1)
        #expect(a2.storage.content.parked.contains { $0.reason == .unknownField })
        #expect(holdsPlanted(b1))
        let taken = try a2.commit(narrow, at: 4_000)
        for replica in [a1, b1] {
            var replica = replica
            try deliver(taken, to: &replica)
            #expect(try replica.values(record.id).isEmpty == (replica.place == District.communityB1))
            #expect(holdsPlanted(replica) == (replica.place != District.communityB1))
            let rest = held(replica, wider).filter { id, ops in !taken.contains { $0.id == id } && ops.contains(true) }
            #expect(rest.isEmpty)
        }
        #expect(holdsPlanted(a2), "at home nothing of it goes")
    }

    @Test("What was written late is kept where it was written, counts at home, and goes once it was carried")
    func late() throws {
        var story = try story(isLate: true)
        var (b1, a2) = (try replica(District.communityB1), try replica(District.communityA2))
        try deliver(story.deltas, to: &b1)
        try deliver(story.deltas, to: &a2)
        #expect(b1.storage.content.parked.map(\.reason) == [.unknownHome])
        #expect(try b1.values(record.id).isEmpty)
        let view = try #require(try a2.view(record.id))
        #expect(view.isScattered && view.entries(of: Schema.events).count == 3)

        let next = try a2.commit([give(from: home, to: home)], at: 6_000)
        #expect(!next.isEmpty)
        try deliver(next, to: &b1)
        try deliver(story.deltas.suffix(1) + next, to: &story.holder)
        #expect(!holdsPlanted(b1) && b1.storage.content.parked.isEmpty)
        for replica in [a2, story.holder] {
            #expect(try replica.view(record.id)?.isScattered == false)
            #expect(try replica.values(record.id).count == 6)
            #expect(held(replica, wider) == held(b1, wider))
        }
        #expect(try a2.values(record.id) == story.holder.values(record.id))
    }

    @Test("Given to the same place again, it is read there again, whatever comes first", arguments: 0..<12)
    func givenAgain(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var story = try story()
        var deltas = story.deltas
        deltas += try story.holder.commit(
            [give(from: home, to: wider), event("planted offer", "4", in: wider)],
            at: 6_000
        )
        let all = try story.holder.values(record.id)
        #expect(all.count == 6)
        for place in [District.communityB1, District.communityA2, District.streetB] {
            var reader = try replica(place)
            deltas.shuffle(using: &generator)
            for delta in deltas { try deliver([delta], to: &reader) }
            #expect(try reader.values(record.id) == all)
            #expect(try reader.view(record.id)?.audiences == [wider])
            #expect(try reader.rebuilt().values(record.id) == all)
        }
        // And taken back once more.
        deltas += try story.holder.commit(narrow, at: 7_000)
        var reader = try replica(District.communityB1)
        deltas.shuffle(using: &generator)
        for delta in deltas { try deliver([delta], to: &reader) }
        #expect(try reader.values(record.id).isEmpty && !holdsPlanted(reader))
    }

    /// A left that says whatever it likes.
    private func left(_ author: PlaceID, for further: Audience, naming ops: [Dot]) throws -> Delta {
        try replica(author).write(
            Op(
                record: record.id,
                field: .audiences(of: Schema.kind),
                element: AudienceID(wider, .sodium).bytes,
                value: Left(further: further, home: home, nonce: record.nonce, ops: ops).wireBytes,
                change: .left
            ),
            in: wider,
            district
        )
    }

    @Test("No left takes an erasure along: who gets the rest later knows of it too", arguments: [false, true])
    func erasures(isNamed: Bool) throws {
        let before = try story().before
        var (a1, above) = (try replica(District.communityA1), try replica(District.district))
        try deliver(before, to: &above)
        let erasing = try above.commit([erasure(in: wider)], at: 3_500)
        try deliver(before + erasing, to: &a1)
        var taken = try a1.commit(narrow, at: 4_000)
        if isNamed {
            let ops = erasing.flatMap { delta in delta.ops.indices.map { Dot(delta: delta.id, index: $0) } }
            taken.append(try left(District.communityA2, for: home, naming: ops))
        }
        var b1 = try replica(District.communityB1)
        try deliver(before + erasing + taken, to: &b1)
        #expect(!holdsPlanted(b1))
        for source in [b1, a1] {
            var late = try replica(District.communityB1)
            try deliver(source.storage.content.deltas.values.map(\.delta).sorted { $0.id < $1.id }, to: &late)
            let known = late.storage.erasures(of: record.id).map(\.target.audience)
            #expect(known == [AudienceID(wider, .sodium)])
        }
    }

    @Test("Nobody takes a record from its home but who stands there or above")
    func notPermitted() throws {
        let story = try story()
        let theirs = try #require(Audience(lines: [District.communityB1]))
        let ops = story.before.filter { $0.lane.audience == AudienceID(wider, .sodium) }.flatMap { delta in
            delta.ops.indices.map { Dot(delta: delta.id, index: $0) }
        }
        for place in [District.communityA1, District.communityB1, District.district] {
            var reader = try replica(place)
            try deliver(story.before + [try left(District.communityB1, for: theirs, naming: ops)], to: &reader)
            #expect(try reader.values(record.id).count == 5)
            #expect(reader.storage.content.parked.map(\.reason) == [.refused])
        }
        // Of what was never carried on nothing is lost where the record stays.
        for place in [District.communityA1, District.communityA2, District.district, District.communityB1] {
            var reader = try replica(place)
            for delta in story.before + [try left(District.communityA2, for: home, naming: ops)] {
                try deliver([delta], to: &reader)
            }
            #expect(try reader.values(record.id).count == (place == District.communityB1 ? 0 : 5))
        }
    }

    @Test("A left of a revoked node lets go of nothing that comes after the revocation")
    func revoked() throws {
        let story = try story()
        let entry = try district.next(
            .revoke(try district.id(District.communityA1), .init(cuts: [:], reason: "stolen"))
        )
        var reader = try replica(District.communityB1)
        var outcome = LedgerOutcome()
        let now = Instant(milliseconds: 9_000)
        _ = try reader.ledger.apply(authority: [entry], at: now, in: reader.storage, into: &outcome)
        try deliver(story.deltas, to: &reader)
        #expect(try reader.values(record.id).isEmpty)
        #expect(reader.storage.content.parked.map(\.reason).contains(.unknownHome))
    }

    /// The second community of the home is revoked, with all that it wrote behind the cuts.
    private func revokeSecond(
        at replica: inout Replica,
        cuts: [LaneID: AuthorityState.Revocation.Cut] = [:]
    ) throws {
        let entry = try district.next(
            .revoke(try district.id(District.communityA2), .init(cuts: cuts, reason: "stolen"))
        )
        var outcome = LedgerOutcome()
        let now = Instant(milliseconds: 9_000)
        _ = try replica.ledger.apply(authority: [entry], at: now, in: replica.storage, into: &outcome)
    }

    /// The second community of the home takes the record back: what was written before, what it said, and the taking.
    private func takenBySecond() throws -> (before: [Delta], all: [String], taken: [Delta]) {
        let before = try story().before
        var second = try replica(District.communityA2)
        try deliver(before, to: &second)
        return (before, try second.values(record.id), try second.commit(narrow, at: 4_000))
    }

    private func deltas(of replica: Replica) -> [Delta] {
        replica.storage.content.deltas.values.map(\.delta).sorted { $0.id < $1.id }
    }

    @Test(
        "What a left let go of before a revocation cut it off comes back from who had not let go",
        arguments: [District.communityB1, District.communityA1, District.district]
    )
    func retaken(place: PlaceID) throws {
        let (before, all, taken) = try takenBySecond()
        var (early, late) = (try replica(place), try replica(place))
        try deliver(before + taken, to: &early)
        try revokeSecond(at: &early)
        try revokeSecond(at: &late)
        try deliver(before + taken, to: &late)
        #expect(held(early, wider) != held(late, wider), "the one has let go, the other has not")
        #expect(try late.values(record.id) == all)

        // As a pass of reconciliation brings them.
        try deliver(deltas(of: early), to: &late)
        try deliver(deltas(of: late), to: &early)
        #expect(held(early, wider) == held(late, wider))
        for replica in [early, late] {
            #expect(try replica.values(record.id) == all)
            #expect(try replica.rebuilt().values(record.id) == all)
        }
    }

    /// The carries by which a record came home were the only copies that were left of it.
    @Test(
        "What all let go of before a revocation cut its carries off comes back from the carries themselves",
        arguments: [0, 1, 2]
    )
    func retakenFromEvidence(order: Int) throws {
        let (before, all, taken) = try takenBySecond()
        let left = try #require(taken.last { $0.lane.audience == AudienceID(wider, .sodium) })
        let cut = AuthorityState.Revocation.Cut(seq: left.header.seq, header: left.id)
        let cuts = [LaneID(left.lane, .sodium): cut]
        // The third place has let go, as it is to: its copies hold nothing.
        var third = try replica(District.communityB1)
        try deliver(before + taken, to: &third)
        #expect(!holdsPlanted(third))
        let own = before.filter { $0.lane.audience == AudienceID(home, .sodium) }

        var reader = try replica(District.communityA1)
        switch order {
        case 0:
            try deliver(before + taken, to: &reader)
            try revokeSecond(at: &reader, cuts: cuts)
        case 1:
            try revokeSecond(at: &reader, cuts: cuts)
            try deliver(own + deltas(of: third) + taken, to: &reader)
        default:
            try revokeSecond(at: &reader, cuts: cuts)
            try deliver(own + taken, to: &reader)
            try deliver(deltas(of: third), to: &reader)
        }
        #expect(!reader.storage.quarantinedDeltas().isEmpty)
        #expect(try reader.values(record.id) == all)
        #expect(try reader.rebuilt().values(record.id) == all)
        // Who heard of the revocation first never let go: both hold the same.
        var early = try replica(District.communityA1)
        try revokeSecond(at: &early, cuts: cuts)
        try deliver(before + taken, to: &early)
        #expect(held(reader, wider) == held(early, wider))

        try revokeSecond(at: &third, cuts: cuts)
        #expect(try third.values(record.id).isEmpty && !holdsPlanted(third), "the left counts still")
    }

    @Test("What was let go of and stays away comes back from nobody; nor does what an erasure took")
    func notRetaken() throws {
        let story = try story()
        var (reader, stale) = (try replica(District.communityB1), try replica(District.communityB1))
        try deliver(story.deltas, to: &reader)
        try deliver(story.before, to: &stale)
        try deliver(deltas(of: stale), to: &reader)
        #expect(try reader.values(record.id).isEmpty && !holdsPlanted(reader), "the left counts still")

        var second = try replica(District.communityA2)
        try deliver(story.before, to: &second)
        let erasing = try second.commit([erasure(in: wider)], at: 4_000)
        var erased = try replica(District.communityB1)
        try deliver(story.before + erasing, to: &erased)
        try revokeSecond(at: &erased)
        try deliver(deltas(of: stale), to: &erased)
        #expect(stale.holds("planted offer") || stale.holds("planted name"))
        #expect(!erased.holds("planted name"))
    }
}
