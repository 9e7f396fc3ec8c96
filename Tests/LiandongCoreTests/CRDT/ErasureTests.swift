import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// Erasing what is personal of a record, at one ledger: whatever comes when.
@Suite("Erasure")
struct ErasureTests {
    private let district: District
    private let line: Audience
    private let record: TestRecord

    init() throws {
        district = try District()
        line = try #require(Audience(lines: [District.communityA1]))
        record = TestRecord(1, line)
    }

    private func replica(_ place: PlaceID) throws -> Replica { try Replica(place, in: district) }

    /// The creation with a secret, a later secret by the street, the erasure by the community, and a secret that the
    /// district writes after all of them, knowing of no erasure.
    private func story() throws -> [Delta] {
        var community = try replica(District.communityA1)
        var street = try replica(District.streetA)
        var above = try replica(District.district)
        let created = try community.commit(
            [record.create, record.write(Schema.title, "a lamp"), record.write(Schema.secret, "PLANTED one")],
            at: 1_000
        )
        try street.receive(created, audiences: [line], at: 2_000)
        try above.receive(created, audiences: [line], at: 2_000)
        let edited = try street.commit([record.write(Schema.secret, "PLANTED two")], at: 3_000)
        let erased = try community.commit([record.erase], at: 4_000)
        let late = try above.commit(
            [record.write(Schema.secret, "PLANTED three"), record.write(Schema.events, "note", element: "e1")],
            at: 9_000
        )
        return created + edited + erased + late
    }

    @Test("An erasure wins over what is earlier and what is later, in every order of arrival")
    func everyOrder() throws {
        let deltas = try story()
        #expect(deltas.count == 6)
        var expected: [String]?
        for order in deltas.permutations where order.count == deltas.count {
            var node = try replica(District.district)
            for delta in order { try node.receive([delta], audiences: [line], at: 10_000) }
            let view = try #require(try node.view(record.id))
            #expect(view.erasures.map(\.reason) == ["consent-withdrawn"])
            #expect(view.register(Schema.secret) == nil)
            #expect(view.register(Schema.title)?.value == Array("a lamp".utf8))
            #expect(view.entries(of: Schema.events).count == 1)
            #expect(!node.holdsPlanted)
            let values = try node.values(record.id)
            #expect(values == expected ?? values)
            expected = values
        }
    }

    @Test("What is left of a delta is its author's: header, signature and root") func stillVerifies() throws {
        var node = try replica(District.district)
        try node.receive(try story(), audiences: [line], at: 10_000)
        let dropped = node.storage.content.deltas.values.map(\.delta).filter { delta in
            delta.ops.contains { if case .dropped = $0 { true } else { false } }
        }
        #expect(dropped.count == 3)
        for delta in dropped {
            let again = try Delta(wireBytes: delta.wireBytes, .sodium)
            #expect(again == delta)
            let check = delta.signatureCheck
            #expect(Cryptography.sodium.verify(check.signature, check.message, check.key))
        }
    }

    @Test("What comes in one batch with its erasure is told on without its bytes", arguments: [false, true])
    func oneBatch(erasureFirst: Bool) throws {
        var node = try replica(District.district)
        let deltas = try story()
        let outcome = try node.receive(erasureFirst ? deltas.reversed() : deltas, audiences: [line], at: 10_000)
        #expect(outcome.stored.count == deltas.count)
        #expect(outcome.stored.allSatisfy { !$0.delta.isPlanted })
    }

    @Test("A delta that comes again brings nothing back") func again() throws {
        let deltas = try story()
        var node = try replica(District.district)
        for _ in 0..<3 { try node.receive(deltas, audiences: [line], at: 10_000) }
        #expect(!node.holdsPlanted)
        #expect(try node.view(record.id)?.register(Schema.secret) == nil)
    }

    @Test("Folding all anew gives the same cells, and nothing waits for what is not held") func rebuild() throws {
        var node = try replica(District.district)
        try node.receive(try story(), audiences: [line], at: 10_000)
        let before = try node.values(record.id)
        node.storage.content.cells = [:]
        node.storage.content.homes = [:]
        node.storage.content.parked = []
        node.storage.content.erasures = []
        var outcome = LedgerOutcome()
        try node.ledger.rebuild(at: Instant(milliseconds: 11_000), in: node.storage, into: &outcome)
        #expect(try node.values(record.id) == before)
        #expect(try node.view(record.id)?.erasures.count == 1)
        #expect(node.storage.content.parked.isEmpty)
    }

    @Test("An erasure waits for no clock, however far ahead its author's is") func farFuture() throws {
        var community = try replica(District.communityA1)
        let created = try community.commit([record.create, record.write(Schema.secret, "PLANTED")], at: 1_000)
        let erased = try community.commit([record.erase], at: 400 * 86_400_000)
        var node = try replica(District.district)
        try node.receive(created + erased, audiences: [line], at: 2_000)
        #expect(!node.holdsPlanted)
    }

