package import LiandongCore

/// Somebody who works at this node, as it is kept.
package struct StaffAccount: Sendable, Hashable {
    package let account: String
    package let name: String
    /// argon2id, with its salt and parameters.
    package let password: String
    package let roles: [String]
    /// They see this place and what is under it.
    package let place: PlaceID
    package let isDisabled: Bool
    package let createdAt: Instant
    package let passwordAt: Instant

    static let columns = "account, name, password, roles, place, is_disabled, created_at, password_at"

    init(_ row: SQLRow) throws {
        account = try row.text(0)
        name = try row.text(1)
        password = try row.text(2)
        roles = try row.text(3).split(separator: " ").map(String.init)
        place = PlaceID(column: try row.integer(4))
        isDisabled = try row.integer(5) != 0
        createdAt = Instant(milliseconds: try row.integer(6))
        passwordAt = Instant(milliseconds: try row.integer(7))
    }
}

/// A new account.
package struct NewStaffAccount: Sendable {
    package let account: String
    package let name: String
    package let password: String
    package let roles: [String]
    package let place: PlaceID

    /// - Parameters:
    ///   - password: an argon2id string.
    ///   - roles: words without spaces.
    package init(account: String, name: String, password: String, roles: [String], place: PlaceID) {
        self.account = account
        self.name = name
        self.password = password
        self.roles = roles
        self.place = place
    }
}

/// What staff may have at most, and for how long.
package struct StaffLimits: Sendable {
    package var accounts = 10_000
    /// One more ends the oldest.
    package var sessionsOfAccount = 10
    /// One more is refused; expired and revoked ones do not count.
    package var tokensOfAccount = 20
    /// One more forgets the oldest.
    package var failureRows = 20_000
    package var idleMilliseconds: Int64 = 30 * 60_000
    package var absoluteMilliseconds: Int64 = 12 * 3_600_000
    /// A session's last use is written at most so often.
    package var seenMilliseconds: Int64 = 60_000

    package init() {}
}

/// A session, with whose it is.
package struct StaffSession: Sendable {
    package let staff: StaffAccount
    package let createdAt: Instant
    package let seenAt: Instant
}

/// A token for programs, without its secret.
package struct StaffToken: Sendable, Hashable {
    package let id: String
    package let account: String
    package let scopes: [String]
    package let createdAt: Instant
    package let expiresAt: Instant
    package let revokedAt: Instant?

    static let columns = "id, account, scopes, created_at, expires_at, revoked_at"

    init(_ row: SQLRow) throws {
        id = try row.text(0)
        account = try row.text(1)
        scopes = try row.text(2).split(separator: " ").map(String.init)
        createdAt = Instant(milliseconds: try row.integer(3))
        expiresAt = Instant(milliseconds: try row.integer(4))
        revokedAt = try row.optionalInteger(5).map(Instant.init(milliseconds:))
    }
}

/// Somebody was shown a personal value in clear.
package struct NotedUnmasking: Sendable, Hashable {
    /// Counted up by one from 1, so that a row which is missing shows.
    package let number: Int64
    package let at: Instant
    package let account: String
    package let record: RecordID
    package let field: String
    package let purpose: String
}
