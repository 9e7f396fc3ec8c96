import LiandongCore

extension SQLiteLedgerStorage {
    func quotaBook() throws -> QuotaBook {
        var states: [NodeID: QuotaState] = [:]
        try db.forEachRow("SELECT origin, muted, let_in_day, turned_away FROM quota_states") { row in
            states[try row.identifier(0)] = QuotaState(
                isMuted: try row.integer(1) != 0,
                letInDay: try row.optionalInteger(2).map(QuotaDay.init(number:)),
                turnedAway: Int(clamping: try row.integer(3))
            )
            return true
        }
        var lanes: [WaitingLane.Key: WaitingLane] = [:]
        try db.forEachRow("SELECT origin, audience, deltas, records, bytes, bulk_bytes, since FROM quota_lanes") {
            row in
            lanes[WaitingLane.Key(origin: try row.identifier(0), audience: try row.identifier(1))] = WaitingLane(
                deltas: Int(clamping: try row.integer(2)),
                use: QuotaUse(
                    records: Int(clamping: try row.integer(3)),
                    bytes: Int(clamping: try row.integer(4)),
                    bulkBytes: Int(clamping: try row.integer(5))
                ),
                since: Instant(milliseconds: try row.integer(6))
            )
            return true
        }
        var uses: [NodeID: [QuotaDay: QuotaUse]] = [:]
        try db.forEachRow("SELECT origin, day, records, bytes, bulk_bytes FROM quota_uses") { row in
            uses[try row.identifier(0), default: [:]][QuotaDay(number: try row.integer(1))] = QuotaUse(
                records: Int(clamping: try row.integer(2)),
                bytes: Int(clamping: try row.integer(3)),
                bulkBytes: Int(clamping: try row.integer(4))
            )
            return true
        }
        return QuotaBook(states: states, lanes: lanes, uses: uses)
    }

    func save(_ use: QuotaUse, of origin: NodeID, on day: QuotaDay) throws {
        try db.run(
            "INSERT OR REPLACE INTO quota_uses(origin, day, records, bytes, bulk_bytes) VALUES(?, ?, ?, ?, ?)",
            origin,
            day.number,
            Int64(use.records),
            Int64(use.bytes),
            Int64(use.bulkBytes)
        )
    }

    func forgetQuotaUses(before day: QuotaDay) throws {
        try db.run("DELETE FROM quota_uses WHERE day < ?", day.number)
    }

    func save(_ state: QuotaState, of origin: NodeID) throws {
        try db.run(
            "INSERT OR REPLACE INTO quota_states(origin, muted, let_in_day, turned_away) VALUES(?, ?, ?, ?)",
            origin,
            state.isMuted,
            state.letInDay?.number,
            Int64(state.turnedAway)
        )
    }

    func save(_ lane: WaitingLane?, _ key: WaitingLane.Key) throws {
        guard let lane else {
            try db.run("DELETE FROM quota_lanes WHERE origin = ? AND audience = ?", key.origin, key.audience)
            return
        }
        try db.run(
            """
            INSERT OR REPLACE INTO quota_lanes(origin, audience, deltas, records, bytes, bulk_bytes, since)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """,
            key.origin,
            key.audience,
            Int64(lane.deltas),
            Int64(lane.use.records),
            Int64(lane.use.bytes),
            Int64(lane.use.bulkBytes),
            lane.since.milliseconds
        )
    }

    func keep(_ waiting: WaitingDelta) throws {
        try db.run(
            """
            INSERT INTO quota_deltas(id, origin, header, signature, body, source, received_at)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """,
            waiting.delta.id,
            waiting.delta.lane.origin,
            waiting.delta.headerBytes,
            waiting.delta.signature,
            waiting.delta.bodyBytes,
            waiting.source,
            waiting.receivedAt.milliseconds
        )
    }

    func isWaiting(_ delta: DeltaID) throws -> Bool {
        try db.first("SELECT 1 FROM quota_deltas WHERE id = ?", delta) { _ in true } ?? false
    }

    func waitingDeltas(of origin: NodeID, limit: Int) throws -> [WaitingDelta] {
        try db.rows(
            """
            SELECT header, signature, body, id, source, received_at FROM quota_deltas
            WHERE origin = ? ORDER BY number LIMIT ?
            """,
            origin,
            Int64(limit)
        ) { row in
            WaitingDelta(
                delta: try Delta(
                    storedHeader: row.bytes(0),
                    signature: row.bytes(1),
                    body: row.bytes(2),
                    id: row.identifier(3)
                ),
                source: try row.identifier(4),
                receivedAt: Instant(milliseconds: try row.integer(5))
            )
        }
    }

    /// What waits with ops of a record; more may be given than hold some.
    func waitingDeltas(naming record: RecordID) throws -> [Delta] {
        try db.rows(
            "SELECT header, signature, body, id FROM quota_deltas WHERE instr(body, ?) > 0 ORDER BY number",
            record
        ) { row in
            try Delta(storedHeader: row.bytes(0), signature: row.bytes(1), body: row.bytes(2), id: row.identifier(3))
        }
    }

    func setOps(_ ops: [SaltedOp], ofWaiting delta: DeltaID) throws {
        try db.run("UPDATE quota_deltas SET body = ? WHERE id = ?", ops.bodyBytes, delta)
    }

    func removeWaiting(_ delta: DeltaID) throws { try db.run("DELETE FROM quota_deltas WHERE id = ?", delta) }
}
