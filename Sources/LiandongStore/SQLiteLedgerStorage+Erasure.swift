import LiandongCore

extension SQLiteLedgerStorage {
    /// - Complexity: O(bytes held for the audience): erasures are rare, and an index from record to delta would cost
    ///   every write.
    func deltas(of record: RecordID, in audience: AudienceID) throws -> [StoredDelta] {
        // A record's id stands in the bytes of its ops as it is.
        try db.rows(
            """
            SELECT \(StoredDelta.columns) FROM deltas
            WHERE lane IN (SELECT number FROM lanes WHERE audience = ?) AND instr(body, ?) > 0 ORDER BY number
            """,
            audience,
            record
        ) { try StoredDelta($0) }
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
