// What was let go of by a left, and is wanted again since a revocation cut off the left, or the carry that it relied on.

extension Ledger {
    /// Takes, from a peer's copy of a delta that is held, the bytes of ops that this node has let go of and should not have.
    ///
    /// Who heard of the revocation first has let go of nothing; without this the two would hold different bytes of one
    /// delta for ever. What nobody holds any more stays away everywhere. What an erasure took is not taken back.
    mutating func retake(
        _ delta: Delta,
        of lane: LaneState,
        in audience: Audience,
        at now: Instant,
        _ storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        try takeBack(
            withoutErased(delta).ops.enumerated().map { ($0.offset, $0.element) },
            of: delta.id,
            seq: delta.header.seq,
            lane: lane,
            in: audience,
            at: now,
            storage,
            touching: &touched
        )
    }

    /// Takes ops back from the carries in a delta that is kept as evidence: where all had let go of an op by a left, what
    /// a revocation cut off with the carry may be its last copy, and an excerpt proves itself, whoever carried it.
    ///
    /// - Parameter only: leaves out ops of other deltas, when given.
    mutating func retake(
        carriedBy evidence: Delta,
        only: Set<DeltaID>? = nil,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        for case .held(_, let bytes) in evidence.ops {
            guard let carry = try? Op(decoding: bytes), carry.change == .carry,
                let excerpt = try? Excerpt(decoding: carry.value),
                let header = try? DeltaHeader(decoding: excerpt.headerBytes), let lane = lanes[header.lane],
                lane.holds(header.seq)
            else { continue }
            let id = DeltaID(headerBytes: excerpt.headerBytes, cryptography)
            guard only?.contains(id) ?? true, let proved = excerpt.verified(cryptography),
                proved.op.record == carry.record,
                !isErased(proved.op, salt: excerpt.salt, in: header.lane.audience)
            else { continue }
            try takeBack(
                [(excerpt.index, .held(salt: excerpt.salt, op: excerpt.op))],
                of: id,
                seq: header.seq,
                lane: lane,
                in: excerpt.audience,
                at: now,
                storage,
                touching: &touched
            )
        }
    }

    /// The same where the delta came let go of, after the evidence.
    mutating func retakeFromEvidence(
        into emptied: Set<DeltaID>,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard !emptied.isEmpty, !authority.revocations.isEmpty else { return }
        for number in try storage.quarantinedDeltas() {
            guard let stored = try storage.delta(number: number) else { continue }
            try retake(carriedBy: stored.delta, only: emptied, at: now, in: storage, touching: &touched)
        }
    }

    /// Puts copies of ops in the place of those that this node has let go of and should not have.
    private mutating func takeBack(
        _ copies: [(index: Int, op: SaltedOp)],
        of id: DeltaID,
        seq: UInt64,
        lane: LaneState,
        in audience: Audience,
        at now: Instant,
        _ storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        guard let number = try storage.number(of: id, lane: lane.number, seq: seq),
            let stored = try storage.delta(number: number)
        else { return }
        var ops = stored.delta.ops
        var retaken: [Int] = []
        for (index, offered) in copies where ops.indices.contains(index) {
            guard case .dropped = ops[index], case .held(_, let bytes) = offered, let op = try? Op(decoding: bytes),
                try isWantedAgain(Dot(delta: id, index: index), of: op.record, in: lane.key.audience, storage)
            else { continue }
            ops[index] = offered
            retaken.append(index)
        }
        guard !retaken.isEmpty else { return }
        try storage.setOps(ops, ofDelta: number)
        guard !stored.isQuarantined else { return }
        let whole = StoredDelta(
            number: number,
            lane: stored.lane,
            delta: stored.delta.with(ops),
            source: stored.source,
            receivedAt: stored.receivedAt,
            isQuarantined: false
        )
        for index in retaken {
            try merge(whole, index: index, audience: audience, only: nil, at: now, in: storage, touching: &touched)
        }
    }

    /// Whether a left named an op, and no left that counts lets this node go without it.
    private func isWantedAgain(
        _ dot: Dot,
        of record: RecordID,
        in audience: AudienceID,
        _ storage: some LedgerStorage
    ) throws -> Bool {
        let entries = try storage.entries(of: record)
        let living = try lefts(among: entries, in: storage).filter { one in
            one.audience == audience && one.left.ops.contains(dot)
        }
        guard !living.isEmpty else { return try wasNamedByCutLeft(dot, of: record, in: audience, storage) }
        guard let place = authority.place(of: node) else { return false }
        return living.allSatisfy { one in
            let carry = AudienceID(one.left.further, cryptography).bytes + dot.bytes
            return authority.isEntitled(place: place, to: one.left.further)
                && !entries.contains { $0.field.isCarried && $0.element == carry }
        }
    }

    /// Whether a left names an op that is kept as evidence only.
    private func wasNamedByCutLeft(
        _ dot: Dot,
        of record: RecordID,
        in audience: AudienceID,
        _ storage: some LedgerStorage
    ) throws -> Bool {
        try storage.deltas(of: record, in: audience).contains { stored in
            stored.isQuarantined
                && stored.delta.ops.contains { salted in
                    guard case .held(_, let bytes) = salted, let op = try? Op(decoding: bytes), op.change == .left,
                        op.record == record, let left = try? Left(decoding: op.value)
                    else { return false }
                    return left.ops.contains(dot)
                }
        }
    }
}
