import Foundation
package import LiandongCore
import LiandongSigning
import SwiftProtobuf

/// What `liandong invite` prints: where the parent is, whose key it must show, and the secret that proves the invite.
package struct JoinToken: Sendable, Hashable {
    package static let prefix = "ldj1."

    package let cluster: ClusterID
    package let parent: NodeID
    package let addresses: [String]
    /// Seed of the invite's key, 32 bytes.
    package let secret: [UInt8]
    package let expires: Instant
    package let name: String
    package let placeCode: String
    /// 32 bytes: the cluster id commits to it.
    package let root: [UInt8]

    package init(
        cluster: ClusterID,
        parent: NodeID,
        addresses: [String],
        secret: [UInt8],
        expires: Instant,
        name: String,
        placeCode: String,
        root: [UInt8]
    ) {
        self.cluster = cluster
        self.parent = parent
        self.addresses = addresses
        self.secret = secret
        self.expires = expires
        self.name = name
        self.placeCode = placeCode
        self.root = root
    }

    /// - Throws: ``NodeError`` that says what is wrong with the text.
    package init(_ text: String) throws {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix(JoinToken.prefix) else {
            throw NodeError(
                .usage,
                "the token begins with \"\(text.prefix(5))\", not \"\(JoinToken.prefix)\"; copy it whole"
            )
        }
        var base64 = text.dropFirst(JoinToken.prefix.count)
            .replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), let wire = try? WireJoinToken(serializedBytes: data),
            let cluster = ClusterID(wire.cluster), let parent = NodeID(wire.parent), wire.secret.count == 32,
            wire.root.count == 32, !wire.addresses.isEmpty
        else {
            throw NodeError(.usage, "the token of \(text.count) characters cannot be read; copy it whole")
        }
        guard ClusterID(root: Array(wire.root), .sodium) == cluster else {
            throw NodeError(.refused, "the token's cluster id does not belong to its root key; ask for a new token")
        }
        self.init(
            cluster: cluster,
            parent: parent,
            addresses: wire.addresses,
            secret: Array(wire.secret),
            expires: Instant(milliseconds: Int64(clamping: wire.expires)),
            name: wire.name,
            placeCode: wire.placeCode,
            root: Array(wire.root)
        )
    }

    package var text: String {
        let wire = WireJoinToken.with {
            $0.cluster = Data(cluster.bytes)
            $0.parent = Data(parent.bytes)
            $0.addresses = addresses
            $0.secret = Data(secret)
            $0.expires = UInt64(clamping: expires.milliseconds)
            $0.name = name
            $0.placeCode = placeCode
            $0.root = Data(root)
        }
        let bytes: [UInt8] = (try? wire.serializedBytes()) ?? []
        return JoinToken.prefix + bytes.base64URL
    }
}
