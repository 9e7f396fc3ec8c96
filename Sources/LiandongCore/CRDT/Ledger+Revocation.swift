/// How much is kept of what a revoked origin wrote behind its cuts (design §6): beyond it deltas are neither stored nor
/// passed on, since nothing of them is ever shown.
package struct EvidenceQuota: Sendable, Hashable {
    /// Of one origin.
    package var deltas = 1_024
    package var bytes = 4 << 20

    package init() {}
}

/// What is held as evidence of one revoked origin.
package struct HeldEvidence: Sendable, Hashable {
    package private(set) var deltas: Int
    /// Of headers, signatures and ops.
    package private(set) var bytes: Int

    package init(deltas: Int = 0, bytes: Int = 0) {
        self.deltas = deltas
        self.bytes = bytes
    }

    package mutating func add(_ delta: Delta) {
        deltas += 1
        bytes += delta.heldByteCount
    }
}

extension Delta {
    /// Of header, signature and ops.
    package var heldByteCount: Int { ops.reduce(headerBytes.count + signature.count) { $0 + $1.byteCount } }
}

extension Ledger {
    /// Whether a revocation leaves a delta out: behind its lane's cut, or in a lane that was not named.
    func isEvidence(_ delta: Delta, in audience: Audience) -> Bool {
        let known = lanes[delta.lane]?.id
        return authority.admission(of: delta.header, in: audience) { known ?? LaneID(delta.lane, cryptography) }
            == .evidence
    }

    /// Whether one more delta of a revoked origin is kept; one that is held already takes no room.
    mutating func hasRoom(forEvidence delta: Delta, in storage: some LedgerStorage) throws -> Bool {
        if let lane = lanes[delta.lane], lane.holds(delta.header.seq),
            try storage.deltas(lane: lane.number, seq: delta.header.seq).contains(delta.id)
        {
            return true
        }
        let origin = delta.lane.origin
        let held = try evidence[origin] ?? storage.evidence(of: origin)
        evidence[origin] = held
        return held.deltas < evidenceQuota.deltas && held.bytes + delta.heldByteCount <= evidenceQuota.bytes
    }

    mutating func quarantine(
        deltasOf nodes: Set<NodeID>,
        at now: Instant,
        in storage: some LedgerStorage,
        touching touched: inout Set<RecordID>
    ) throws {
        let affected = Set(lanes.values.filter { nodes.contains($0.key.origin) }.map(\.number))
        var cutOff: [Int64] = []
        var records: Set<RecordID> = []
        try storage.forEachDelta(ofLanes: affected) { stored in
            guard !stored.isQuarantined, let audience = try storage.audience(stored.delta.lane.audience),
                isEvidence(stored.delta, in: audience)
            else { return }
            cutOff.append(stored.number)
            for case .held(_, let bytes) in stored.delta.ops {
                if let op = try? Op(decoding: bytes) { records.insert(op.record) }
            }
        }
        // Where only excerpts of what they wrote came, no delta of theirs is held.
        for node in nodes.sorted() { records.formUnion(try storage.records(excerptedFrom: node)) }
        for number in cutOff { try storage.setQuarantined(true, delta: number) }
        try forgetErasures(ofDeltas: cutOff, in: storage)
        for node in nodes { evidence[node] = nil }
        try refold(records, at: now, in: storage)
        for number in cutOff {
            guard let stored = try storage.delta(number: number) else { continue }
            try retake(carriedBy: stored.delta, at: now, in: storage, touching: &touched)
        }
        touched.formUnion(records)
    }

    /// Folds some records anew from every delta that is held and not quarantined.
    ///
    /// - Complexity: O(all ops held): revocations are rare, and an index from record to delta would cost every write.
    private mutating func refold(_ records: Set<RecordID>, at now: Instant, in storage: some LedgerStorage) throws {
        guard !records.isEmpty else { return }
        for record in records.sorted() {
            try storage.removeCells(of: record)
            try storage.removeParked(record: record)
        }
        var touched: Set<RecordID> = []
        try storage.forEachDelta(ofLanes: nil) { stored in
            guard !stored.isQuarantined, let audience = try storage.audience(stored.delta.lane.audience) else { return }
            try merge(stored, audience: audience, only: records, at: now, in: storage, touching: &touched)
        }
    }
}
