import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A record of two communities of street A, and the audiences that it may be given to.
struct SharedRecord {
    let district: District
    /// What street B and its communities do not get.
    let home: Audience
    /// With a community of street B.
    let wider: Audience
    /// With both of its communities.
    let widest: Audience
    let record: TestRecord

    init() throws {
        district = try District()
        let (both, third) = ([District.communityA1, District.communityA2], District.communityB1)
        home = try #require(Audience(lines: both))
        wider = try #require(Audience(lines: both + [third]))
        widest = try #require(Audience(lines: both + [third, District.communityB2]))
        record = TestRecord(1, home)
    }
}

/// A suite about such a record.
protocol SharedRecordTests {
    var shared: SharedRecord { get }
}

extension SharedRecordTests {
    var district: District { shared.district }
    var home: Audience { shared.home }
    var wider: Audience { shared.wider }
    var widest: Audience { shared.widest }
    var record: TestRecord { shared.record }
    var audiences: [Audience] { [home, wider, widest] }

    func replica(_ place: PlaceID) throws -> Replica { try Replica(place, in: district) }

    // MARK: Drafts

    func give(from: Audience? = nil, to: Audience? = nil) -> Draft {
        .give(record.id, of: Schema.kind, from: from ?? home, to: to ?? wider)
    }

    func erasure(in audience: Audience) -> Draft {
        .erasure(of: record.id, kind: Schema.kind, reason: "asked", audience: audience)
    }

    func write(_ field: Field, _ value: String, element: String = "", in audience: Audience) -> Draft {
        Draft(
            record: record.id,
            field: field,
            element: Array(element.utf8),
            value: Array(value.utf8),
            audience: audience
        )
    }

    // MARK: Delivery

    /// The deltas of those that a place gets.
    func due(_ deltas: [Delta], to place: PlaceID, _ audiences: [Audience]? = nil) -> [Delta] {
        let known = Dictionary(
            uniqueKeysWithValues: (audiences ?? self.audiences).map { (AudienceID($0, .sodium), $0) }
        )
        return deltas.filter { delta in
            known[delta.lane.audience].map { district.authority.isEntitled(place: place, to: $0) } ?? false
        }
    }

    @discardableResult
    func deliver(_ deltas: [Delta], to replica: inout Replica, at milliseconds: Int64 = 9_000) throws -> LedgerOutcome {
        try replica.receive(due(deltas, to: replica.place), audiences: audiences, at: milliseconds)
    }
}

extension Replica {
    /// Whether a text stands in any op or cell.
    func holds(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return storage.content.deltas.values.contains { stored in
            stored.delta.ops.contains { if case .held(_, let op) = $0 { op.contains(bytes) } else { false } }
        } || storage.content.cells.values.contains { $0.contains { $0.value.contains(bytes) } }
    }

    /// Cells that hold anything, the marks of carries among them.
    var cells: [RecordID: Set<CellEntry>] {
        storage.content.cells.mapValues(Set.init).filter { !$0.value.isEmpty }
    }

    /// A delta of one op as it stands, as a dishonest node would write it.
    func write(_ op: Op, in audience: Audience, _ district: District, at milliseconds: Int64 = 2_000) throws -> Delta {
        let salted = SaltedOp.held(salt: SaltedOp.plainSalt, op: op.wireBytes)
        let header = DeltaHeader(
            cluster: try #require(district.authority.cluster),
            lane: LaneKey(
                origin: ledger.node,
                incarnation: Incarnation(raw: 77),
                audience: AudienceID(audience, .sodium),
                deltaClass: .interactive
            ),
            seq: 1,
            previous: nil,
            hlc: HLC(milliseconds: milliseconds),
            schema: 1,
            epoch: district.authority.epoch,
            opCount: 1,
            opsRoot: MerkleTree.root([salted.leaf(.sodium)], .sodium)
        )
        let bytes = header.canonicalBytes
        return Delta(
            headerBytes: bytes,
            signature: try district.signer(place).sign(Delta.signedMessage(headerBytes: bytes)),
            ops: [salted],
            header: header,
            id: DeltaID(headerBytes: bytes, .sodium)
        )
    }
}

/// Every order of a few things, some orders of more.
func orders(of count: Int) -> [[Int]] {
    guard count > 5 else { return permutations(Array(0..<count)) }
    var generator = SeededGenerator(seed: UInt64(count))
    let forth = Array(0..<count)
    return [forth, forth.reversed()] + (0..<150).map { _ in forth.shuffled(using: &generator) }
}

private func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let last = elements.last else { return [[]] }
    return permutations(elements.dropLast()).flatMap { shorter in
        (0...shorter.count).map { index in
            var longer = shorter
            longer.insert(last, at: index)
            return longer
        }
    }
}
