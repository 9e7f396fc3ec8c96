import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

@Suite("What is kept of a revoked origin") struct EvidenceQuotaTests {
    private let district: District
    private let home: Audience
    private let record: TestRecord
    /// What community A1 wrote before it was revoked, and after.
    private let before: [Delta]
    private let after: [Delta]
    private let revocation: SignedAuthorityEntry

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
        self.record = TestRecord(1, home)
        var author = try Replica(District.communityA1, in: district)
        self.before = try author.commit([record.create, record.write(Schema.title, "kept")], at: 1_000)
        var after: [Delta] = []
        for step in 0..<6 { after += try author.commit([record.write(Schema.title, "\(step)")], at: 2_000) }
        self.after = after
        let head = try #require(before.first)
        let cuts = [LaneID(head.lane, .sodium): AuthorityState.Revocation.Cut(seq: 1, header: head.id)]
        let node = try district.id(District.communityA1)
        self.revocation = try district.next(.revoke(node, .init(cuts: cuts, reason: "stolen")))
    }

    /// The street, which has heard of the revocation, and keeps so much.
    private func street(deltas: Int = 1_024, bytes: Int = 4 << 20) throws -> Replica {
        var street = try Replica(District.streetA, in: district)
        var quota = EvidenceQuota()
        quota.deltas = deltas
        quota.bytes = bytes
        street.ledger.evidenceQuota = quota
        try street.revoke(revocation)
        return street
    }

    @Test("Up to the quota all is kept, beyond it what comes is let go of and counted, whatever is valid goes on")
    func count() throws {
        var street = try street(deltas: 4)
        let first = try street.receive(Array(after.prefix(4)), audiences: [home], at: 3_000)
        #expect(first.stored.count == 4 && first.beyondQuota.isEmpty)
        let rest = try street.receive(Array(after.suffix(2)) + before, audiences: [home], at: 3_000)
        #expect(rest.stored.map(\.delta.id) == before.map(\.id))
        #expect(rest.beyondQuota == [try district.id(District.communityA1): 2])
        #expect(try street.view(record.id)?.register(Schema.title)?.value == Array("kept".utf8))
        let again = try street.receive(after, audiences: [home], at: 3_000)
        #expect(again.stored.isEmpty)
        #expect(again.beyondQuota.values.reduce(0, +) == 2, "what is held already is none of it")
    }

    @Test("Bytes count as well as deltas") func bytes() throws {
        var all = HeldEvidence()
        for delta in after.prefix(3) { all.add(delta) }
        var street = try street(bytes: all.bytes)
        #expect(try street.receive(after, audiences: [home], at: 3_000).stored.count == 3)
        #expect(street.storage.evidence(of: try district.id(District.communityA1)) == all)
    }

    @Test("What was held when the revocation came counts, and stays even beyond the quota") func heldBefore() throws {
        var street = try Replica(District.streetA, in: district)
        street.ledger.evidenceQuota.deltas = 2
        try street.receive(before + after.prefix(4), audiences: [home], at: 3_000)
        try street.revoke(revocation)
        let late = try street.receive(Array(after.suffix(2)), audiences: [home], at: 3_000)
        #expect(late.stored.isEmpty && late.beyondQuota.values.reduce(0, +) == 2)
        #expect(street.storage.evidence(of: try district.id(District.communityA1)).deltas == 4)
    }

    @Test("A lane of which nothing is kept leaves no trace") func lanes() throws {
        var street = try street(deltas: 0)
        let known = street.storage.lanes().count
        #expect(try street.receive(after, audiences: [home], at: 3_000).beyondQuota.values.reduce(0, +) == 6)
        #expect(street.storage.lanes().count == known && street.storage.content.laneNumbers.count == known)
    }

    @Test("The engine counts them, apart from duplicates, and tells of each origin once") func alarm() throws {
        var bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.communityA2, of: district, on: 1)
        let origin = try district.id(District.communityA1)
        for round in 1...2 {
            let delta = try #require(round == 1 ? before.first : after.first)
            var answers: [SyncEffect] = []
            for case .persist(let ticket, _) in try bench.send([delta], in: home, on: 1) {
                answers += bench.tell(.persisted(ticket, PersistOutcome(stored: [], beyondQuota: [origin: 1])))
            }
            #expect(answers.alarms == (round == 1 ? [.evidenceQuota(origin: origin)] : []))
            #expect(try answers.said(on: 1).contains { if case .acknowledge = $0 { true } else { false } })
        }
        #expect(bench.engine.counters.deltasBeyondQuota == 2)
        #expect(bench.engine.counters.duplicates == 0)
    }
}

extension Replica {
    fileprivate mutating func revoke(_ entry: SignedAuthorityEntry) throws {
        var outcome = LedgerOutcome()
        _ = try ledger.apply(authority: [entry], at: Instant(milliseconds: 3_000), in: storage, into: &outcome)
    }
}
