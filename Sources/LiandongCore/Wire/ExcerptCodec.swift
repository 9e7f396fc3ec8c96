import Foundation
import SwiftProtobuf

extension Excerpt {
    /// The value of a carry.
    package var wireBytes: [UInt8] {
        WireExcerpt.with {
            $0.header = Data(headerBytes)
            $0.signature = Data(signature)
            $0.index = UInt32(clamping: index)
            if salt != SaltedOp.plainSalt { $0.salt = Data(salt) }
            $0.op = Data(op)
            $0.path = Data(path.flatMap(\.bytes))
            $0.audience = audience.wire
        }.canonicalBytes
    }

    /// Reads the value of a carry.
    ///
    /// What it says is not checked: ``verified(_:)`` does.
    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireExcerpt(serializedBytes: bytes) else {
            throw DeltaError(.undecodable, "an excerpt is no protobuf")
        }
        // A delta of 512 ops has a tree of 9 levels.
        guard wire.path.count <= 9 * 32, wire.path.count.isMultiple(of: 32), wire.index < UInt32(Delta.opLimit) else {
            throw DeltaError(
                .undecodable,
                "an excerpt of op \(wire.index) with a path of \(wire.path.count) bytes; ops are below "
                    + "\(Delta.opLimit), paths at most 9 hashes of 32 bytes"
            )
        }
        guard let audience = Audience(wire.audience) else {
            throw DeltaError(.undecodable, "an excerpt defines no audience")
        }
        var path: [Hash] = []
        let bytes = Array(wire.path)
        for start in stride(from: 0, to: bytes.count, by: 32) {
            if let hash = Hash(bytes[start..<start + 32]) { path.append(hash) }
        }
        self.init(
            headerBytes: Array(wire.header),
            signature: Array(wire.signature),
            index: Int(wire.index),
            salt: wire.salt.isEmpty ? SaltedOp.plainSalt : Array(wire.salt),
            op: Array(wire.op),
            path: path,
            audience: audience
        )
    }
}

extension Given {
    /// The value of a given.
    package var wireBytes: [UInt8] {
        WireGiven.with {
            $0.audience = audience.wire
            $0.replaces = replaces.map { Data($0.bytes) }
        }.canonicalBytes
    }

    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireGiven(serializedBytes: bytes), let audience = Audience(wire.audience) else {
            throw DeltaError(.undecodable, "a given defines no audience")
        }
        guard wire.replaces.count <= Given.replacedLimit else {
            throw DeltaError(
                .tooLarge,
                "a given replaces \(wire.replaces.count) others, at most \(Given.replacedLimit) are allowed"
            )
        }
        var replaces: [Dot] = []
        for bytes in wire.replaces {
            guard let dot = Dot(Array(bytes)) else {
                throw DeltaError(.undecodable, "a given names an op with \(bytes.count) bytes, 34 are needed")
            }
            replaces.append(dot)
        }
        self.init(audience: audience, replaces: replaces)
    }
}

extension Dot {
    /// 34 bytes: the DeltaID and the index as two bytes, big-endian.
    package var bytes: [UInt8] {
        delta.bytes + [UInt8(truncatingIfNeeded: index >> 8), UInt8(truncatingIfNeeded: index)]
    }

    /// - Returns: nil unless there are exactly 34 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 34, let delta = DeltaID(bytes.prefix(32)) else { return nil }
        self.init(delta: delta, index: Int(bytes[32]) << 8 | Int(bytes[33]))
    }
}