    @Test("What is not yet due, and what a revoked node wrote, is dropped as well") func whatWaits() throws {
        var community = try replica(District.communityA1)
        let created = try community.commit([record.create], at: 1_000)
        let ahead = try community.commit([record.write(Schema.secret, "PLANTED")], at: 3_600_000)
        var street = try replica(District.streetA)
        try street.receive(created, audiences: [line], at: 2_000)
        let erased = try street.commit([record.erase], at: 3_000)

        var node = try replica(District.district)
        try node.receive(created + ahead, audiences: [line], at: 2_000)
        #expect(node.storage.content.parked.map(\.reason) == [.notDue])
        try node.receive(erased, audiences: [line], at: 3_000)
        #expect(!node.holdsPlanted)
        #expect(node.storage.content.parked.isEmpty)

        var other = try replica(District.district)
        try other.apply(try revocation(after: created))
        try other.receive(created + ahead, audiences: [line], at: 2_000)
        #expect(other.holdsPlanted)
        try other.receive(erased, audiences: [line], at: 3_000)
        #expect(!other.holdsPlanted)
    }

    /// Cuts the community's node off behind these deltas of its.
    private func revocation(after deltas: [Delta]) throws -> SignedAuthorityEntry {
        let cuts = Dictionary(
            deltas.map {
                (LaneID($0.lane, .sodium), AuthorityState.Revocation.Cut(seq: $0.header.seq, header: $0.id))
            },
            uniquingKeysWith: { _, later in later }
        )
        let revocation = AuthorityState.Revocation(cuts: cuts, reason: "stolen")
        return try district.next(.revoke(try district.id(District.communityA1), revocation))
    }

    // MARK: Who may

    @Test("The home's places and those above them may erase; who only receives may not")
    func grants() throws {
        let wide = Audience(below: District.streetA)
        let open = TestRecord(2, wide)
        var street = try replica(District.streetA)
        let created = try street.commit([open.create, open.write(Schema.secret, "PLANTED")], at: 1_000)
        var community = try replica(District.communityA1)
        try community.receive(created, audiences: [wide], at: 2_000)
        #expect(throws: DraftError.self) { try community.commit([open.erase], at: 3_000) }
        let forged = try community.commitUnchecked([open.erase], at: 3_000)

        var node = try replica(District.district)
        try node.receive(created + forged, audiences: [wide], at: 4_000)
        #expect(node.storage.content.parked.map(\.reason) == [.refused])
        #expect(try node.view(open.id)?.register(Schema.secret) != nil)
        #expect(try node.view(open.id)?.erasures.isEmpty == true)

        var above = try replica(District.district)
        try above.receive(created, audiences: [wide], at: 4_000)
        _ = try above.commit([open.erase], at: 5_000)
        #expect(!above.holdsPlanted)
    }

    @Test("A withdrawn grant counts from its height on") func withdrawn() throws {
        var district = district
        var community = try Replica(District.communityA1, in: district)
        let created = try community.commit([record.create, record.write(Schema.secret, "PLANTED")], at: 1_000)
        let before = try community.commit([record.erase], at: 2_000)
        try district.append(
            .grant(try district.id(District.communityA1), capability: StandingGrant.erase.rawValue, withdrawn: true)
        )
        var late = try Replica(District.communityA1, in: district, incarnation: 2)
        let after = try late.commitUnchecked([record.erase], at: 3_000)

        var node = try Replica(District.district, in: district)
        try node.receive(created + after, audiences: [line], at: 4_000)
        #expect(node.holdsPlanted)
        try node.receive(before, audiences: [line], at: 4_000)
        #expect(!node.holdsPlanted)
    }

    @Test("The erasure of a revoked node counts no more behind its cut, and what comes then stays") func revoked()
        throws
    {
        let deltas = try story()
        let (created, erased) = (Array(deltas.prefix(2)), deltas[3])
        var node = try replica(District.district)
        try node.receive([erased], audiences: [line], at: 5_000)
        #expect(node.ledger.erased.count == 1)
        try node.apply(try revocation(after: created))
        #expect(node.ledger.erased.isEmpty)
        try node.receive(created, audiences: [line], at: 6_000)
        #expect(try node.view(record.id)?.register(Schema.secret) != nil)
        #expect(try node.view(record.id)?.erasures.isEmpty == true)
    }

    // MARK: At home

