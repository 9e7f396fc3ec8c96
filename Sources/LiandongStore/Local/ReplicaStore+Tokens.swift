import GRDB
package import LiandongCore

extension ReplicaStore {
    /// Gives a program of somebody's a token.
    ///
    /// - Parameters:
    ///   - id: by which it is listed and revoked.
    ///   - digest: of its secret, 32 bytes.
    ///   - scopes: words without spaces.
    package func addToken(
        _ id: String,
        digest: [UInt8],
        of account: String,
        scopes: [String],
        until expires: Instant,
        limits: StaffLimits = StaffLimits()
    ) async throws -> StaffOutcome {
        try await work { transaction in
            let (db, now) = (transaction.db, transaction.now.milliseconds)
            guard let staff = try db.staff(account), !staff.isDisabled else { return .unknown }
            // Those that ended long ago make room; the others are still listed.
            try db.run("DELETE FROM staff_tokens WHERE expires_at < ?", now - StaffToken.keptMilliseconds)
            try db.run("DELETE FROM staff_tokens WHERE revoked_at < ?", now - StaffToken.keptMilliseconds)
            let live = try db.first(
                "SELECT count(*) FROM staff_tokens WHERE account = ? AND revoked_at IS NULL AND expires_at > ?",
                account,
                now
            ) { try $0.integer(0) }
            let kept = try db.first("SELECT count(*) FROM staff_tokens WHERE account = ?", account) {
                try $0.integer(0)
            }
            guard live ?? 0 < limits.tokensOfAccount else { return .full }
            if kept ?? 0 >= limits.tokensOfAccount * 4 {
                try db.run(
                    """
                    DELETE FROM staff_tokens WHERE id IN (SELECT id FROM staff_tokens WHERE account = ?
                    AND (revoked_at IS NOT NULL OR expires_at <= ?) ORDER BY created_at, id LIMIT 1)
                    """,
                    account,
                    now
                )
            }
            try db.run(
                """
                INSERT INTO staff_tokens(id, digest, account, scopes, created_at, expires_at) VALUES(?, ?, ?, ?, ?, ?)
                """,
                id,
                digest,
                account,
                scopes.joined(separator: " "),
                now,
                expires.milliseconds
            )
            return .done
        }
    }

    /// Takes a token back, at once.
    package func revokeToken(_ id: String) async throws -> StaffOutcome {
        try await work { transaction in
            let db = transaction.db
            let revoked = try db.first("SELECT revoked_at FROM staff_tokens WHERE id = ?", id) {
                try $0.optionalInteger(0)
            }
            guard let revoked else { return .unknown }
            guard revoked == nil else { return .known }
            try db.run("UPDATE staff_tokens SET revoked_at = ? WHERE id = ?", transaction.now.milliseconds, id)
            return .done
        }
    }
}

extension StaffToken {
    /// How long a token is listed after its end.
    fileprivate static let keptMilliseconds: Int64 = 90 * 86_400_000
}

extension StoreReader {
    /// A token that holds, of an account that is not disabled.
    package func token(_ digest: [UInt8], at now: Instant) throws -> (token: StaffToken, staff: StaffAccount)? {
        let found = try db.first("SELECT \(StaffToken.columns) FROM staff_tokens WHERE digest = ?", digest) {
            try StaffToken($0)
        }
        guard let found, found.revokedAt == nil, now < found.expiresAt, let staff = try db.staff(found.account),
            !staff.isDisabled
        else { return nil }
        return (found, staff)
    }

    /// All that are listed, by account, the newest first.
    package func tokens() throws -> [StaffToken] {
        try db.rows("SELECT \(StaffToken.columns) FROM staff_tokens ORDER BY account, created_at DESC, id") {
            try StaffToken($0)
        }
    }
}
