import GRDB
package import LiandongCore

extension ReplicaStore {
    /// Writes down that somebody is about to be shown a personal value; returns once it is durable.
    package func noteUnmasking(
        by account: String,
        of record: RecordID,
        field: String,
        purpose: String
    ) async throws {
        try await work { transaction in
            try transaction.db.run(
                "INSERT INTO unmaskings(at, account, record, field, purpose) VALUES(?, ?, ?, ?, ?)",
                transaction.now.milliseconds,
                account,
                record,
                field,
                purpose
            )
        }
    }
}

extension StoreReader {
    /// Who was shown what since a time, the newest first.
    package func unmaskings(since: Instant, limit: Int = 1_000) throws -> [NotedUnmasking] {
        try db.rows(
            """
            SELECT number, at, account, record, field, purpose FROM unmaskings WHERE at >= ?
            ORDER BY at DESC, number DESC LIMIT ?
            """,
            since.milliseconds,
            limit
        ) { row in
            NotedUnmasking(
                number: try row.integer(0),
                at: Instant(milliseconds: try row.integer(1)),
                account: try row.text(2),
                record: try row.identifier(3),
                field: try row.text(4),
                purpose: try row.text(5)
            )
        }
    }
}
