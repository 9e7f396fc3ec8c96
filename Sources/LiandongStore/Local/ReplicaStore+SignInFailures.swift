import GRDB
import LiandongCore

/// Somebody, somewhere or something that guesses fail of: of passwords and of query codes.
package struct FailureSubject: Sendable, Hashable {
    /// A hash: what was typed as an account may be a password.
    package let id: [UInt8]
    /// Without a failure for so long, what was counted is forgotten.
    package let memoryMilliseconds: Int64
    /// So many failures cost no wait.
    package let free: Int

    package init(id: [UInt8], memoryMilliseconds: Int64, free: Int = 5) {
        self.id = id
        self.memoryMilliseconds = memoryMilliseconds
        self.free = free
    }
}

/// How long failures keep from trying again.
package enum SignInDelay {
    package static let longestMilliseconds: Int64 = 3_600_000

    /// One second after the last free failure, twice as long after each further one, an hour at most.
    package static func milliseconds(after failures: Int, free: Int = 5) -> Int64 {
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
            let (counts, wait) = try db.failures(of: subjects, at: now)
            guard wait <= 0 else { return wait }
            try db.countFailures(subjects, counts, at: now, limits)
            return 0
        }
    }

    /// Counts a wrong guess of what costs nothing to look at: the caller has looked, and tells nobody before this is
    /// answered.
    ///
    /// - Returns: for how many milliseconds all of the subjects have to wait, and were the guess right; nothing was
    ///   counted then.
    package func noteGuess(
        _ subjects: [FailureSubject],
        isRight: Bool,
        limits: StaffLimits = StaffLimits()
    ) async throws -> Int64 {
        try await work { transaction in
            let (db, now) = (transaction.db, transaction.now)
            let (counts, wait) = try db.failures(of: subjects, at: now)
            guard wait <= 0 else { return wait }
            if !isRight { try db.countFailures(subjects, counts, at: now, limits) }
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

    /// How many failures count of each subject, and for how long all of them have to wait.
    fileprivate func failures(
        of subjects: [FailureSubject],
        at now: Instant
    ) throws -> (counts: [Int], waitMilliseconds: Int64) {
        var counts: [Int] = []
        var longest: Int64 = 0
        for subject in subjects {
            let known = try first("SELECT failures, last_at FROM sign_in_failures WHERE subject = ?", subject.id) {
                (count: Int(clamping: try $0.integer(0)), at: Instant(milliseconds: try $0.integer(1)))
            }
            let age = known.map { now.milliseconds(since: $0.at) } ?? .max
            // A clock that was set back does not lengthen a wait: it begins anew, once.
            if age < 0 {
                try run("UPDATE sign_in_failures SET last_at = ? WHERE subject = ?", now.milliseconds, subject.id)
            }
            let count = age >= subject.memoryMilliseconds ? 0 : known?.count ?? 0
            counts.append(count)
            let delay = SignInDelay.milliseconds(after: count, free: subject.free)
            longest = max(longest, delay - min(max(0, age), SignInDelay.longestMilliseconds))
        }
        return (counts, longest)
    }

    /// - Parameter counts: what was counted of each subject until now.
    fileprivate func countFailures(
        _ subjects: [FailureSubject],
        _ counts: [Int],
        at now: Instant,
        _ limits: StaffLimits
    ) throws {
        for (subject, count) in zip(subjects, counts) {
            try run(
                "INSERT OR REPLACE INTO sign_in_failures(subject, failures, last_at) VALUES(?, ?, ?)",
                subject.id,
                min(count + 1, 10_000),
                now.milliseconds
            )
        }
        try forgetFailures(subjects, at: now, limits)
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
