import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

@Suite("Ledger")
struct LedgerTests {
    let district: District
    let home: Audience

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1, District.communityB1]))
    }

    private func replica(_ place: PlaceID, incarnation: UInt64 = 1) throws -> Replica {
        try Replica(place, in: district, incarnation: incarnation)
    }

    @Test("A register shows the greatest stamp, whatever the order of arrival")
    func registerConverges() throws {
        let record = TestRecord(1, home)
        var a = try replica(District.communityA1)
        var b = try replica(District.communityB1)
        let created = try a.commit([record.create, record.write(Schema.title, "first")], at: 1_000)
        try b.receive(created, audiences: [home], at: 1_000)
        let ours = try a.commit([record.write(Schema.title, "ours")], at: 2_000)
        let theirs = try b.commit([record.write(Schema.title, "theirs")], at: 3_000)
        try a.receive(theirs, audiences: [home], at: 3_000)
        try b.receive(ours, audiences: [home], at: 3_000)
        #expect(try a.values(record.id) == b.values(record.id))
        #expect(try a.view(record.id)?.register(Schema.title)?.value == Array("theirs".utf8))
    }

    @Test("Concurrent writes of a multi-value survive until a write that has seen both")
    func multiValue() throws {
        let record = TestRecord(1, home)
        var a = try replica(District.communityA1)
        var b = try replica(District.communityB1)
        try b.receive(try a.commit([record.create], at: 1_000), audiences: [home], at: 1_000)
        let ours = try a.commit([record.write(Schema.unit, "a")], at: 2_000)
        let theirs = try b.commit([record.write(Schema.unit, "b")], at: 2_000)
        try a.receive(theirs, audiences: [home], at: 2_000)
        try b.receive(ours, audiences: [home], at: 2_000)
        #expect(try a.view(record.id)?.entries(of: Schema.unit).count == 2)
        let settled = try a.commit([record.write(Schema.unit, "both")], at: 3_000)
        // The late replica sees the settling write before what it settles.
        var late = try replica(District.district)
        for deltas in [settled, theirs, ours] { try late.receive(deltas, audiences: [home], at: 3_000) }
        #expect(try late.view(record.id) == nil)
        try late.receive(try rest(of: a), audiences: [home], at: 3_000)
        #expect(try late.view(record.id)?.entries(of: Schema.unit).map(\.value) == [Array("both".utf8)])
        #expect(try late.values(record.id) == a.values(record.id))
    }

    private func rest(of replica: Replica) throws -> [Delta] {
        var deltas: [Delta] = []
        replica.storage.forEachDelta(ofLanes: nil) { deltas.append($0.delta) }
        return deltas
    }

    @Test("A remove takes away what its author had seen, not a concurrent add")
    func addWins() throws {
        let record = TestRecord(1, home)
        var a = try replica(District.communityA1)
        var b = try replica(District.communityB1)
        let created = try a.commit([record.create, record.write(Schema.tags, "", element: "noise")], at: 1_000)
        try b.receive(created, audiences: [home], at: 1_000)
        let removed = try a.commit([record.remove(Schema.tags, element: "noise")], at: 2_000)
        let added = try b.commit([record.write(Schema.tags, "", element: "noise")], at: 2_000)
        #expect(try a.view(record.id)?.entries(of: Schema.tags).isEmpty == true)
        try a.receive(added, audiences: [home], at: 2_000)
        try b.receive(removed, audiences: [home], at: 2_000)
        #expect(try a.view(record.id)?.entries(of: Schema.tags).count == 1)
        #expect(try a.values(record.id) == b.values(record.id))
        let again = try b.commit([record.remove(Schema.tags, element: "noise")], at: 3_000)
        try a.receive(again, audiences: [home], at: 3_000)
        #expect(try a.view(record.id)?.entries(of: Schema.tags).isEmpty == true)
    }

    @Test("Every order of arrival, duplicates included, gives the same record", arguments: 0..<40)
    func convergence(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let record = TestRecord(1, home)
        var writers = [
            try replica(District.communityA1), try replica(District.communityB1), try replica(District.streetA),
        ]
        var all = try writers[0].commit([record.create], at: 1_000)
        for index in writers.indices.dropFirst() { try writers[index].receive(all, audiences: [home], at: 1_000) }
        for step in 0..<30 {
            let writer = Int.random(in: 0..<3, using: &generator)
            if Bool.random(using: &generator), let delta = all.randomElement(using: &generator) {
                try writers[writer].receive([delta], audiences: [home], at: 1_000 + Int64(step))
            }
            let draft = [
                record.write(Schema.title, "\(step)"), record.write(Schema.unit, "\(step)"),
                record.write(Schema.tags, "", element: "\(step % 3)"),
                record.remove(Schema.tags, element: "\(step % 3)"),
                record.write(Schema.events, "\(step)", element: "\(step)"), record.write(Schema.secret, "\(step)"),
            ].randomElement(using: &generator)
            all += try writers[writer].commit(
                [try #require(draft)],
                at: Int64.random(in: 1_000..<1_020, using: &generator)
            )
        }
        var expected: [String]?
        for place in [District.district, District.streetB, District.communityB1] {
            var reader = try Replica(place, in: district, incarnation: 99)
            for delta in (all + all.prefix(10)).shuffled(using: &generator) {
                try reader.receive([delta], audiences: [home], at: 2_000)
            }
            let values = try reader.values(record.id)
            #expect(!values.isEmpty)
            #expect(values == expected ?? values)
            expected = values
            // A rebuild from the deltas says the same.
            let cells = reader.storage.content
            reader.storage.content.cells = [:]
            reader.storage.content.homes = [:]
            reader.storage.content.parked = []
            var outcome = LedgerOutcome()
            try reader.ledger.rebuild(at: Instant(milliseconds: 2_000), in: reader.storage, into: &outcome)
            #expect(try reader.values(record.id) == values)
            #expect(reader.storage.content.homes == cells.homes)
        }
    }

    @Test(
        "An op of another audience than the record's home is a stray, whichever comes first",
        arguments: [true, false]
    )
    func strays(creationFirst: Bool) throws {
        let record = TestRecord(1, home)
        let elsewhere = try #require(Audience(lines: [District.communityA1]))
        var author = try replica(District.communityA1)
        let created = try author.commit([record.create, record.write(Schema.title, "home")], at: 1_000)
        let stray = Draft(
            record: record.id,
            field: Schema.title,
            value: Array("stray".utf8),
            audience: elsewhere
        )
        let strayed = try author.commit([stray], at: 2_000)
        var reader = try replica(District.streetA)
        for deltas in creationFirst ? [created, strayed] : [strayed, created] {
            try reader.receive(deltas, audiences: [home, elsewhere], at: 3_000)
        }
        #expect(try reader.view(record.id)?.register(Schema.title)?.value == Array("home".utf8))
        #expect(reader.storage.content.parked.map(\.reason) == [.stray])
    }

    @Test("A community may open a record for another place, and for nobody else in its name")
    func acceptForOthers() throws {
        var author = try replica(District.communityA1)
        let others = try #require(Audience(lines: [District.communityB1]))
        #expect(throws: DraftError.self) { try author.commit([TestRecord(1, others).create], at: 1_000) }
        let three = try #require(
            Audience(lines: [District.communityA1, District.communityB1, District.communityB2])
        )
        #expect(throws: DraftError.self) { try author.commit([TestRecord(2, three).create], at: 1_000) }
        #expect(throws: DraftError.self) {
            try author.commit([TestRecord(3, Audience(below: District.district)).create], at: 1_000)
        }
        #expect(try author.commit([TestRecord(4, home).create], at: 1_000).count == 1)
        var street = try replica(District.streetA)
        #expect(try street.commit([TestRecord(5, Audience(below: District.streetA)).create], at: 1_000).count == 1)
    }

    @Test("What a place lost with a move its nodes write no more, not even in records they hold; the new line does")
    func lostAudience() throws {
        let record = TestRecord(1, try #require(Audience(lines: [District.communityA1])))
        var street = try replica(District.streetA)
        let created = try street.commit([record.create], at: 1_000)
        let before = try street.commit([record.write(Schema.title, "before")], at: 1_000)
        let moved = try district.movingA1()
        try street.apply(try #require(moved.entries.last))

        let late = [record.write(Schema.title, "late")]
        let error = #expect(throws: DraftError.self) { try street.ledger.check(late) }
        #expect(error?.code == .notPermitted)
        #expect(error?.reason.contains("chain's entry \(moved.authority.height)") == true, "\(error?.reason ?? "")")
        #expect(throws: DraftError.self) { try street.ledger.check([TestRecord(2, record.audience).create]) }
        let kept = try street.view(record.id)?.register(Schema.title)?.value
        #expect(kept == Array("before".utf8), "it keeps what it has")

        for place in [District.communityA1, District.streetB] {
            var writer = try Replica(place, in: moved)
            try writer.receive(created + before, audiences: [record.audience], at: 2_000)
            #expect(try writer.view(record.id)?.register(Schema.title)?.value == Array("before".utf8))
            #expect(try writer.commit(late, at: 3_000).count == 1)
            #expect(try writer.view(record.id)?.register(Schema.title)?.value == Array("late".utf8))
        }
        // A node that does not ask itself is asked by the others.
        let forged = try street.forge(late, at: 3_000)
        var reader = try Replica(District.district, in: moved)
        try reader.receive(created + before + forged, audiences: [record.audience], at: 3_000)
        #expect(try reader.view(record.id)?.register(Schema.title)?.value == Array("before".utf8))
    }

    @Test("A delta by somebody not entitled to its audience is kept and not shown")
    func foreignAudience() throws {
        // Written by a ledger whose chain wrongly makes it the street's node.
        let record = TestRecord(1, try #require(Audience(lines: [District.communityA1])))
        var author = try replica(District.communityA1)
        let created = try author.commit([record.create], at: 1_000)
        var forger = try Replica(District.communityB2, in: district)
        forger.storage.insert(audience: record.audience, id: AudienceID(record.audience, .sodium))
        let forged = try forger.forge([record.write(Schema.title, "forged")], at: 2_000)
        var reader = try replica(District.streetA)
        try reader.receive(created + forged, audiences: [record.audience], at: 3_000)
        #expect(try reader.view(record.id)?.register(Schema.title) == nil)
        #expect(reader.storage.content.parked.map(\.reason) == [.refused])
    }

    @Test("A register write from the future waits until it is due; a log entry is shown at once")
    func clockGuard() throws {
        let record = TestRecord(1, home)
        var author = try replica(District.communityA1)
        let created = try author.commit([record.create], at: 1_000)
        let hour: Int64 = 3_600_000
        let early = try author.commit(
            [record.write(Schema.title, "early"), record.write(Schema.events, "e", element: "e")],
            at: hour
        )
        #expect(try author.view(record.id)?.register(Schema.title) != nil)
        var reader = try replica(District.district)
        try reader.receive(created + early, audiences: [home], at: 1_000)
        #expect(try reader.view(record.id)?.register(Schema.title) == nil)
        #expect(try reader.view(record.id)?.entries(of: Schema.events).count == 1)
        var outcome = LedgerOutcome()
        try reader.ledger.wake(at: Instant(milliseconds: hour - 121_000), in: reader.storage, into: &outcome)
        #expect(outcome.touched.isEmpty)
        try reader.ledger.wake(at: Instant(milliseconds: hour - 120_000), in: reader.storage, into: &outcome)
        #expect(outcome.touched == [record.id])
        #expect(try reader.view(record.id)?.register(Schema.title) != nil)
        // The local clock was moved by at most a minute.
        #expect(reader.ledger.clock.last.milliseconds == 61_000)
    }

    @Test("An answer to a stamp from the future sorts just above it, without moving the clock")
    func floor() throws {
        let record = TestRecord(1, home)
        var ahead = try replica(District.communityA1)
        let created = try ahead.commit([record.create, record.write(Schema.title, "ahead")], at: 200_000)
        var behind = try replica(District.communityB1)
        try behind.receive(created, audiences: [home], at: 100_000)
        let answer = try behind.commit([record.write(Schema.title, "answer")], at: 101_000)
        try ahead.receive(answer, audiences: [home], at: 200_000)
        #expect(try ahead.view(record.id)?.register(Schema.title)?.value == Array("answer".utf8))
        #expect(answer[0].header.hlc.milliseconds < 200_000)
        #expect(try ahead.values(record.id) == behind.values(record.id))
    }

    @Test("Two deltas of one lane and seq are a fork: both stay shown and the proof is given")
    func fork() throws {
        let first = TestRecord(1, home)
        let second = TestRecord(2, home)
        var original = try replica(District.communityA1)
        var clone = try replica(District.communityA1)
        let ours = try original.commit([first.create], at: 1_000)
        let theirs = try clone.commit([second.create], at: 1_001)
        var reader = try replica(District.streetA)
        try reader.receive(ours, audiences: [home], at: 2_000)
        let outcome = try reader.receive(theirs, audiences: [home], at: 2_000)
        #expect(outcome.forks.map(\.deltas) == [[ours[0].id, theirs[0].id].sorted()])
        #expect(try reader.view(first.id) != nil && reader.view(second.id) != nil)
        #expect(try reader.receive(theirs, audiences: [home], at: 2_000).stored.isEmpty)
    }

    @Test("A revocation by cut gives the same visible state in every order", arguments: 0..<24)
    func revocation(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let record = TestRecord(1, home)
        var author = try replica(District.communityA1)
        var deltas = try author.commit([record.create, record.write(Schema.title, "kept")], at: 1_000)
        let lane = deltas[0].lane
        for step in 0..<4 {
            deltas += try author.commit(
                [record.write(Schema.title, "late \(step)"), record.write(Schema.tags, "", element: "\(step)")],
                at: 2_000 + Int64(step)
            )
        }
        let cut = AuthorityState.Revocation.Cut(seq: 1, header: deltas[0].id)
        let revocation = AuthorityState.Revocation(cuts: [LaneID(lane, .sodium): cut], reason: "stolen")
        let entry = try district.next(.revoke(try district.id(District.communityA1), revocation))
        var reader = try replica(District.streetA)
        let revokedAfter = Int.random(in: 0...deltas.count, using: &generator)
        for (index, delta) in deltas.shuffled(using: &generator).enumerated() {
            if index == revokedAfter { try reader.apply(entry) }
            try reader.receive([delta], audiences: [home], at: 3_000)
        }
        if revokedAfter == deltas.count { try reader.apply(entry) }
        #expect(try reader.view(record.id)?.register(Schema.title)?.value == Array("kept".utf8))
        #expect(try reader.view(record.id)?.entries(of: Schema.tags).isEmpty == true)
        #expect(reader.storage.content.deltas.count == 5)
    }

    @Test("A group commit signs once a lane and keeps a long one within a delta's limits")
    func groupCommit() throws {
        let record = TestRecord(1, home)
        var author = try replica(District.communityA1)
        var drafts = [record.create]
        for step in 0..<1_200 { drafts.append(record.write(Schema.events, "\(step)", element: "\(step)")) }
        drafts.append(record.write(Schema.secret, "personal"))
        let deltas = try author.commit(drafts, at: 1_000)
        #expect(deltas.map(\.ops.count) == [512, 512, 177, 1])
        #expect(deltas.map(\.header.seq) == [1, 2, 3, 1])
        #expect(deltas[1].header.previous == deltas[0].id)
        var reader = try replica(District.district)
        try reader.receive(deltas.reversed(), audiences: [home], at: 1_000)
        #expect(try reader.values(record.id) == author.values(record.id))
    }
}

extension Replica {
    /// Writes drafts without asking whether they are permitted, as a dishonest node would.
    fileprivate mutating func forge(_ drafts: [Draft], at milliseconds: Int64) throws -> [Delta] {
        try ledger.begin(at: Instant(milliseconds: milliseconds), in: storage)
        var touched: Set<RecordID> = []
        try ledger.append(drafts, randomBytes: { [UInt8](repeating: 1, count: 16) }, in: storage, touching: &touched)
        return try ledger.seal(in: storage).deltas.map(\.delta)
    }

    fileprivate mutating func apply(_ entry: SignedAuthorityEntry) throws {
        var outcome = LedgerOutcome()
        _ = try ledger.apply(
            authority: [entry],
            at: Instant(milliseconds: 3_000),
            in: storage,
            into: &outcome
        )
    }
}
