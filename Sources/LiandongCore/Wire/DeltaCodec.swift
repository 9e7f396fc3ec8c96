import Foundation
import SwiftProtobuf

extension DeltaHeader {
    /// The canonical header: fields ascending, defaults left out.
    ///
    /// What an author signs.
    package var canonicalBytes: [UInt8] {
        let wire = WireHeader.with {
            $0.suite = UInt32(suite)
            $0.cluster = Data(cluster.bytes)
            $0.origin = Data(lane.origin.bytes)
            $0.incarnation = lane.incarnation.raw
            $0.audience = Data(lane.audience.bytes)
            $0.class = WireDeltaClass(lane.deltaClass)
            $0.seq = seq
            $0.previous = Data(previous?.bytes ?? [])
            $0.hlc = hlc.raw
            $0.schema = schema
            $0.districtHeight = epoch.district
            $0.issuerHeight = epoch.issuer
            $0.opCount = UInt32(clamping: opCount)
            $0.opsRoot = Data(opsRoot.bytes)
        }
        return wire.canonicalBytes
    }

    /// Reads a header's bytes, canonical or not.
    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard bytes.count <= 1_024 else {
            throw DeltaError(.tooLarge, "a header of \(bytes.count) bytes, at most 1024 are allowed")
        }
        let wire: WireHeader
        do { wire = try WireHeader(serializedBytes: bytes) } catch {
            throw DeltaError(.undecodable, "a header is no protobuf")
        }
        guard wire.suite == 1 else { throw DeltaError(.wrongSuite, "suite \(wire.suite), this build knows 1") }
        guard let cluster = ClusterID(wire.cluster), let origin = NodeID(wire.origin),
            let audience = AudienceID(wire.audience), let opsRoot = Hash(wire.opsRoot),
            let deltaClass = DeltaClass(wire.class)
        else {
            throw DeltaError(.undecodable, "a header's cluster, origin, audience, class or root is not of its form")
        }
        let previous = DeltaID(wire.previous)
        guard wire.seq > 0, wire.seq < 1 << 54, (previous == nil) == (wire.seq == 1),
            wire.previous.isEmpty == (previous == nil)
        else { throw DeltaError(.undecodable, "seq \(wire.seq) with a previous of \(wire.previous.count) bytes") }
        guard wire.opCount > 0, wire.opCount <= UInt32(Delta.opLimit) else {
            throw DeltaError(.tooLarge, "\(wire.opCount) ops, 1 to \(Delta.opLimit) are allowed")
        }
        self.init(
            cluster: cluster,
            lane: LaneKey(
                origin: origin,
                incarnation: Incarnation(raw: wire.incarnation),
                audience: audience,
                deltaClass: deltaClass
            ),
            seq: wire.seq,
            previous: previous,
            hlc: HLC(raw: wire.hlc),
            schema: wire.schema,
            epoch: AuthorityEpoch(district: wire.districtHeight, issuer: wire.issuerHeight),
            opCount: Int(wire.opCount),
            opsRoot: opsRoot
        )
    }
}

extension Delta {
    /// The message that a delta's signature is over.
    package static func signedMessage(headerBytes: [UInt8]) -> [UInt8] {
        Array("liandong/delta/1".utf8) + headerBytes
    }

    /// The check that makes a delta its author's.
    package var signatureCheck: SignatureCheck {
        SignatureCheck(
            signature: signature,
            message: Delta.signedMessage(headerBytes: headerBytes),
            key: header.lane.origin.bytes
        )
    }

    /// Whether a receiver could rebuild the header from its fields.
    package var isCanonical: Bool { header.canonicalBytes == headerBytes }

    /// Puts a delta together from its parts, checking everything but the signature: limits, op count, root.
    package init(
        headerBytes: [UInt8],
        signature: [UInt8],
        ops: [SaltedOp],
        _ cryptography: Cryptography
    ) throws(DeltaError) {
        let root = MerkleTree.root(ops.map { $0.leaf(cryptography) }, cryptography)
        try self.init(headerBytes: headerBytes, signature: signature, ops: ops, root: root, cryptography)
    }

