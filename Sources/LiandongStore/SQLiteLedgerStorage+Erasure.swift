import LiandongCore

extension SQLiteLedgerStorage {
    /// - Complexity: O(bytes held for the audience), photos left out: erasures are rare, and an index from record to delta
    ///   would cost every write.
    func deltas(of record: RecordID, in audience: AudienceID) throws -> [StoredDelta] {
        // A record's id stands in the bytes of its ops as it is. The order within CASE keeps large bodies unread.
        try db.rows(
            """
            SELECT \(StoredDelta.columns) FROM deltas WHERE lane IN (SELECT number FROM lanes WHERE audience = ?)
            AND (number IN (SELECT delta FROM lone_deltas WHERE record = ?) OR
            CASE WHEN EXISTS(SELECT 1 FROM lone_deltas WHERE delta = number) THEN 0 ELSE instr(body, ?) > 0 END)
            ORDER BY number
            """,
            audience,
            record,
            record
        ) { try StoredDelta($0) }
    }

    /// Below this a delta is as quickly searched as looked up.
    private static let loneByteCount = 4_096

    /// Notes whose op a large delta of a single one is.
    func noteLone(_ delta: StoredDelta) throws {
        guard delta.delta.ops.count == 1, case .held(_, let bytes)? = delta.delta.ops.first,
            bytes.count >= SQLiteLedgerStorage.loneByteCount, let op = try? Op(decoding: bytes)
        else { return }
        try db.run("INSERT OR REPLACE INTO lone_deltas(delta, record) VALUES(?, ?)", delta.number, op.record)
    }

    func setOps(_ ops: [SaltedOp], ofDelta number: Int64) throws {
        try db.run("UPDATE deltas SET body = ? WHERE number = ?", ops.bodyBytes, number)
    }

    func erasures() throws -> [Erasure] {
        try db.rows("SELECT \(Erasure.columns) FROM erasures ORDER BY record, audience, delta, idx") { try Erasure($0) }
    }

    func erasures(of record: RecordID) throws -> [Erasure] {
        guard try hasErasures() else { return [] }
        return try db.rows(
            "SELECT \(Erasure.columns) FROM erasures WHERE record = ? ORDER BY audience, delta, idx",
            record
        ) { try Erasure($0) }
    }

    /// Whether anything was ever erased: mostly nothing was, and every fold of a record asks.
    private func hasErasures() throws -> Bool {
        if let anyErased { return anyErased }
        let any = try db.first("SELECT 1 FROM erasures LIMIT 1") { _ in true } ?? false
        anyErased = any
        return any
    }

    func insert(erasure: Erasure) throws {
        anyErased = true
        let target = erasure.target
        try db.run(
            "DELETE FROM erasures WHERE record = ? AND audience = ? AND delta = 0",
            target.record,
            target.audience
        )
        try db.run(
            "INSERT OR REPLACE INTO erasures(\(Erasure.columns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            target.record,
            target.audience,
            erasure.place?.delta ?? 0,
            erasure.place?.index ?? 0,
            erasure.place?.lane ?? 0,
            Int64(bitPattern: erasure.place?.seq ?? 0),
            erasure.stamp.column,
            erasure.reason
        )
    }

    func removeErasures(ofDelta number: Int64) throws {
        try db.run("DELETE FROM erasures WHERE delta = ?", number)
    }
}

extension Erasure {
    static let columns = "record, audience, delta, idx, lane, seq, stamp, reason"

    init(_ row: SQLRow) throws {
        let delta = try row.integer(2)
        self.init(
            target: ErasedRecord(record: try row.identifier(0), audience: try row.identifier(1)),
            stamp: HLC(column: try row.integer(6)),
            place: delta == 0
                ? nil
                : Place(
                    delta: delta,
                    index: Int(clamping: try row.integer(3)),
                    lane: try row.integer(4),
                    seq: UInt64(bitPattern: try row.integer(5))
                ),
            reason: try row.text(7)
        )
    }
}
