// A record changes audience op by op (design §6): a given says so, a carry brings each live op.

extension Ledger {
    /// What is known of a field; a record's audiences are a field of every kind.
    func specification(of field: Field) -> FieldSpecification? {
        guard field.isAudiences else { return schema.fields[field] }
        return schema.fields[Field(kind: field.kind, number: 0)].map {
            FieldSpecification(rule: .log, deltaClass: $0.deltaClass)
        }
    }

    /// Whether a given names an audience by its definition, and its author may write in that audience too.
    func mayGive(_ op: Op, _ place: OpPlace) -> Bool {
        guard let given = try? Given(decoding: op.value),
            AudienceID(given.audience, cryptography).bytes == op.element
        else { return false }
        return authority.mayWrite(place.lane.key.origin, in: given.audience, at: place.epoch)
    }

    /// Whether a record is for an audience: its home, or one that a given names that counts.
    func isFor(
        _ audience: AudienceID,
        _ record: RecordID,
        _ kind: RecordKind,
        home: AudienceID,
        in storage: some LedgerStorage
    ) throws -> Bool {
        if audience == home { return true }
        return try !storage.entries(of: record, field: .audiences(of: kind), element: audience.bytes).isEmpty
    }

    /// Whether a record whose home is known is of a kind: its creation says so.
    func isKind(_ kind: RecordKind, of record: RecordID, in storage: some LedgerStorage) throws -> Bool {
        try !storage.entries(of: record, field: Field(kind: kind, number: 0), element: []).isEmpty
    }

    /// Writes a given, unless the record is for the audience alone, and a carry for each live op that is not there.
    mutating func give(
        _ draft: Draft,
        to audience: Audience,
        randomBytes: () -> [UInt8],
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard let specification = specification(of: draft.field),
            let known = try storage.audiences(of: draft.record)
        else {
            throw DraftError(
                code: .unknownRecord,
                reason: "record \(draft.record) is not held here and cannot be given to others"
            )
        }
        let further = try audienceID(audience, in: storage)
        if known.current.map(\.id) != [further] {
            let given = Given(audience: audience, replaces: known.current.compactMap(\.dot))
            let slot = try openDelta(draft.audience, specification.deltaClass, roomFor: 4_096, in: storage)
            let op = Op(
                record: draft.record,
                field: draft.field,
                element: further.bytes,
                value: given.wireBytes,
                change: .given,
                floor: try floor(of: draft.record, slot: slot, in: storage)
            )
            let salt = SaltedOp.plainSalt
            try write(op, salt: salt, slot: slot, audience: draft.audience, in: storage, touching: &touched)
        }
        // An excerpt needs the header that its op was signed under.
        try sealGrowing(in: storage)
        let entries = try storage.entries(of: draft.record)
        var sources = ExcerptSource(entries, cryptography)
        // One at a time: photos make a record of many megabytes.
        for entry in try missing(entries, in: further, storage) {
            guard let carried = self.specification(of: entry.field),
                let excerpt = try sources.excerpt(of: entry, in: storage)
            else { continue }
            let carry = Op(record: draft.record, field: entry.field, value: excerpt.wireBytes, change: .carry)
            let byteCount = carry.value.count + 512
            guard byteCount <= Delta.byteLimit else {
                throw DraftError(
                    code: .tooLarge,
                    reason: "an op of field \(carry.field) would take \(byteCount) bytes with its excerpt, at most "
                        + "\(Delta.byteLimit) are allowed: the record cannot be given to others"
                )
            }
            let slot = try openDelta(audience, carried.deltaClass, roomFor: byteCount, in: storage)
            let salt = carried.isPersonal ? randomBytes() : SaltedOp.plainSalt
            try write(carry, salt: salt, slot: slot, audience: audience, in: storage, touching: &touched)
        }
        try leaveAgain(draft, for: audience, in: storage, touching: &touched)
    }

    /// The live ops of a record that have not come to an audience, in the order to carry them: its creation first, then
    /// its audiences.
    private func missing(
        _ entries: [CellEntry],
        in audience: AudienceID,
        _ storage: some LedgerStorage
    ) throws -> [CellEntry] {
        try RecordAudiences.missing(entries, in: audience, storage)
            .map { (entry: $0, delta: try storage.deltaID(number: $0.delta) ?? .unsealed) }
            .sorted { a, b in
                let (first, second) = (a.entry, b.entry)
                if first.field.turn != second.field.turn { return first.field.turn < second.field.turn }
                return (first.stamp, a.delta, first.index) < (second.stamp, b.delta, second.index)
            }
            .map(\.entry)
    }
}

extension Field {
    /// What a record cannot be read without goes first.
    fileprivate var turn: Int { isCreation ? 0 : isAudiences ? 1 : 2 }
}

/// Where the excerpts of a record's ops come from: the deltas held, or the carries that brought them.
struct ExcerptSource {
    private struct Opened {
        let delta: Delta
        let leaves: [Hash]
        let audience: Audience
    }

    private let cryptography: Cryptography
    private let carries: [[UInt8]: CellEntry]
    /// The deltas looked into last: what was written together is carried together.
    private var opened: [Int64: Opened] = [:]

    init(_ entries: [CellEntry], _ cryptography: Cryptography) {
        self.cryptography = cryptography
        self.carries = entries.carriesByDot
    }

    /// - Returns: nil when the op's bytes are not held any more.
    mutating func excerpt(of entry: CellEntry, in storage: some LedgerStorage) throws -> Excerpt? {
        if entry.delta > 0 { return try excerptOfHeld(entry, in: storage) }
        guard let id = try storage.deltaID(number: entry.delta),
            let carry = carries[Dot(delta: id, index: entry.index).bytes],
            let stored = try storage.delta(number: carry.delta), stored.delta.ops.indices.contains(carry.index),
            case .held(_, let bytes) = stored.delta.ops[carry.index], let op = try? Op(decoding: bytes)
        else { return nil }
        return try? Excerpt(decoding: op.value)
    }

    private mutating func excerptOfHeld(_ entry: CellEntry, in storage: some LedgerStorage) throws -> Excerpt? {
        let source: Opened
        if let known = opened[entry.delta] {
            source = known
        } else {
            guard let delta = try storage.delta(number: entry.delta)?.delta,
                let audience = try storage.audience(delta.lane.audience)
            else { return nil }
            if opened.count >= 32 { opened.removeAll() }
            source = Opened(delta: delta, leaves: delta.ops.map { $0.leaf(cryptography) }, audience: audience)
            opened[entry.delta] = source
        }
        return Excerpt(source.delta, index: entry.index, leaves: source.leaves, audience: source.audience, cryptography)
    }
}
