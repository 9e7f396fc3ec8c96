import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A replica that meets its own deltas, or its own revocation.
@Suite("A replica's own history") struct OwnHistoryTests {
    private let district: District
    private let home: Audience

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
    }

    @Test(
        "Deltas of its own incarnation that it does not hold show that there is another of it; others do not"
    )
    func meetsItself() throws {
        let record = TestRecord(1, home)
        var original = try Replica(District.communityA1, in: district)
        let created = try original.commit([record.create], at: 1_000)
        let ahead = try original.commit([record.write(Schema.title, "ahead")], at: 1_001)

        var copy = try Replica(District.communityA1, in: district)
        #expect(try copy.receive(created, audiences: [home], at: 2_000).meetsItself)
        #expect(
            try !copy.receive(created, audiences: [home], at: 2_000).meetsItself,
            "what it holds says nothing"
        )
        var restarted = try Replica(District.communityA1, in: district, incarnation: 2)
        #expect(try !restarted.receive(created + ahead, audiences: [home], at: 2_000).meetsItself)
        var street = try Replica(District.streetA, in: district)
        #expect(try !street.receive(created + ahead, audiences: [home], at: 2_000).meetsItself)
    }

    @Test("In a new incarnation it writes in lanes of their own, above all that it has written")
    func goesOn() throws {
        let record = TestRecord(1, home)
        var original = try Replica(District.communityA1, in: district)
        let created = try original.commit([record.create], at: 5_000)
        original.ledger.begin(incarnation: Incarnation(raw: 9))
        let next = try original.commit([record.write(Schema.title, "on")], at: 4_000)
        #expect(next.map(\.lane.incarnation.raw) == [9] && next.map(\.header.seq) == [1])
        #expect(next[0].header.hlc > created[0].header.hlc)
        #expect(try original.view(record.id)?.register(Schema.title)?.value == Array("on".utf8))
    }

    @Test("A fork is kept as a proof, whichever branch came first")
    func keepsForks() throws {
        var original = try Replica(District.communityA1, in: district)
        var clone = try Replica(District.communityA1, in: district)
        let branches = [
            try original.commit([TestRecord(1, home).create], at: 1_000),
            try clone.commit([TestRecord(2, home).create], at: 1_001),
        ]
        for order in [branches, branches.reversed()] {
            var street = try Replica(District.streetA, in: district)
            for branch in order { try street.receive(branch, audiences: [home], at: 2_000) }
            #expect(street.storage.content.forks.map(\.deltas) == [branches.joined().map(\.id).sorted()])
        }
    }

    @Test("A node that has heard of its revocation writes no more, and says why")
    func revoked() throws {
        var replica = try Replica(District.communityA1, in: district)
        let entry = try district.next(
            .revoke(try district.id(District.communityA1), .init(cuts: [:], reason: "lost"))
        )
        var outcome = LedgerOutcome()
        let now = Instant(milliseconds: 3_000)
        _ = try replica.ledger.apply(authority: [entry], at: now, in: replica.storage, into: &outcome)
        let error = #expect(throws: DraftError.self) {
            try replica.commit([TestRecord(1, home).create], at: 4_000)
        }
        #expect(error?.code == .notPermitted)
        #expect(
            error?.reason.contains("was revoked by the chain's entry \(district.authority.height + 1)")
                == true
        )
    }
}
