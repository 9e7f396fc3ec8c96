import Foundation
import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore
import LiandongWeb

// Who works at this node, and what they were shown.
extension AdminDesk {
    func staff(_ request: StaffRequest) async throws -> Data {
        let encoder = ReportCoding.encoder
        return switch request {
        case .add(let form): try encoder.encode(await addStaff(form))
        case .list: try encoder.encode(await staff())
        case .disable(let account): try encoder.encode(await setStaff(account, isDisabled: true))
        case .enable(let account): try encoder.encode(await setStaff(account, isDisabled: false))
        case .setPassword(let account, let password): try encoder.encode(await setPassword(account, password))
        case .addToken(let account, let scopes, let days): try encoder.encode(await addToken(account, scopes, days))
        case .tokens: try encoder.encode(await tokens())
        case .revokeToken(let id): try encoder.encode(await revokeToken(id))
        case .unmaskings(let since, let limit): try encoder.encode(await unmaskings(since: since, limit: limit))
        }
    }

    // MARK: Accounts

    private func addStaff(_ form: StaffRequest.StaffForm) async throws -> StaffPasswordReport {
        let account = AccountName.normalised(form.account)
        if let fault = AccountName.fault(account) { throw NodeError(.usage, fault) }
        let name = form.name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...100).contains(name.count), !name.contains(where: \.isNewline) else {
            throw NodeError(.usage, "--name: 1 to 100 characters in one line are needed, there are \(name.count)")
        }
        let roles = try Set(form.roles.map(AdminDesk.role)).sorted().map(\.rawValue)
        guard !roles.isEmpty else { throw NodeError(.usage, "--role: at least one is needed; \(AdminDesk.roleWords)") }
        let (password, made) = try AdminDesk.password(form.password, of: account)
        let outcome = try await node.store.addStaff(
            NewStaffAccount(
                account: account,
                name: name,
                password: try await hash(password),
                roles: roles,
                place: try scope(form.place)
            )
        )
        switch outcome {
        case .known:
            throw NodeError(.refused, "there is an account \(account) already; take another name", cause: .conflict)
        case .full:
            throw NodeError(.refused, "this node has \(StaffLimits().accounts) accounts, which is the most allowed")
        case .done, .unknown:
            return StaffPasswordReport(asOf: now.iso8601, account: account, password: made)
        }
    }

    private static let roleWords = "known are " + StaffRole.allCases.sorted().map(\.rawValue).joined(separator: ", ")

    private static func role(_ text: String) throws -> StaffRole {
        guard let role = StaffRole(rawValue: text) else {
            throw NodeError(.usage, "--role: \"\(text.prefix(40))\" is none; \(roleWords)")
        }
        return role
    }

    /// What somebody is to see: the node's own place, or one under it.
    private func scope(_ code: String?) throws -> PlaceID {
        let own = try node.actor().place
        guard let code else { return own }
        guard let place = authority.place(code: code) else {
            throw NodeError(.notFound, "there is no place \(code.prefix(40)); see place list")
        }
        guard authority.isWithin(place.id, own) else {
            throw NodeError(
                .refused,
                "\(place.name) (\(code)) does not lie in this node's place \(authority.code(of: own)); "
                    + "make the account at a node of \(place.name), or leave --place out"
            )
        }
        return place.id
    }

    private func staff() async throws -> StaffReport {
        let rows = try await node.store.read { reader in
            try reader.staff().map { ($0, try reader.sessionCount(of: $0.account)) }
        }
        return StaffReport(
            asOf: now.iso8601,
            staff: rows.map { staff, sessions in
                StaffReport.Row(
                    account: staff.account,
                    name: staff.name,
                    roles: staff.roles,
                    place: place(staff.place),
                    isDisabled: staff.isDisabled,
                    createdAt: staff.createdAt.iso8601,
                    passwordAt: staff.passwordAt.iso8601,
                    sessions: sessions
                )
            }
        )
    }

    private func setStaff(_ text: String, isDisabled: Bool) async throws -> DoneReport {
        let account = AccountName.normalised(text)
        let outcome = try await node.store.setStaff(account, isDisabled: isDisabled)
        guard outcome == .done else { throw noAccount(account) }
        if !isDisabled { try await node.store.forgetFailures(.account(account)) }
        let words = isDisabled ? "disabled: its sessions have ended, its tokens are revoked" : "enabled"
        return done(words, id: account)
    }

    private func noAccount(_ account: String) -> NodeError {
        NodeError(.notFound, "there is no account \(account.prefix(AccountName.byteLimit)); see staff list")
    }

    // MARK: Passwords

    private func setPassword(_ text: String, _ given: String?) async throws -> StaffPasswordReport {
        let account = AccountName.normalised(text)
        guard try await node.store.read({ try $0.staff(account) }) != nil else { throw noAccount(account) }
        let (password, made) = try AdminDesk.password(given, of: account)
        let outcome = try await node.store.setPassword(
            account,
            to: try await hash(password),
            forgiving: .account(account)
        )
        guard outcome == .done else { throw noAccount(account) }
        return StaffPasswordReport(asOf: now.iso8601, account: account, password: made)
    }

    /// What was given, if it may be one, or one made up.
    private static func password(_ given: String?, of account: String) throws -> (password: String, made: String?) {
        guard let given else {
            let made = madeUpPassword()
            return (made, made)
        }
        let password = PasswordRule.normalised(given)
        do { try PasswordRule.check(password, of: account) } catch { throw NodeError(.usage, error.description) }
        return (password, nil)
    }

    /// 20 of 32 characters that are not mistaken for one another: 100 bits.
    private static func madeUpPassword() -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
        let characters = secureRandomBytes(20).map { alphabet[Int($0) % alphabet.count] }
        let groups = stride(from: 0, to: characters.count, by: 5).map { start in
            String(characters[start..<min(start + 5, characters.count)])
        }
        return groups.joined(separator: "-")
    }

    private func hash(_ password: String) async throws -> String {
        do {
            return try await node.passwords.withPlace(for: "admin socket") { try await node.passwords.hash(password) }
        } catch let error as AccessError {
            throw NodeError(.refused, error.description)
        }
    }

    // MARK: Tokens

    private func addToken(_ text: String, _ scopes: [String], _ days: Int) async throws -> StaffTokenReport {
        let account = AccountName.normalised(text)
        guard (1...366).contains(days) else {
            throw NodeError(.usage, "--days: \(days) is out of range, 1 to 366 are allowed")
        }
        let granted = try Set(scopes.map(AdminDesk.tokenScope)).sorted().map(\.description)
        guard !granted.isEmpty else {
            throw NodeError(.usage, "--scope: at least one is needed; \(AdminDesk.scopeWords)")
        }
        let secret = try SessionSecret.fresh()
        let id = hexadecimal(secureRandomBytes(5))
        let expires = now.advanced(byMilliseconds: Int64(days) * 86_400_000)
        let outcome = try await node.store.addToken(
            id,
            digest: secret.digest,
            of: account,
            scopes: granted,
            until: expires
        )
        switch outcome {
        case .unknown:
            throw NodeError(.notFound, "there is no account \(account.prefix(64)), or it is disabled; see staff list")
        case .full:
            throw NodeError(
                .refused,
                "\(account) has \(StaffLimits().tokensOfAccount) tokens, which is the most allowed; revoke one first"
            )
        case .done, .known:
            return StaffTokenReport(asOf: now.iso8601, id: id, token: secret.token, expiresAt: expires.iso8601)
        }
    }

    private static let scopeWords = "known are " + TokenScope.all.map(\.description).joined(separator: ", ")

    private static func tokenScope(_ text: String) throws -> TokenScope {
        guard let scope = TokenScope(text) else {
            throw NodeError(.usage, "--scope: \"\(text.prefix(40))\" is none; \(scopeWords)")
        }
        return scope
    }

    private func tokens() async throws -> StaffTokensReport {
        let now = now
        return StaffTokensReport(
            asOf: now.iso8601,
            tokens: try await node.store.read { try $0.tokens() }.map { token in
                StaffTokensReport.Row(
                    id: token.id,
                    account: token.account,
                    scopes: token.scopes,
                    createdAt: token.createdAt.iso8601,
                    expiresAt: token.expiresAt.iso8601,
                    revokedAt: token.revokedAt?.iso8601,
                    state: token.revokedAt != nil ? "revoked" : token.expiresAt <= now ? "expired" : "good"
                )
            }
        )
    }

    private func revokeToken(_ id: String) async throws -> DoneReport {
        switch try await node.store.revokeToken(id) {
        case .unknown: throw NodeError(.notFound, "there is no token \(id.prefix(40)); see staff tokens")
        case .known: return done("was revoked before", id: id)
        case .done, .full: return done("revoked", id: id)
        }
    }

    // MARK: What was shown

    private func unmaskings(since: Int64, limit: Int) async throws -> UnmaskingsReport {
        guard (1...10_000).contains(limit) else {
            throw NodeError(.usage, "--limit: \(limit) is out of range, 1 to 10000 are allowed")
        }
        let found = try await node.store.read {
            try $0.unmaskings(since: Instant(milliseconds: since), limit: limit + 1)
        }
        return UnmaskingsReport(
            asOf: now.iso8601,
            unmaskings: found.prefix(limit).map { row in
                UnmaskingsReport.Row(
                    number: row.number,
                    at: row.at.iso8601,
                    account: row.account,
                    record: "\(row.record)",
                    field: row.field,
                    purpose: row.purpose
                )
            },
            isPartial: found.count > limit
        )
    }
}
