/// An identifier of fixed width whose bytes are its whole meaning.
package protocol FixedIdentifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    associatedtype Raw: Hashable & Comparable & Sendable
    var raw: Raw { get }
    init(raw: Raw)
    var bytes: [UInt8] { get }
}

extension FixedIdentifier {
    package static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
    package var description: String { hexadecimal(bytes) }
}

extension FixedIdentifier where Raw == Bytes16 {
    package var bytes: [UInt8] { raw.bytes }

    /// - Returns: nil unless there are exactly 16 bytes.
    @inlinable
    package init?(_ bytes: some Collection<UInt8>) {
        guard let raw = Bytes16(bytes) else { return nil }
        self.init(raw: raw)
    }
}

extension FixedIdentifier where Raw == Bytes32 {
    package var bytes: [UInt8] { raw.bytes }

    /// - Returns: nil unless there are exactly 32 bytes.
    @inlinable
    package init?(_ bytes: some Collection<UInt8>) {
        guard let raw = Bytes32(bytes) else { return nil }
        self.init(raw: raw)
    }
}

extension FixedIdentifier where Raw == UInt64 {
    package var bytes: [UInt8] { raw.bigEndianBytes }
}

/// A node: its Ed25519 public key.
package struct NodeID: FixedIdentifier {
    package let raw: Bytes32
    package init(raw: Bytes32) { self.raw = raw }
}

/// The name of a delta: H(0x02 ‖ header bytes).
package struct DeltaID: FixedIdentifier {
    package let raw: Bytes32
    package init(raw: Bytes32) { self.raw = raw }
}

/// A BLAKE2b-256 hash.
package struct Hash: FixedIdentifier {
    package let raw: Bytes32
    package init(raw: Bytes32) { self.raw = raw }
}

/// A record: first 16 bytes of H("liandong/record/1" ‖ kind ‖ home audience ‖ nonce).
package struct RecordID: FixedIdentifier {
    package let raw: Bytes16
    package init(raw: Bytes16) { self.raw = raw }
}

/// An audience: first 16 bytes of H("liandong/audience/1" ‖ its definition).
package struct AudienceID: FixedIdentifier {
    package let raw: Bytes16
    package init(raw: Bytes16) { self.raw = raw }
}

/// A lane: first 16 bytes of H("liandong/lane/1" ‖ origin ‖ incarnation ‖ audience ‖ class).
package struct LaneID: FixedIdentifier {
    package let raw: Bytes16
    package init(raw: Bytes16) { self.raw = raw }
}

/// A cluster: first 16 bytes of H("liandong/cluster/1" ‖ root public key).
package struct ClusterID: FixedIdentifier {
    package let raw: Bytes16
    package init(raw: Bytes16) { self.raw = raw }
}

/// The 16 random bytes that a record id commits to.
package struct Nonce: FixedIdentifier {
    package let raw: Bytes16
    package init(raw: Bytes16) { self.raw = raw }
}

/// A district, street, community or grid: opaque, never a division code.
package struct PlaceID: FixedIdentifier {
    package let raw: UInt64
    package init(raw: UInt64) { self.raw = raw }
}

/// Minted when a database is created or restored, and at every start that is not provably clean.
package struct Incarnation: FixedIdentifier {
    package let raw: UInt64
    package init(raw: UInt64) { self.raw = raw }
}

/// Names one physical database file; cursors are worth nothing against another.
package struct StoreEpoch: FixedIdentifier {
    package let raw: UInt64
    package init(raw: UInt64) { self.raw = raw }
}

/// A local arrival number in one database file, from 1.
package typealias LSN = Int64
