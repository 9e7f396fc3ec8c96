import GRDB
package import LiandongCore

/// Somebody has looked at a fork or an alarm.
///
/// It is taken back in the transaction that learns more of the same, whatever the clocks say: that is news again.
package struct Dismissal: Sendable, Hashable {
    /// Who did it.
    package let operatorName: String
    package let at: Instant

    /// What reports call a fork.
    package static func subject(ofFork lane: LaneID, seq: UInt64) -> String { "\(lane):\(seq)" }

    /// What reports call an alarm.
    package static func subject(of alarm: Alarm) -> String { "\(alarm.kind.name):\(hexadecimal(alarm.subject))" }
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

extension Database {
    /// Something more was learnt of a fork or an alarm.
    func takeBackDismissal(of subject: String) throws {
        try run("DELETE FROM dismissals WHERE subject = ?", subject)
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
