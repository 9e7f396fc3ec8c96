package import LiandongCore

/// What the faces ask of a node about who asks; values in, values out, and no HTTP.
///
/// Every function may throw an ``AccessError`` for an expected refusal; anything else is a fault of this node.
package protocol AccessDesk: Sendable {
    /// The chain, by which places lie within scopes.
    var authority: AuthorityState { get }

    /// Who holds a session, while it lasts.
    ///
    /// - Parameter isUse: whether it lasts longer for it; not so what a page asks by itself.
    /// - Returns: nil for one that ended, never was, or whose account is disabled.
    func visitor(session secret: SessionSecret, isUse: Bool) async throws -> StaffMember?

    /// Whose a token for programs is.
    ///
    /// - Returns: nil for one that ended, was revoked, never was, or whose account is disabled.
    func visitor(token secret: SessionSecret) async throws -> StaffMember?

    /// Begins a session.
    ///
    /// Unknown and disabled accounts are refused in the same words and after the same work as a wrong password.
    /// - Parameters:
    ///   - address: where it comes from, as failures are counted by it.
    ///   - replacing: the session that the visitor had until now; it ends.
    func signIn(
        _ account: String,
        password: String,
        from address: String,
        replacing: SessionSecret?
    ) async throws -> SessionGrant

    /// Ends a session; one that is not there is no fault.
    func signOut(_ secret: SessionSecret) async throws

    /// Changes a password for whoever knows the one before: every session of the account ends, a new one begins.
    func changePassword(
        of staff: StaffMember,
        from old: String,
        to new: String,
        address: String
    ) async throws -> SessionGrant

    /// Writes down, for ever, that somebody was shown a personal value; call it before showing it.
    func noteUnmasking(_ unmasking: Unmasking, by staff: StaffMember) async throws
}

/// A session that has begun.
package struct SessionGrant: Sendable, Hashable {
    /// Goes to the visitor and is kept nowhere.
    package let secret: SessionSecret
    package let staff: StaffMember
    /// When it ends at the latest.
    package let expires: Instant

    package init(secret: SessionSecret, staff: StaffMember, expires: Instant) {
        self.secret = secret
        self.staff = staff
        self.expires = expires
    }
}

/// A personal value that is to be shown in clear, and what for.
package struct Unmasking: Sendable, Hashable {
    package let record: RecordID
    /// As the API calls it.
    package let field: String
    /// In the words of whoever asks, 1 to 500 characters.
    package let purpose: String

    package init(record: RecordID, field: String, purpose: String) {
        self.record = record
        self.field = field
        self.purpose = purpose
    }
}

/// A desk for faces without staff.
package struct NoStaff: AccessDesk {
    package init() {}

    package var authority: AuthorityState { AuthorityState() }
    package func visitor(session secret: SessionSecret, isUse: Bool) async throws -> StaffMember? { nil }
    package func visitor(token secret: SessionSecret) async throws -> StaffMember? { nil }

    package func signIn(
        _ account: String,
        password: String,
        from address: String,
        replacing: SessionSecret?
    ) async throws -> SessionGrant {
        throw AccessError.wrong
    }

    package func signOut(_ secret: SessionSecret) async throws {}

    package func changePassword(
        of staff: StaffMember,
        from old: String,
        to new: String,
        address: String
    ) async throws -> SessionGrant {
        throw AccessError.wrong
    }

    package func noteUnmasking(_ unmasking: Unmasking, by staff: StaffMember) async throws {}
}
