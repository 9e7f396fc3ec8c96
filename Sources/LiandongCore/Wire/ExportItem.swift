import Foundation
import SwiftProtobuf

/// One item of an export: what a node holds, in a form that others can check (docs/protocol, section 11).
package enum ExportItem: Sendable {
    /// In the order of the chain.
    case authority(SignedAuthorityEntry)
    /// Before the first delta for it.
    case audience(Audience)
    /// In the order of arrival.
    case delta(Delta)
    /// A serialized `SignedBeat`, in bundles only.
    case beat([UInt8])
    /// A serialized `SignedBeatPart`, in bundles only.
    case part([UInt8])

    /// What the first byte of an item says.
    package enum Kind: UInt8, Sendable {
        case authority = 0x41  // A
        case audience = 0x55  // U
        case delta = 0x44  // D
        case beat = 0x42  // B
        case part = 0x50  // P

        /// The most bytes of a message of the kind: within them decoding takes no more memory than it should.
        var byteLimit: Int {
            switch self {
            case .authority, .audience: AuthorityEntryContent.byteLimit + 1_024
            case .delta: 2 * Delta.byteLimit
            case .beat: 129 * 1_024
            case .part: 513 * 1_024
            }
        }
    }

    /// One byte for what it is, the length as u32 big-endian, the message.
    package var framedBytes: [UInt8] {
        let (kind, message): (Kind, [UInt8]) =
            switch self {
            case .authority(let entry): (.authority, entry.wireBytes)
            case .audience(let audience): (.audience, audience.wireBytes)
            case .delta(let delta): (.delta, delta.wireBytes)
            case .beat(let bytes): (.beat, bytes)
            case .part(let bytes): (.part, bytes)
            }
        return [kind.rawValue] + UInt32(clamping: message.count).bigEndianBytes + message
    }
}

/// An item as framed, not decoded yet.
package struct FramedItem: Sendable, Hashable {
    /// Nil for a kind that a later build writes.
    package let kind: ExportItem.Kind?
    package let message: [UInt8]

    /// The items of a stretch, each within its limit.
    package static func items(in bytes: [UInt8]) throws(DeltaError) -> [FramedItem] {
        var items: [FramedItem] = []
        var rest = bytes[...]
        while let code = rest.first {
            guard rest.count >= 5, let length = UInt32(bigEndianBytes: rest.dropFirst().prefix(4)) else {
                throw DeltaError(.undecodable, "an item is cut off in its frame")
            }
            let kind = ExportItem.Kind(rawValue: code)
            let limit = kind?.byteLimit ?? BundleChunk.byteLimit
            guard length <= limit else {
                throw DeltaError(.tooLarge, "an item of \(length) bytes, at most \(limit) are allowed")
            }
            rest = rest.dropFirst(5)
            guard rest.count >= Int(length) else { throw DeltaError(.undecodable, "an item is cut off") }
            items.append(FramedItem(kind: kind, message: Array(rest.prefix(Int(length)))))
            rest = rest.dropFirst(Int(length))
        }
        return items
    }
}

extension SignedAuthorityEntry {
    /// A `SignedEntry` message.
    package var wireBytes: [UInt8] {
        WireSignedEntry.with {
            $0.entry = Data(entry)
            $0.signature = Data(signature)
        }.canonicalBytes
    }

    /// Reads a `SignedEntry` message; nothing of it is believed yet.
    package init(wireBytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireSignedEntry(serializedBytes: wireBytes) else {
            throw DeltaError(.undecodable, "an authority entry is no protobuf")
        }
        self.init(entry: Array(wire.entry), signature: Array(wire.signature))
    }
}