    @Test("What is erased is not written again here; what is not personal is") func writing() throws {
        var community = try replica(District.communityA1)
        _ = try community.commit([record.create, record.write(Schema.secret, "PLANTED")], at: 1_000)
        _ = try community.commit([record.erase], at: 2_000)
        let refusal = #expect(throws: DraftError.self) {
            try community.commit([record.write(Schema.secret, "PLANTED")], at: 3_000)
        }
        #expect(refusal?.code == .erased)
        _ = try community.commit([record.write(Schema.title, "another lamp")], at: 4_000)
        #expect(try community.view(record.id)?.register(Schema.title)?.value == Array("another lamp".utf8))
    }

    @Test("A record made and erased in one commit is signed and stored without its secret") func oneCommit() throws {
        var community = try replica(District.communityA1)
        let deltas = try community.commit(
            [record.create, record.write(Schema.secret, "PLANTED"), record.erase],
            at: 1_000
        )
        #expect(deltas.allSatisfy { !$0.isPlanted })
        #expect(!community.holdsPlanted)
        #expect(try community.view(record.id)?.register(Schema.secret) == nil)
    }

    @Test("What is known to be erased from outside stays away until the erasure itself comes, and after") func known()
        throws
    {
        let deltas = try story()
        let target = ErasedRecord(record: record.id, audience: AudienceID(line, .sodium))
        var node = try replica(District.district)
        try node.receive(Array(deltas.prefix(2)), audiences: [line], at: 5_000)
        #expect(node.holdsPlanted)
        var touched: Set<RecordID> = []
        let known = Erasure(target: target, stamp: HLC(milliseconds: 4_000), place: nil, reason: "")
        try node.ledger.erase(
            known: [known],
            at: Instant(milliseconds: 9_000),
            in: node.storage,
            touching: &touched
        )
        #expect(touched == [record.id])
        #expect(!node.holdsPlanted)
        #expect(try node.view(record.id)?.erasures.map(\.author) == [nil])
        try node.receive(deltas, audiences: [line], at: 6_000)
        #expect(!node.holdsPlanted)
        #expect(try node.view(record.id)?.erasures.map(\.author) == [try district.id(District.communityA1)])
    }

    // MARK: Any history

    @Test("Replicas that hold the same deltas hold the same bytes of them", arguments: 0..<40)
    func property(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let records = (1...3).map { TestRecord($0, line) }
        let places = [District.communityA1, District.streetA, District.district]
        var nodes = try places.map { try replica($0) }
        var all: [Delta] = []
        for record in records {
            let created = try nodes[0].commit([record.create], at: 1_000)
            all += created
            for index in 1..<nodes.count { try nodes[index].receive(created, audiences: [line], at: 1_000) }
        }
        for step in 0..<24 {
            let index = Int.random(in: 0..<nodes.count, using: &generator)
            let record = try #require(records.randomElement(using: &generator))
            let time = Int64(2_000 + step * 10 - Int.random(in: 0..<40, using: &generator))
            let draft =
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: record.erase
                case 1: record.write(Schema.title, "title \(step)")
                default: record.write(Schema.secret, "PLANTED \(step)")
                }
            guard let made = try? nodes[index].commit([draft], at: time) else { continue }
            all += made
            // Some hear of it now, some in the end.
            for other in nodes.indices where other != index && Bool.random(using: &generator) {
                try nodes[other].receive(made, audiences: [line], at: time)
            }
        }
        for index in nodes.indices {
            all.shuffle(using: &generator)
            try nodes[index].receive(all, audiences: [line], at: 5_000)
        }
        let first = nodes[0]
        for node in nodes {
            #expect(
                Set(node.storage.content.deltas.values.map(\.delta))
                    == Set(first.storage.content.deltas.values.map(\.delta))
            )
            for record in records {
                #expect(try node.values(record.id) == first.values(record.id))
                #expect(try node.view(record.id)?.erasures == first.view(record.id)?.erasures)
            }
            #expect(node.storage.content.parked.isEmpty)
        }
    }

    @Test("An erasure's bytes are read as they were written") func roundTrip() throws {
        let op = Op(record: record.id, field: Schema.creation, value: Array("unlawful".utf8), change: .erase)
        #expect(try Op(decoding: op.wireBytes) == op)
        #expect(op.wireBytes.contains(40))
    }
}

extension TestRecord {
    var erase: Draft {
        Draft.erasure(of: id, kind: Schema.kind, reason: "consent-withdrawn", audience: audience)
    }
}

extension Delta {
    /// Whether any op's bytes hold what the tests planted.
    fileprivate var isPlanted: Bool {
        ops.contains { op in
            guard case .held(_, let bytes) = op else { return false }
            return String(decoding: bytes, as: UTF8.self).contains("PLANTED")
        }
    }
}

extension Replica {
    fileprivate var holdsPlanted: Bool {
        storage.content.deltas.values.contains { $0.delta.isPlanted }
            || storage.content.cells.values.joined().contains {
                String(decoding: $0.value, as: UTF8.self).contains("PLANTED")
            }
    }

    /// As a node does that minds no rules.
    fileprivate mutating func commitUnchecked(_ drafts: [Draft], at milliseconds: Int64) throws -> [Delta] {
        try ledger.begin(at: Instant(milliseconds: milliseconds), in: storage)
        var touched: Set<RecordID> = []
        try ledger.append(drafts, randomBytes: { [UInt8](repeating: 9, count: 16) }, in: storage, touching: &touched)
        return try ledger.seal(in: storage).deltas.map(\.delta)
    }

    fileprivate mutating func apply(_ entry: SignedAuthorityEntry) throws {
        var outcome = LedgerOutcome()
        _ = try ledger.apply(authority: [entry], at: Instant(milliseconds: 4_500), in: storage, into: &outcome)
    }
}

extension Array {
    /// All orders of the elements.
    fileprivate var permutations: [[Element]] {
        guard count > 1 else { return [self] }
        return indices.flatMap { index -> [[Element]] in
            var rest = self
            let taken = rest.remove(at: index)
            return rest.permutations.map { [taken] + $0 }
        }
    }
}
