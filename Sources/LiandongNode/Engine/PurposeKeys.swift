import LiandongCore
import LiandongDomain
import LiandongSigning
import Synchronization

/// Opens the purposes' keys that the chain seals to this node, once each.
final class PurposeKeys: Sendable {
    /// The purpose whose key makes match tags; it goes with `register`.
    static let match = "match"

    private let node: NodeID
    private let sealing: SealingKey
    private let opened = Mutex<[[UInt8]: SymmetricKey]>([:])

    init(node: NodeID, sealing: SealingKey) {
        self.node = node
        self.sealing = sealing
    }

    /// What this node can do with the purposes it holds, by the chain as it is.
    func purposes(_ authority: AuthorityState) -> Purposes {
        Purposes(
            holds: { [self] in key($0, authority) != nil },
            seal: { [self] purpose, plaintext, context in
                guard let (version, key) = key(purpose, authority) else { throw Refusal.purposeMissing(purpose) }
                return version.bigEndianBytes + key.seal(plaintext, for: context)
            },
            open: { [self] purpose, sealed, context in
                guard sealed.count > 4, let version = UInt32(bigEndianBytes: sealed.prefix(4)),
                    let box = authority.purposeKeys[.init(purpose: purpose, version: version)]?[node],
                    let key = open(box)
                else { return nil }
                return try? key.open(Array(sealed.dropFirst(4)), for: context)
            },
            matchTag: { [self] number in
                guard let (version, key) = key(PurposeKeys.match, authority) else { return nil }
                return (version, MatchTag.tag(of: number, key: key))
            }
        )
    }

    private func key(_ purpose: String, _ authority: AuthorityState) -> (version: UInt32, key: SymmetricKey)? {
        guard let (version, box) = authority.purposeKey(purpose, for: node), let key = open(box) else { return nil }
        return (version, key)
    }

    /// The newest key of a purpose, to be wrapped for another node.
    func newest(_ purpose: String, _ authority: AuthorityState) -> (version: UInt32, key: SymmetricKey)? {
        key(purpose, authority)
    }

    private func open(_ box: [UInt8]) -> SymmetricKey? {
        if let known = opened.withLock({ $0[box] }) { return known }
        guard let bytes = try? sealing.open(box), let key = try? SymmetricKey(bytes) else { return nil }
        opened.withLock { $0[box] = key }
        return key
    }
}
