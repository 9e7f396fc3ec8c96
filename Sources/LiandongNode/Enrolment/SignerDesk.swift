import LiandongCore
import LiandongSigning
import LiandongStore
import Synchronization

/// Decides, at the district's signer, what becomes of joining nodes.
final class SignerDesk: Sendable {
    private let store: ReplicaStore
    private let keys: NodeKeys
    private let purposeKeys: PurposeKeys
    private let engine = Mutex<EngineActor?>(nil)

    init(store: ReplicaStore, keys: NodeKeys, purposeKeys: PurposeKeys) {
        self.store = store
        self.keys = keys
        self.purposeKeys = purposeKeys
    }

    func attach(_ engine: EngineActor) { self.engine.withLock { $0 = engine } }

    /// Appends the entries that enrol the node, or says why not.
    func decide(_ request: EnrolmentRequest) async -> EnrolmentReply? {
        let now = Node.now()
        func reply(_ outcome: EnrolmentReply.Outcome, _ reason: String, expires: Instant? = nil) -> EnrolmentReply {
            EnrolmentReply(node: request.node, outcome: outcome, reason: reason, clock: now, expires: expires)
        }
        do {
            try await append { [purposeKeys] authority in
                try District.enrolment(request, at: now, keys: purposeKeys, authority)
            }
            return reply(.enrolled, "enrolled")
        } catch District.EnrolmentRefusal.unknownInvite {
            return reply(.unknownInvite, "the district's signer knows no such invite")
        } catch District.EnrolmentRefusal.alreadyUsed {
            return reply(.alreadyUsed, "the token was used by another node; ask for a new one")
        } catch District.EnrolmentRefusal.expired(let expires) {
            return reply(.expired, "the token has expired", expires: expires)
        } catch {
            return reply(.tooMany, "\(error)")
        }
    }

    /// Appends entries to the chain and hands them to the engine.
    ///
    /// - Parameter root: signs what only the root key may say.
    func append(
        root: Signer? = nil,
        _ bodies: @escaping @Sendable (AuthorityState) throws -> [AuthorityEntryContent.Body]
    ) async throws {
        let (entries, state) = try await store.appendAuthority(by: keys.signer, root: root, bodies)
        guard !entries.isEmpty, let engine = engine.withLock({ $0 }) else { return }
        await engine.handle(.authorityAppended(entries, state))
    }
}
