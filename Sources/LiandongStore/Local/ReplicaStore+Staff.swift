import GRDB
import LiandongCore

extension ReplicaStore {
    /// What one change of the staff came to.
    package enum StaffOutcome: Sendable, Hashable {
        case done
        case unknown
        case known
        /// There are as many as there may be.
        case full
    }

    /// Adds somebody.
    package func addStaff(_ new: NewStaffAccount, limits: StaffLimits = StaffLimits()) async throws -> StaffOutcome {
        try await work { transaction in
            let (db, now) = (transaction.db, transaction.now.milliseconds)
            guard try db.staff(new.account) == nil else { return .known }
            let count = try db.first("SELECT count(*) FROM staff") { try $0.integer(0) } ?? 0
            guard count < limits.accounts else { return .full }
            try db.run(
                "INSERT INTO staff(\(StaffAccount.columns)) VALUES(?, ?, ?, ?, ?, 0, ?, ?)",
                new.account,
                new.name,
                new.password,
                new.roles.joined(separator: " "),
                new.place.column,
                now,
                now
            )
            return .done
        }
    }

    /// Shuts somebody out, at once and with all they have, or lets them in again without what they had.
    package func setStaff(_ account: String, isDisabled: Bool) async throws -> StaffOutcome {
        try await work { transaction in
            let db = transaction.db
            guard try db.staff(account) != nil else { return .unknown }
            try db.run("UPDATE staff SET is_disabled = ? WHERE account = ?", isDisabled, account)
            if isDisabled {
                try db.endSessions(of: account)
                try db.run(
                    "UPDATE staff_tokens SET revoked_at = ? WHERE account = ? AND revoked_at IS NULL",
                    transaction.now.milliseconds,
                    account
                )
            }
            return .done
        }
    }

    /// Gives somebody another password; their sessions end, and what was counted against the account is forgotten.
    ///
    /// - Parameters:
    ///   - password: an argon2id string.
    ///   - old: the string that it takes the place of: somebody else may have been first. Nil takes the place of any.
    ///   - subject: what failures of the account are counted by: all of them are forgotten.
    ///   - address: what failures from where the change came are counted by: this one is taken back.
    ///   - session: digest of the session that goes on in place of the others.
    package func setPassword(
        _ account: String,
        to password: String,
        inPlaceOf old: String? = nil,
        forgiving subject: FailureSubject,
        from address: FailureSubject? = nil,
        session: [UInt8]? = nil
    ) async throws -> StaffOutcome {
        try await work { transaction in
            let (db, now) = (transaction.db, transaction.now.milliseconds)
            guard let staff = try db.staff(account), old == nil || (old == staff.password && !staff.isDisabled) else {
                return .unknown
            }
            try db.run("UPDATE staff SET password = ?, password_at = ? WHERE account = ?", password, now, account)
            try db.endSessions(of: account)
            try db.run("DELETE FROM sign_in_failures WHERE subject = ?", subject.id)
            if let address { try db.forgiveFailure(address) }
            if let session {
                try db.run(
                    "INSERT INTO staff_sessions(digest, account, created_at, seen_at) VALUES(?, ?, ?, ?)",
                    session,
                    account,
                    now,
                    now
                )
            }
            return .done
        }
    }
}

extension StoreReader {
    package func staff(_ account: String) throws -> StaffAccount? { try db.staff(account) }

    /// Everybody, by account.
    package func staff() throws -> [StaffAccount] {
        try db.rows("SELECT \(StaffAccount.columns) FROM staff ORDER BY account") { try StaffAccount($0) }
    }
}

extension Database {
    func staff(_ account: String) throws -> StaffAccount? {
        try first("SELECT \(StaffAccount.columns) FROM staff WHERE account = ?", account) { try StaffAccount($0) }
    }

    func endSessions(of account: String) throws {
        try run("DELETE FROM staff_sessions WHERE account = ?", account)
    }
}