    /// The same for ops whose root is known already.
    init(
        headerBytes: [UInt8],
        signature: [UInt8],
        ops: [SaltedOp],
        root: Hash,
        _ cryptography: Cryptography
    ) throws(DeltaError) {
        let header = try DeltaHeader(decoding: headerBytes)
        guard signature.count == 64 else {
            throw DeltaError(.undecodable, "a signature of \(signature.count) bytes, 64 are needed")
        }
        guard ops.count == header.opCount else {
            throw DeltaError(.undecodable, "\(ops.count) ops under a header that counts \(header.opCount)")
        }
        let byteCount = ops.reduce(0) { $0 + $1.byteCount }
        guard byteCount <= Delta.byteLimit else {
            throw DeltaError(.tooLarge, "a delta of \(byteCount) bytes, at most \(Delta.byteLimit) are allowed")
        }
        guard root == header.opsRoot else {
            throw DeltaError(.wrongRoot, "the ops do not have the root that their header signs")
        }
        self.init(
            headerBytes: headerBytes,
            signature: signature,
            ops: ops,
            header: header,
            id: DeltaID(headerBytes: headerBytes, cryptography)
        )
    }

    /// A `Delta` message, as exported.
    package var wireBytes: [UInt8] {
        WireDelta.with {
            $0.header = Data(headerBytes)
            $0.signature = Data(signature)
            $0.ops = ops.map(\.wire)
        }.canonicalBytes
    }

    /// Reads an exported `Delta` message, checking everything but the signature.
    package init(wireBytes: [UInt8], _ cryptography: Cryptography) throws(DeltaError) {
        guard let wire = try? WireDelta(serializedBytes: wireBytes) else {
            throw DeltaError(.undecodable, "a delta is no protobuf")
        }
        try self.init(
            headerBytes: Array(wire.header),
            signature: Array(wire.signature),
            ops: SaltedOp.decode(wire.ops),
            cryptography
        )
    }

    /// The ops alone, as the store keeps them beside header and signature.
    package var bodyBytes: [UInt8] { ops.bodyBytes }

    /// Takes back what this node once checked and stored: limits and form are checked, hashes are not computed anew.
    package init(
        storedHeader: [UInt8],
        signature: [UInt8],
        body: [UInt8],
        id: DeltaID
    ) throws(DeltaError) {
        self.init(
            headerBytes: storedHeader,
            signature: signature,
            ops: try SaltedOp.decode(body: body),
            header: try DeltaHeader(decoding: storedHeader),
            id: id
        )
    }
}

extension [SaltedOp] {
    /// What ``Delta/bodyBytes`` are.
    package var bodyBytes: [UInt8] { WireDelta.with { $0.ops = map(\.wire) }.canonicalBytes }
}

extension SaltedOp {
    /// The ops of ``Delta/bodyBytes``.
    package static func decode(body: [UInt8]) throws(DeltaError) -> [SaltedOp] {
        guard let wire = try? WireDelta(serializedBytes: body) else {
            throw DeltaError(.undecodable, "a stored delta's ops are no protobuf")
        }
        return try decode(wire.ops)
    }

    package func leaf(_ cryptography: Cryptography) -> Hash {
        switch self {
        case .held(let salt, let op): MerkleTree.leaf(salt: salt, op: op, cryptography)
        case .dropped(let leaf): leaf
        }
    }

    /// Whether only its leaf is held.
    package var isDropped: Bool {
        if case .dropped = self { true } else { false }
    }

    /// What counts against ``Delta/byteLimit``.
    package var byteCount: Int {
        switch self {
        case .held(let salt, let op): salt.count + op.count
        case .dropped: 32
        }
    }

    /// A plain salt is left out: the receiver puts the one zero byte back.
    package var wire: WireSaltedOp {
        .with {
            switch self {
            case .held(let salt, let op):
                if salt != SaltedOp.plainSalt { $0.salt = Data(salt) }
                $0.op = Data(op)
            case .dropped(let leaf):
                $0.leaf = Data(leaf.bytes)
            }
        }
    }

