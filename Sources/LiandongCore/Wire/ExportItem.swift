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

    /// One byte for what it is, the length as u32 big-endian, the message.
    package var framedBytes: [UInt8] {
        let (kind, message): (UInt8, [UInt8]) =
            switch self {
            case .authority(let entry): (UInt8(ascii: "A"), entry.wireBytes)
            case .audience(let audience): (UInt8(ascii: "U"), audience.wireBytes)
            case .delta(let delta): (UInt8(ascii: "D"), delta.wireBytes)
            }
        return [kind] + UInt32(clamping: message.count).bigEndianBytes + message
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
}
