import GRDB
package import LiandongCore

// What operators have to look at: forks and other alarms, ops that wait, what revocations keep out.

extension StoreReader {
    /// One delta of a fork, as it was kept when the fork was found.
    package struct ForkBranch: Sendable {
        package let lane: LaneKey
        package let seq: UInt64
        package let id: DeltaID
        /// Who passed it on; nil when it was written here.
        package let source: NodeID?
        package let receivedAt: Instant
        package let foundAt: Instant
    }

    /// The branches of forks, those of one seq together, at most so many.
    package func forkBranches(limit: Int) throws -> [ForkBranch] {
        try db.rows(
            """
            SELECT origin, incarnation, audience, class, seq, id, source, received_at, found_at FROM forks
            ORDER BY origin, incarnation, audience, class, seq, id LIMIT ?
            """,
            Int64(limit)
        ) { row in
            ForkBranch(
                lane: try LaneKey(row, from: 0),
                seq: UInt64(bitPattern: try row.integer(4)),
                id: try row.identifier(5),
                source: try row.optionalIdentifier(6),
                receivedAt: Instant(milliseconds: try row.integer(7)),
                foundAt: Instant(milliseconds: try row.integer(8))
            )
        }
    }

    /// The alarms kept and when each was raised last, the newest first, at most so many.
    package func alarms(limit: Int) throws -> [(alarm: Alarm, at: Instant)] {
        try db.rows(
            "SELECT kind, subject, peer, ours, theirs, at FROM alarms ORDER BY at DESC, kind, subject LIMIT ?",
            Int64(limit)
        ) { row -> (alarm: Alarm, at: Instant)? in
            guard let kind = Alarm.Kind(rawValue: try row.integer(0)) else { return nil }
            let alarm = Alarm(
                kind: kind,
                subject: try row.bytes(1),
                peer: try row.identifier(2),
                ours: UInt64(bitPattern: try row.integer(3)),
                theirs: UInt64(bitPattern: try row.integer(4))
            )
            return (alarm, Instant(milliseconds: try row.integer(5)))
        }.compactMap { $0 }
    }

    // MARK: Held back

    /// An op that is held and not shown.
    package struct HeldOp: Sendable {
        package let parked: ParkedOp
        package let origin: NodeID
        package let audience: AudienceID
        package let receivedAt: Instant
    }

    /// How many ops wait or are kept out, by reason.
    package func heldCounts() throws -> [ParkedOp.Reason: Int] {
        var counts: [ParkedOp.Reason: Int] = [:]
        try db.forEachRow("SELECT reason, count(*) FROM parked GROUP BY reason") { row in
            if let code = UInt8(exactly: try row.integer(0)), let reason = ParkedOp.Reason(rawValue: code) {
                counts[reason] = Int(clamping: try row.integer(1))
            }
            return true
        }
        return counts
    }

    /// A page of the ops that wait or are kept out, behind the one of a delta's number and index.
    package func heldOps(after: (delta: Int64, index: Int64), limit: Int) throws -> [HeldOp] {
        try db.rows(
            """
            SELECT p.delta, p.idx, p.record, p.reason, p.due, l.origin, l.audience, d.received_at
            FROM parked p JOIN deltas d ON d.number = p.delta JOIN lanes l ON l.number = d.lane
            WHERE (p.delta, p.idx) > (?, ?) ORDER BY p.delta, p.idx LIMIT ?
            """,
            after.delta,
            after.index,
            Int64(limit)
        ) { row in
            HeldOp(
                parked: try ParkedOp(row),
                origin: try row.identifier(5),
                audience: try row.identifier(6),
                receivedAt: Instant(milliseconds: try row.integer(7))
            )
        }
    }

    /// What is kept of each revoked origin behind its cuts.
    package func quarantined() throws -> [(origin: NodeID, deltas: Int, bytes: Int)] {
        try db.rows(
            """
            SELECT l.origin, count(*), sum(length(d.header) + length(d.signature) + length(d.body))
            FROM deltas d JOIN lanes l ON l.number = d.lane WHERE d.quarantined <> 0 GROUP BY l.origin ORDER BY l.origin
            """
        ) { row in
            (
                origin: try row.identifier(0), deltas: Int(clamping: try row.integer(1)),
                bytes: Int(clamping: try row.integer(2))
            )
        }
    }

    package func audience(_ id: AudienceID) throws -> Audience? { try storage.audience(id) }

    // MARK: Cuts

    /// A lane of an origin, and where a revocation would cut it.
    package struct LaneCut: Sendable {
        package let lane: LaneKey
        package let id: LaneID
        package let highest: UInt64
        /// The last delta that stays valid; nil when none does.
        package let cut: AuthorityState.Revocation.Cut?
        /// How many held deltas lie behind it.
        package let behind: Int
    }

    /// Where the lanes of an origin would be cut.
    ///
    /// - Parameters:
    ///   - time: nil keeps all that is held; else what is stamped later lies behind the cuts.
    ///   - seqs: the last seq that stays valid of each lane, where an operator names the lanes: others are cut off whole.
    package func cuts(
        of origin: NodeID,
        upTo time: Instant?,
        seqs: [LaneID: UInt64]?
    ) throws
        -> [LaneCut]
    {
        try storage.lanes().filter { $0.key.origin == origin && $0.highest > 0 }.sorted {
            $0.key < $1.key
        }
        .map { lane in
            let limit = seqs.map { $0[lane.id] ?? 0 } ?? lane.highest
            let cut = try cut(of: lane, atMost: limit, upTo: time)
            let behind = try db.first(
                "SELECT count(*) FROM deltas WHERE lane = ? AND seq > ?",
                lane.number,
                Int64(bitPattern: cut?.seq ?? 0)
            ) { Int(clamping: try $0.integer(0)) }
            return LaneCut(
                lane: lane.key,
                id: lane.id,
                highest: lane.highest,
                cut: cut,
                behind: behind ?? 0
            )
        }
    }

    /// Stamps never go back along a lane, so the cut is before the first delta that is later than the time.
    private func cut(
        of lane: LaneState,
        atMost limit: UInt64,
        upTo time: Instant?
    ) throws -> AuthorityState.Revocation.Cut? {
        var found: AuthorityState.Revocation.Cut?
        try db.forEachRow(
            "SELECT seq, id, header FROM deltas WHERE lane = ? AND seq <= ? ORDER BY seq DESC, id",
            lane.number,
            Int64(bitPattern: min(limit, UInt64(Int64.max)))
        ) { row in
            let header = try DeltaHeader(decoding: row.bytes(2))
            if let time, header.hlc.milliseconds > time.milliseconds { return true }
            found = .init(seq: UInt64(bitPattern: try row.integer(0)), header: try row.identifier(1))
            return false
        }
        return found
    }
}
