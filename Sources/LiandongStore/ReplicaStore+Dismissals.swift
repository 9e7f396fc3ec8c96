import GRDB
package import LiandongCore

/// Somebody has looked at a fork or an alarm: what comes of it later is news again.
package struct Dismissal: Sendable, Hashable {
    /// Who did it.
    package let operatorName: String
    package let at: Instant
}

extension ReplicaStore {
    /// Notes that a fork or an alarm was looked at; it is kept.
    ///
    /// - Parameter subject: what reports call it.
    package func dismiss(_ subject: String, by operatorName: String) async throws {
        try await work { transaction in
            try transaction.db.run(
                "INSERT OR REPLACE INTO dismissals(subject, operator, at) VALUES(?, ?, ?)",
                subject,
                operatorName,
                transaction.now.milliseconds
            )
        }
    }
}

extension StoreReader {
    /// What was looked at, by what reports call it.
    package func dismissals() throws -> [String: Dismissal] {
        let rows = try db.rows("SELECT subject, operator, at FROM dismissals") { row in
            (
                try row.text(0),
                Dismissal(operatorName: try row.text(1), at: Instant(milliseconds: try row.integer(2)))
            )
        }
        return Dictionary(rows) { _, last in last }
    }
}
