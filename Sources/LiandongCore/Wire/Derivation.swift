import Foundation
import SwiftProtobuf

// How identifiers are derived: the whole of it, in one place. docs/protocol/README.md says the same in words.

extension AudienceID {
    /// First 16 bytes of H("liandong/audience/1" ‖ canonical `Audience` message).
    package init(_ audience: Audience, _ cryptography: Cryptography) {
        let hash = cryptography.hash(Array("liandong/audience/1".utf8) + audience.wireBytes)
        self.init(raw: Bytes16(prefixOf: hash.raw))
    }
}

extension RecordID {
    /// First 16 bytes of H("liandong/record/1" ‖ kind as u32 big-endian ‖ home audience ‖ nonce).
    package init(kind: RecordKind, home: AudienceID, nonce: Nonce, _ cryptography: Cryptography) {
        let message =
            Array("liandong/record/1".utf8) + kind.code.bigEndianBytes + home.bytes + nonce.bytes
        self.init(raw: Bytes16(prefixOf: cryptography.hash(message).raw))
    }
}

extension LaneID {
    /// First 16 bytes of H("liandong/lane/1" ‖ origin ‖ incarnation as u64 big-endian ‖ audience ‖ class byte).
    package init(_ key: LaneKey, _ cryptography: Cryptography) {
        let message =
            Array("liandong/lane/1".utf8) + key.origin.bytes + key.incarnation.bytes + key.audience.bytes
            + [key.deltaClass.rawValue]
        self.init(raw: Bytes16(prefixOf: cryptography.hash(message).raw))
    }
}

extension DeltaID {
    /// H(0x02 ‖ header bytes).
    package init(headerBytes: [UInt8], _ cryptography: Cryptography) {
        self.init(raw: cryptography.hash([2] + headerBytes).raw)
    }
}

extension Audience {
    /// The canonical `Audience` message: what the id is derived from.
    package var wireBytes: [UInt8] { wire.canonicalBytes }

    package var wire: WireAudience {
        .with {
            $0.members = members.map { member in
                .with {
                    $0.place = member.place.raw
                    $0.scope = member.scope == .below ? .below : .line
                }
            }
        }
    }

    /// - Returns: nil when the members are not sorted, repeat a place, are too many, or have an unknown scope.
    package init?(_ wire: WireAudience) {
        guard wire.members.count <= Audience.memberLimit else { return nil }
        var members: [Member] = []
        for member in wire.members {
            guard let scope = Scope(rawValue: UInt8(clamping: member.scope.rawValue)) else { return nil }
            members.append(Member(place: PlaceID(raw: member.place), scope: scope))
        }
        self.init(members)
        guard self.members == members else { return nil }
    }

    /// Reads back what ``wireBytes`` gave.
    package init?(wireBytes: [UInt8]) {
        guard let wire = try? WireAudience(serializedBytes: wireBytes) else { return nil }
        self.init(wire)
    }
}

extension SwiftProtobuf.Message {
    /// The message's bytes, fields in ascending order.
    ///
    /// A message of ours has no required field and cannot fail.
    var canonicalBytes: [UInt8] {
        do {
            return try serializedBytes()
        } catch {
            preconditionFailure("a message without required fields did not serialize: \(error)")
        }
    }
}
