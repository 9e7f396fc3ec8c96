import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// Six things that have to do with one another, in all 720 orders of their arrival.
@Suite("A revocation in every order") struct RevocationOrderTests {
    private let district: District
    private let home: Audience

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
    }

    private enum Arrival {
        case deltas([Delta])
        case entry(SignedAuthorityEntry)
    }

    /// A creation, two edits by the node that is revoked, a remove and an edit by others, and the revocation; who wrote
    /// first, what each had seen, what they wrote and where the cut lies are drawn from the seed.
    private func arrivals(
        _ random: inout SeededGenerator
    ) throws -> (
        all: [Arrival], valid: [Delta], TestRecord
    ) {
        let record = TestRecord(UInt8.random(in: 1...200, using: &random), home)
        var revoked = try Replica(District.communityA1, in: district)
        var street = try Replica(District.streetA, in: district)
        var top = try Replica(District.district, in: district)
        var at: Int64 = 1_000
        func later() -> Int64 {
            at += Int64.random(in: 0...30, using: &random)
            return at
        }
        func edits() -> [Draft] {
            (0...Int.random(in: 0...2, using: &random)).map { _ in
                let value = "\(Int.random(in: 0...3, using: &random))"
                return switch Int.random(in: 0..<5, using: &random) {
                case 0: record.write(Schema.title, value)
                case 1: record.write(Schema.unit, value)
                case 2: record.write(Schema.tags, "", element: value)
                case 3:
                    record.write(Schema.events, value, element: "\(Int.random(in: 0...99, using: &random))")
                default: record.remove(Schema.tags, element: value)
                }
            }
        }
        let isOwn = Bool.random(using: &random)
        let created =
            isOwn
            ? try revoked.commit(
                [record.create, record.write(Schema.tags, "", element: "1")],
                at: later()
            )
            : try street.commit(
                [record.create, record.write(Schema.tags, "", element: "1")],
                at: later()
            )
        if isOwn { try street.receive(created, audiences: [home], at: at) }
        if !isOwn { try revoked.receive(created, audiences: [home], at: at) }
        try top.receive(created, audiences: [home], at: at)
        let before = try revoked.commit(edits(), at: later())
        if Bool.random(using: &random) { try top.receive(before, audiences: [home], at: at) }
        let after = try revoked.commit(edits() + [record.write(Schema.title, "after")], at: later())
        if Bool.random(using: &random) { try street.receive(before + after, audiences: [home], at: at) }
        let removal = try top.commit(
            [record.remove(Schema.tags, element: "1"), record.write(Schema.unit, "x")],
            at: later()
        )
        if Bool.random(using: &random) { try street.receive(removal, audiences: [home], at: at) }
        let other = try street.commit(edits(), at: later())

        let lane = try #require(before.first?.lane)
        let own = (isOwn ? created : []) + before + after
        let cutSeq = UInt64.random(in: 0..<UInt64(own.count), using: &random)
        var cuts: [LaneID: AuthorityState.Revocation.Cut] = [:]
        if let last = own.first(where: { $0.header.seq == cutSeq }) {
            cuts[LaneID(lane, .sodium)] = .init(seq: cutSeq, header: last.id)
        }
        let entry = try district.next(.revoke(lane.origin, .init(cuts: cuts, reason: "lost")))
        let foreign = (isOwn ? [] : created) + removal + other
        return (
            [
                .deltas(created), .deltas(before), .deltas(after), .deltas(removal), .deltas(other),
                .entry(entry),
            ],
            own.filter { $0.header.seq <= cutSeq } + foreign, record
        )
    }

    @Test("Shows in every order what is valid, and nothing else", arguments: UInt64(0)..<8)
    func orders(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (arrivals, valid, record) = try arrivals(&random)
        // Whoever never heard of what lies behind the cut shows the same as those that did.
        var untouched = try Replica(District.communityB1, in: district)
        try untouched.receive(valid, audiences: [home], at: 5_000)
        let expected = try untouched.values(record.id).sorted()
        for order in permutations(of: Array(arrivals.indices)) {
            var replica = try Replica(District.communityB1, in: district)
            for index in order {
                switch arrivals[index] {
                case .deltas(let deltas): try replica.receive(deltas, audiences: [home], at: 5_000)
                case .entry(let entry):
                    var outcome = LedgerOutcome()
                    let now = Instant(milliseconds: 5_000)
                    _ = try replica.ledger.apply(
                        authority: [entry],
                        at: now,
                        in: replica.storage,
                        into: &outcome
                    )
                }
            }
            let shown = try replica.values(record.id).sorted()
            try #require(shown == expected, "in the order \(order)")
        }
    }

    private func permutations(of items: [Int]) -> [[Int]] {
        guard let first = items.first else { return [[]] }
        return permutations(of: Array(items.dropFirst())).flatMap { rest in
            (0...rest.count).map { place in
                var order = rest
                order.insert(first, at: place)
                return order
            }
        }
    }
}
