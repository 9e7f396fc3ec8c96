import GRDB
import LiandongCore

/// Somebody or somewhere that sign-ins fail of.
package struct FailureSubject: Sendable, Hashable {
    /// A hash: what was typed as an account may be a password.
    package let id: [UInt8]
    /// Without a failure for so long, what was counted is forgotten.
    package let memoryMilliseconds: Int64

    package init(id: [UInt8], memoryMilliseconds: Int64) {
        self.id = id
        self.memoryMilliseconds = memoryMilliseconds
    }
}

/// How long failures keep from trying again.
package enum SignInDelay {
    /// So many are free.
    static let free = 5
    package static let longestMilliseconds: Int64 = 3_600_000

    /// One second after the fifth failure, twice as long after each further one, an hour at most.
    package static func milliseconds(after failures: Int) -> Int64 {
        guard failures >= free else { return 0 }
        let doublings = min(failures - free, 12)
        return min(1_000 << Int64(doublings), longestMilliseconds)
    }
}

extension ReplicaStore {
    /// Counts a sign-in as failed before its password is looked at, so that neither many at once nor a restart in
    /// between get more tries than one after the other.
    ///
    /// - Returns: for how many milliseconds all of the subjects have to wait; nothing was counted then. 0: try it.
    package func beginSignIn(
        _ subjects: [FailureSubject],
        limits: StaffLimits = StaffLimits()
    ) async throws -> Int64 {
        try await work { transaction in
            let (db, now) = (transaction.db, transaction.now)
            var counts: [Int] = []
            var longest: Int64 = 0
            for subject in subjects {
                let known = try db.first(
                    "SELECT failures, last_at FROM sign_in_failures WHERE subject = ?",
                    subject.id
                ) { (count: Int(clamping: try $0.integer(0)), at: Instant(milliseconds: try $0.integer(1))) }
                // A clock that was set back does not lengthen a wait.
                let age = known.map { max(0, now.milliseconds(since: $0.at)) } ?? .max
                let count = age >= subject.memoryMilliseconds ? 0 : known?.count ?? 0
                counts.append(count)
                longest = max(
                    longest,
                    SignInDelay.milliseconds(after: count) - min(age, SignInDelay.longestMilliseconds)
                )
            }
            guard longest <= 0 else { return longest }
            for (subject, count) in zip(subjects, counts) {
                try db.run(
                    "INSERT OR REPLACE INTO sign_in_failures(subject, failures, last_at) VALUES(?, ?, ?)",
                    subject.id,
                    min(count + 1, 1_000),
                    now.milliseconds
                )
            }
            try db.forgetFailures(subjects, at: now, limits)
            return 0
        }
    }

    /// Forgets all that was counted of a subject.
    package func forgetFailures(_ subject: FailureSubject) async throws {
        try await work { try $0.db.run("DELETE FROM sign_in_failures WHERE subject = ?", subject.id) }
    }
}

extension StoreReader {
    /// How many failures are counted of a subject, forgotten ones that were not swept out yet among them.
    package func failures(_ subject: FailureSubject) throws -> Int {
        try db.first("SELECT failures FROM sign_in_failures WHERE subject = ?", subject.id) {
            Int(clamping: try $0.integer(0))
        } ?? 0
    }

    package func failureRows() throws -> Int {
        try db.first("SELECT count(*) FROM sign_in_failures") { Int(clamping: try $0.integer(0)) } ?? 0
    }
}

extension Database {
    /// Takes back what ``ReplicaStore/beginSignIn(_:limits:)`` counted: the sign-in did not fail.
    func forgiveFailure(_ subject: FailureSubject) throws {
        try run(
            "UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = ? AND failures > 0",
            subject.id
        )
    }

    /// Keeps the table within its bound: what is too old to matter goes, then the oldest.
    fileprivate func forgetFailures(_ subjects: [FailureSubject], at now: Instant, _ limits: StaffLimits) throws {
        let memory = subjects.map(\.memoryMilliseconds).max() ?? 0
        try run(
            "DELETE FROM sign_in_failures WHERE last_at < ?",
            now.advanced(byMilliseconds: -memory).milliseconds
        )
        try run(
            """
            DELETE FROM sign_in_failures WHERE subject IN (SELECT subject FROM sign_in_failures
            ORDER BY last_at DESC, subject LIMIT -1 OFFSET ?)
            """,
            limits.failureRows
        )
    }
}
