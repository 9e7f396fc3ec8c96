import LiandongCore
import LiandongWeb
import Synchronization

/// Staff over dictionaries, for what the routes make of a desk's answers.
final class MemoryAccess: AccessDesk {
    struct State {
        var sessions: [SessionSecret: StaffMember] = [:]
        var tokens: [SessionSecret: StaffMember] = [:]
        var passwords = ["anna": "correct horse battery"]
        var refusal: (any Error)?
        var asked: [String] = []
        var next: UInt8 = 0
        var noted: [String] = []
        /// Whether each look at a session counted as its use.
        var uses: [Bool] = []
    }

    let state = Mutex(State())
    let authority = AuthorityState()

    static let anna = StaffMember(
        account: "anna",
        name: "安娜",
        roles: [.clerk],
        scope: PlaceID(raw: 7),
        way: .session
    )

    /// A secret of 32 equal bytes.
    static func secret(_ byte: UInt8) -> SessionSecret {
        guard let secret = SessionSecret([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return secret
    }

    func visitor(session secret: SessionSecret, isUse: Bool) async throws -> StaffMember? {
        state.withLock { state in
            state.uses.append(isUse)
            return state.sessions[secret]
        }
    }

    func visitor(token secret: SessionSecret) async throws -> StaffMember? { state.withLock { $0.tokens[secret] } }

    func signIn(
        _ account: String,
        password: String,
        from address: String,
        replacing: SessionSecret?
    ) async throws -> SessionGrant {
        try state.withLock { state in
            state.asked.append("\(account) from \(address)")
            if let refusal = state.refusal { throw refusal }
            guard state.passwords[account] == password else { throw AccessError.wrong }
            if let replacing { state.sessions[replacing] = nil }
            return MemoryAccess.begin(in: &state)
        }
    }

    private static func begin(in state: inout State) -> SessionGrant {
        state.next += 1
        let secret = secret(state.next)
        state.sessions[secret] = anna
        return SessionGrant(secret: secret, staff: anna, expires: Instant(milliseconds: 0))
    }

    func signOut(_ secret: SessionSecret) async throws { state.withLock { $0.sessions[secret] = nil } }

    func changePassword(
        of staff: StaffMember,
        from old: String,
        to new: String,
        address: String
    ) async throws -> SessionGrant {
        try state.withLock { state in
            guard state.passwords[staff.account] == old else { throw AccessError.wrong }
            guard new.count >= 12 else { throw AccessError.password("too short", wayOut: "take a longer one") }
            state.passwords[staff.account] = new
            state.sessions = [:]
            return MemoryAccess.begin(in: &state)
        }
    }

    func noteUnmasking(_ unmasking: Unmasking, by staff: StaffMember) async throws {
        try state.withLock { state in
            if let refusal = state.refusal { throw refusal }
            state.noted.append("\(staff.account): \(unmasking.field) for \(unmasking.purpose)")
        }
    }
}
