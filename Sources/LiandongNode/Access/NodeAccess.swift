import Foundation
import LiandongCore
import LiandongSigning
import LiandongStore
import LiandongWeb
import Logging

/// What the faces ask about who asks, answered from the node's store.
struct NodeAccess: AccessDesk {
    let node: Node
    private let limits = StaffLimits()

    init(node: Node) { self.node = node }

    private var store: ReplicaStore { node.store }

    var authority: AuthorityState { store.authority }

    // MARK: Who asks

    func visitor(session secret: SessionSecret, isUse: Bool) async throws -> StaffMember? {
        let (digest, now) = (secret.digest, Node.now())
        let found = try await store.read { [limits] in try $0.session(digest, at: now, limits: limits) }
        guard let found else { return nil }
        if isUse, now.milliseconds(since: found.seenAt) >= limits.seenMilliseconds {
            // A node that cannot write, its disk being full, still serves whoever signed in before.
            do { try await store.touchSession(digest) } catch {
                node.logger.warning("session's last use not written", metadata: ["error": "\(error)"])
            }
        }
        return StaffMember(found.staff, way: .session)
    }

    func visitor(token secret: SessionSecret) async throws -> StaffMember? {
        let (digest, now) = (secret.digest, Node.now())
        guard let (token, staff) = try await store.read({ try $0.token(digest, at: now) }) else { return nil }
        return StaffMember(staff, way: .token(id: token.id, scopes: Set(token.scopes.compactMap(TokenScope.init(_:)))))
    }

    // MARK: Passwords

    func signIn(
        _ account: String,
        password: String,
        from address: String,
        replacing: SessionSecret?
    ) async throws -> SessionGrant {
        let account = AccountName.normalised(account)
        return try await checked(password, of: account, from: address) { staff, subject, source in
            guard let staff else { return nil }
            let secret = try SessionSecret.fresh()
            let begun = try await store.beginSession(
                secret.digest,
                of: staff.account,
                password: staff.password,
                replacing: replacing?.digest,
                forgiving: subject,
                from: source,
                limits: limits
            )
            guard let begun else { return nil }
            node.logger.info("staff signed in", metadata: ["staff.account": "\(begun.account)"])
            return grant(secret, begun)
        }
    }

    func signOut(_ secret: SessionSecret) async throws { try await store.endSession(secret.digest) }

    func changePassword(
        of staff: StaffMember,
        from old: String,
        to new: String,
        address: String
    ) async throws -> SessionGrant {
        let new = PasswordRule.normalised(new)
        try PasswordRule.check(new, of: staff.account)
        guard new != PasswordRule.normalised(old) else {
            throw AccessError.password("the new password is the one before", wayOut: "take another")
        }
        return try await checked(old, of: staff.account, from: address) { known, subject, source in
            guard let known else { return nil }
            let secret = try SessionSecret.fresh()
            let outcome = try await store.setPassword(
                known.account,
                to: try await node.passwords.hash(new),
                inPlaceOf: known.password,
                forgiving: subject,
                from: source,
                session: secret.digest
            )
            guard outcome == .done else { return nil }
            node.logger.info("staff changed a password", metadata: ["staff.account": "\(known.account)"])
            return grant(secret, known)
        }
    }

    /// Looks at a password with the same work whoever it is of, and goes on with who that is.
    ///
    /// - Parameter body: gets nil for every kind of refusal, and gives nil for one that came about meanwhile.
    private func checked(
        _ password: String,
        of account: String,
        from address: String,
        _ body: (StaffAccount?, FailureSubject, FailureSubject) async throws -> SessionGrant?
    ) async throws -> SessionGrant {
        try await node.passwords.withPlace(for: address) {
            let subject = FailureSubject.account(account)
            let source = FailureSubject.address(address)
            let wait = try await busyAsRefusal { try await store.beginSignIn([subject, source], limits: limits) }
            guard wait == 0 else { throw AccessError.wait(seconds: Int(clamping: (wait + 999) / 1_000)) }
            let staff = try await store.read { try $0.staff(account) }
            let normalised = PasswordRule.normalised(password)
            // What is longer than a password may be fits nothing, and costs no more for it.
            let tried = normalised.utf8.count <= PasswordRule.mostBytes ? normalised : ""
            let fits = await node.passwords.verify(tried, staff?.password ?? PasswordHash.ofNobody)
            let known = fits ? staff.flatMap { $0.isDisabled ? nil : $0 } : nil
            let grant = try await busyAsRefusal { try await body(known, subject, source) }
            guard let grant else {
                node.logger.info("sign-in refused", metadata: ["client.address": "\(address)"])
                throw AccessError.wrong
            }
            return grant
        }
    }

    private func busyAsRefusal<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as StoreError where error.code == .busy {
            throw AccessError.busy(error.reason)
        }
    }

    private func grant(_ secret: SessionSecret, _ staff: StaffAccount) -> SessionGrant {
        SessionGrant(
            secret: secret,
            staff: StaffMember(staff, way: .session),
            expires: Node.now().advanced(byMilliseconds: limits.absoluteMilliseconds)
        )
    }

    // MARK: Personal values

    func noteUnmasking(_ unmasking: Unmasking, by staff: StaffMember) async throws {
        let purpose = unmasking.purpose.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...500).contains(purpose.count), purpose.utf8.count <= 2_000 else {
            throw AccessError.invalid(
                "the purpose has \(purpose.count) characters, 1 to 500 are needed",
                wayOut: "say in a sentence what the value is needed for"
            )
        }
        try await busyAsRefusal {
            try await store.noteUnmasking(
                by: staff.account,
                of: unmasking.record,
                field: unmasking.field,
                purpose: purpose
            )
        }
    }
}

extension StaffMember {
    fileprivate init(_ staff: StaffAccount, way: Way) {
        self.init(
            account: staff.account,
            name: staff.name,
            roles: Set(staff.roles.compactMap(StaffRole.init(rawValue:))),
            scope: staff.place,
            way: way
        )
    }
}

extension SessionSecret {
    static func fresh() throws -> SessionSecret {
        guard let secret = SessionSecret(secureRandomBytes(SessionSecret.byteCount)) else {
            throw NodeError(.failed, "no randomness for a secret")
        }
        return secret
    }
}
