import LiandongCore
package import LiandongReports

/// What the command line asks about staff.
package enum StaffRequest: Codable, Sendable {
    case add(StaffForm)
    case list
    case disable(account: String)
    case enable(account: String)
    /// Nil: the node makes one up.
    case setPassword(account: String, password: String?)
    case addToken(account: String, scopes: [String], days: Int)
    case tokens
    case revokeToken(id: String)
    /// Milliseconds since 1970.
    case unmaskings(since: Int64, limit: Int)

    package struct StaffForm: Codable, Sendable {
        package var account: String
        package var name: String
        package var roles: [String]
        /// The code of the place that they see; nil: the node's own.
        package var place: String?
        /// Nil: the node makes one up.
        package var password: String?

        package init(account: String, name: String, roles: [String], place: String?, password: String?) {
            self.account = account
            self.name = name
            self.roles = roles
            self.place = place
            self.password = password
        }
    }
}

/// Who works at a node: `liandong.staff/1`.
package struct StaffReport: Codable, Sendable {
    package var schema = "liandong.staff/1"
    package let asOf: String
    package let staff: [Row]

    package struct Row: Codable, Sendable {
        package let account: String
        package let name: String
        package let roles: [String]
        package let place: PlaceReport
        package let isDisabled: Bool
        package let createdAt: String
        package let passwordAt: String
        /// Sessions that were not swept out yet.
        package let sessions: Int
    }
}

/// An account that was made or has another password: `liandong.staff-password/1`.
package struct StaffPasswordReport: Codable, Sendable {
    package var schema = "liandong.staff-password/1"
    package let asOf: String
    package let account: String
    /// What the node made up, said this once; nil where the operator gave one.
    package let password: String?
}

/// A token that was made: `liandong.staff-token/1`.
package struct StaffTokenReport: Codable, Sendable {
    package var schema = "liandong.staff-token/1"
    package let asOf: String
    package let id: String
    /// Said this once.
    package let token: String
    package let expiresAt: String
}

/// The tokens of a node's staff: `liandong.staff-tokens/1`.
package struct StaffTokensReport: Codable, Sendable {
    package var schema = "liandong.staff-tokens/1"
    package let asOf: String
    package let tokens: [Row]

    package struct Row: Codable, Sendable {
        package let id: String
        package let account: String
        package let scopes: [String]
        package let createdAt: String
        package let expiresAt: String
        package let revokedAt: String?
        /// good, expired, revoked.
        package let state: String
    }
}

/// Who was shown which personal value in clear: `liandong.unmaskings/1`.
package struct UnmaskingsReport: Codable, Sendable {
    package var schema = "liandong.unmaskings/1"
    package let asOf: String
    /// The newest first.
    package let unmaskings: [Row]
    /// There are older ones.
    package let isPartial: Bool

    package struct Row: Codable, Sendable {
        package let number: Int64
        package let at: String
        package let account: String
        package let record: String
        package let field: String
        package let purpose: String
    }
}
