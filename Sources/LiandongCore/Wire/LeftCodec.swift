import Foundation
import SwiftProtobuf

extension Left {
    /// The value of a left.
    package var wireBytes: [UInt8] {
        WireLeft.with {
            $0.further = further.wire
            $0.home = home.wire
            $0.nonce = Data(nonce.bytes)
            $0.ops = ops.map { Data($0.bytes) }
        }.canonicalBytes
    }

    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireLeft(serializedBytes: bytes), let further = Audience(wire.further),
            let home = Audience(wire.home), let nonce = Nonce(wire.nonce)
        else {
            throw DeltaError(.undecodable, "a left lacks an audience, the record's home or its nonce")
        }
        guard wire.ops.count <= Left.opLimit else {
            throw DeltaError(.tooLarge, "a left of \(wire.ops.count) ops, at most \(Left.opLimit) are allowed")
        }
        var ops: [Dot] = []
        for bytes in wire.ops {
            guard let dot = Dot(Array(bytes)) else {
                throw DeltaError(.undecodable, "a left names an op with \(bytes.count) bytes, 34 are needed")
            }
            ops.append(dot)
        }
        self.init(further: further, home: home, nonce: nonce, ops: ops)
    }
}