    package static func decode(_ wires: [WireSaltedOp]) throws(DeltaError) -> [SaltedOp] {
        guard wires.count <= Delta.opLimit else {
            throw DeltaError(.tooLarge, "\(wires.count) ops, at most \(Delta.opLimit) are allowed")
        }
        var ops: [SaltedOp] = []
        ops.reserveCapacity(wires.count)
        for wire in wires { ops.append(try SaltedOp(wire)) }
        return ops
    }

    private init(_ wire: WireSaltedOp) throws(DeltaError) {
        if wire.leaf.isEmpty {
            guard wire.salt.isEmpty || wire.salt.count == 16 else {
                throw DeltaError(.undecodable, "a salt of \(wire.salt.count) bytes, 16 or none are allowed")
            }
            self = .held(salt: wire.salt.isEmpty ? SaltedOp.plainSalt : Array(wire.salt), op: Array(wire.op))
        } else {
            guard let leaf = Hash(wire.leaf), wire.op.isEmpty, wire.salt.isEmpty else {
                throw DeltaError(.undecodable, "a dropped op is not one leaf of 32 bytes")
            }
            self = .dropped(leaf: leaf)
        }
    }
}

extension Op {
    /// The bytes that are salted, hashed and signed.
    package var wireBytes: [UInt8] {
        WireOp.with {
            $0.record = Data(record.bytes)
            $0.field = field.code
            $0.element = Data(element)
            $0.value = Data(value)
            switch change {
            case .write: $0.type = .write
            case .remove: $0.type = .remove
            case .erase: $0.type = .erase
            case .given: $0.type = .given
            case .carry: $0.type = .carry
            case .left: $0.type = .left
            case .unknown(let code): $0.type = WireOpType(rawValue: code) ?? .UNRECOGNIZED(code)
            }
            $0.context = context.entries.map { entry in
                .with {
                    $0.lane = Data(entry.lane.bytes)
                    $0.position = entry.position.raw
                }
            }
            $0.floor = floor?.raw ?? 0
            if let nonce { $0.nonce = Data(nonce.bytes) }
        }.canonicalBytes
    }

    /// The most lanes a context may name.
    package static let contextLimit = 4_096

    /// Reads an op's bytes.
    ///
    /// Nothing they hold can trap.
    package init(decoding bytes: [UInt8]) throws(DeltaError) {
        guard let wire = try? WireOp(serializedBytes: bytes) else {
            throw DeltaError(.undecodable, "an op is no protobuf")
        }
        guard let record = RecordID(wire.record) else {
            throw DeltaError(.undecodable, "an op's record has \(wire.record.count) bytes, 16 are needed")
        }
        guard wire.context.count <= Op.contextLimit else {
            throw DeltaError(.tooLarge, "a context of \(wire.context.count) lanes, at most \(Op.contextLimit)")
        }
        var context = CellContext()
        for entry in wire.context {
            guard let lane = LaneID(entry.lane) else { throw DeltaError(.undecodable, "a context names no lane") }
            context.insert(lane, LanePosition(raw: entry.position))
        }
        let nonce = Nonce(wire.nonce)
        guard wire.nonce.isEmpty || nonce != nil else {
            throw DeltaError(.undecodable, "a nonce of \(wire.nonce.count) bytes, 16 are needed")
        }
        let change: Change
        switch wire.type {
        case .write: change = .write
        case .remove: change = .remove
        case .given: change = .given
        case .carry: change = .carry
        case .erase: change = .erase
        case .left: change = .left
        case .UNRECOGNIZED: change = .unknown(wire.type.rawValue)
        }
        self.init(
            record: record,
            field: Field(code: wire.field),
            element: Array(wire.element),
            value: Array(wire.value),
            change: change,
            context: context,
            floor: wire.floor == 0 ? nil : HLC(raw: wire.floor),
            nonce: nonce
        )
    }
}

extension WireDeltaClass {
    package init(_ deltaClass: DeltaClass) {
        switch deltaClass {
        case .interactive: self = .interactive
        case .bulk: self = .bulk
        }
    }
}

extension DeltaClass {
    /// - Returns: nil for a class this build does not know.
    package init?(_ wire: WireDeltaClass) {
        switch wire {
        case .interactive: self = .interactive
        case .bulk: self = .bulk
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}
