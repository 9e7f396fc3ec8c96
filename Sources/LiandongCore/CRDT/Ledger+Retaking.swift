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
        guard let number = try storage.number(of: delta.id, lane: lane.number, seq: delta.header.seq),
            let stored = try storage.delta(number: number), stored.delta.ops.count == delta.ops.count
        else { return }
        var ops = stored.delta.ops
        var retaken: [Int] = []
        for (index, offered) in withoutErased(delta).ops.enumerated() {
            guard case .dropped = ops[index], case .held(_, let bytes) = offered, let op = try? Op(decoding: bytes),
                try isWantedAgain(Dot(delta: delta.id, index: index), of: op.record, in: delta.lane.audience, storage)
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
