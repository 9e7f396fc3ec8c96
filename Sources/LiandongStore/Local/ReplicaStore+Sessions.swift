import GRDB
package import LiandongCore

extension ReplicaStore {
    /// Begins a session; what was counted of this sign-in is taken back, and what has ended is swept out.
    ///
    /// - Parameters:
    ///   - digest: of its secret, 32 bytes.
    ///   - password: the argon2id string that the password was right for; the account may have changed meanwhile.
    ///   - replaced: digest of the session that ends with it.
    ///   - subject: what failures of the account are counted by: all of them are forgotten.
    ///   - address: what failures from where it came are counted by: this one is taken back.
    /// - Returns: who begins it; nil when the account is disabled, gone or has another password by now.
    package func beginSession(
        _ digest: [UInt8],
        of account: String,
        password: String,
        replacing replaced: [UInt8]?,
        forgiving subject: FailureSubject,
        from address: FailureSubject,
        limits: StaffLimits = StaffLimits()
    ) async throws -> StaffAccount? {
        try await work { transaction in
            let (db, now) = (transaction.db, transaction.now)
            guard let staff = try db.staff(account), !staff.isDisabled, staff.password == password else { return nil }
            if let replaced { try db.run("DELETE FROM staff_sessions WHERE digest = ?", replaced) }
            try db.run(
                "DELETE FROM staff_sessions WHERE seen_at <= ?",
                now.advanced(byMilliseconds: -limits.idleMilliseconds).milliseconds
            )
            try db.run(
                """
                DELETE FROM staff_sessions WHERE digest IN (SELECT digest FROM staff_sessions WHERE account = ?
                ORDER BY created_at DESC, digest LIMIT -1 OFFSET ?)
                """,
                account,
                max(0, limits.sessionsOfAccount - 1)
            )
            try db.run(
                "INSERT INTO staff_sessions(digest, account, created_at, seen_at) VALUES(?, ?, ?, ?)",
                digest,
                account,
                now.milliseconds,
                now.milliseconds
            )
            try db.run("DELETE FROM sign_in_failures WHERE subject = ?", subject.id)
            try db.forgiveFailure(address)
            return staff
        }
    }

    package func endSession(_ digest: [UInt8]) async throws {
        try await work { try $0.db.run("DELETE FROM staff_sessions WHERE digest = ?", digest) }
    }

    /// Notes that a session is in use.
    ///
    /// Never turns a clock back, and begins nothing that has ended meanwhile.
    package func touchSession(_ digest: [UInt8]) async throws {
        try await work { transaction in
            let now = transaction.now.milliseconds
            try transaction.db.run(
                "UPDATE staff_sessions SET seen_at = ? WHERE digest = ? AND seen_at < ?",
                now,
                digest,
                now
            )
        }
    }
}

extension StoreReader {
    /// A session that goes on, of an account that is not disabled.
    ///
    /// A clock that was set back ends it too: nobody knows then how old it is.
    package func session(
        _ digest: [UInt8],
        at now: Instant,
        limits: StaffLimits = StaffLimits()
    ) throws -> StaffSession? {
        let found = try db.first(
            "SELECT account, created_at, seen_at FROM staff_sessions WHERE digest = ?",
            digest
        ) { (try $0.text(0), Instant(milliseconds: try $0.integer(1)), Instant(milliseconds: try $0.integer(2))) }
        guard let (account, createdAt, seenAt) = found, let staff = try db.staff(account), !staff.isDisabled else {
            return nil
        }
        let (age, idle) = (now.milliseconds(since: createdAt), now.milliseconds(since: seenAt))
        guard (-StaffLimits.clockSlack..<limits.absoluteMilliseconds).contains(age),
            (-StaffLimits.clockSlack..<limits.idleMilliseconds).contains(idle)
        else { return nil }
        return StaffSession(staff: staff, createdAt: createdAt, seenAt: seenAt)
    }

    /// How many sessions are kept of an account, ended ones that were not swept out yet among them.
    package func sessionCount(of account: String) throws -> Int {
        try db.first("SELECT count(*) FROM staff_sessions WHERE account = ?", account) {
            Int(clamping: try $0.integer(0))
        } ?? 0
    }
}

extension StaffLimits {
    /// How far a clock may have been set back, in milliseconds, before sessions from later end.
    fileprivate static let clockSlack: Int64 = 60_000
}
