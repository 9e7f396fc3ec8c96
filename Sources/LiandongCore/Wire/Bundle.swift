import Foundation
import SwiftProtobuf

/// What a bundle, a file of deltas for one node, says of itself (docs/protocol, section 14).
package struct BundleHeader: Sendable, Hashable {
    package static let version: UInt32 = 1
    /// The first bytes of the file.
    package static let magic = Array("liandong/bundle\n".utf8)
    /// The most bytes of a header, its signature included.
    package static let byteLimit = 1_024
    package static let nonceByteCount = 16

    package let cluster: ClusterID
    package let exporter: NodeID
    package let addressee: NodeID
    package let time: Instant
    package let nonce: [UInt8]
    /// The key of the chunks, sealed to the addressee; nil where they are not sealed.
    package let sealedKey: [UInt8]?
    /// Whether it holds everything the addressee may have.
    package let isComplete: Bool

    package init(
        cluster: ClusterID,
        exporter: NodeID,
        addressee: NodeID,
        time: Instant,
        nonce: [UInt8],
        sealedKey: [UInt8]?,
        isComplete: Bool
    ) {
        self.cluster = cluster
        self.exporter = exporter
        self.addressee = addressee
        self.time = time
        self.nonce = nonce
        self.sealedKey = sealedKey
        self.isComplete = isComplete
    }

    package var canonicalBytes: [UInt8] {
        WireBundleHeader.with {
            $0.version = BundleHeader.version
            $0.cluster = Data(cluster.bytes)
            $0.exporter = Data(exporter.bytes)
            $0.addressee = Data(addressee.bytes)
            $0.time = UInt64(clamping: time.milliseconds)
            $0.nonce = Data(nonce)
            $0.sealedKey = Data(sealedKey ?? [])
            $0.complete = isComplete
        }.canonicalBytes
    }

    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireBundleHeader(serializedBytes: bytes) else {
            throw DeltaError(.undecodable, "a bundle's header is no protobuf")
        }
        guard wire.version == BundleHeader.version else {
            throw DeltaError(
                .wrongSuite,
                "a bundle of version \(wire.version), this build knows \(BundleHeader.version); upgrade liandong"
            )
        }
        guard let cluster = ClusterID(wire.cluster), let exporter = NodeID(wire.exporter),
            let addressee = NodeID(wire.addressee), wire.nonce.count == BundleHeader.nonceByteCount
        else { throw DeltaError(.undecodable, "a bundle's cluster, nodes or nonce are not of their form") }
        self.init(
            cluster: cluster,
            exporter: exporter,
            addressee: addressee,
            time: Instant(milliseconds: Int64(clamping: wire.time)),
            nonce: Array(wire.nonce),
            sealedKey: wire.sealedKey.isEmpty ? nil : Array(wire.sealedKey),
            isComplete: wire.complete
        )
    }

    /// What the exporter's signature is over.
    package static func signedMessage(_ header: [UInt8]) -> [UInt8] { Array("liandong/bundle/1".utf8) + header }
}

/// One stretch of a bundle: items, framed as in an export, and sealed where the bundle is.
package struct BundleChunk: Sendable, Hashable {
    /// A chunk is closed when its items have so many bytes.
    package static let byteGoal = 512 * 1_024
    /// The most bytes of a chunk, its signature included.
    package static let byteLimit = 2 << 20

    package let number: UInt32
    package let isLast: Bool
    package let items: [UInt8]

    package init(number: UInt32, isLast: Bool, items: [UInt8]) {
        self.number = number
        self.isLast = isLast
        self.items = items
    }

    package var canonicalBytes: [UInt8] {
        WireBundleChunk.with {
            $0.number = number
            $0.last = isLast
            $0.items = Data(items)
        }.canonicalBytes
    }

    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireBundleChunk(serializedBytes: bytes) else {
            throw DeltaError(.undecodable, "a bundle's chunk is no protobuf")
        }
        self.init(number: wire.number, isLast: wire.last, items: Array(wire.items))
    }

    /// What the exporter's signature is over.
    package static func signedMessage(_ chunk: [UInt8], header: Hash) -> [UInt8] {
        Array("liandong/bundle-chunk/1".utf8) + header.bytes + chunk
    }

    /// What the items are sealed with besides the key: their place in this file and no other.
    package static func sealedFor(number: UInt32, isLast: Bool, header: Hash) -> [UInt8] {
        Array("liandong/bundle-items/1".utf8) + header.bytes + number.bigEndianBytes + [isLast ? 1 : 0]
    }
}

/// Bytes and their signature, as each frame of a bundle holds them.
package struct SignedBundlePart: Sendable, Hashable {
    package let bytes: [UInt8]
    package let signature: [UInt8]

    package init(bytes: [UInt8], signature: [UInt8]) {
        self.bytes = bytes
        self.signature = signature
    }

    /// A `SignedBundleHeader` or `SignedBundleChunk`, which are laid out alike.
    package var wireBytes: [UInt8] {
        WireSignedBundleChunk.with {
            $0.chunk = Data(bytes)
            $0.signature = Data(signature)
        }.canonicalBytes
    }

    package init(wireBytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireSignedBundleChunk(serializedBytes: wireBytes), wire.signature.count == 64 else {
            throw DeltaError(.undecodable, "a bundle's frame holds no signed part")
        }
        self.init(bytes: Array(wire.chunk), signature: Array(wire.signature))
    }
}
