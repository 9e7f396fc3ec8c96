import Foundation

/// Writes deltas for one direction of one session, leaving out what the receiver can rebuild.
///
/// Lanes get numbers on first use; of a lane's next delta the seq, the previous id and an unchanged epoch and schema
/// are left out. Numbers are used again, oldest first, when a session speaks of more lanes than ``laneLimit``.
package struct DeltaStreamEncoder: Sendable {
    /// The most lanes that have a number at one time, in either direction.
    package static let laneLimit = 65_536

    private var numbers: [LaneKey: UInt32] = [:]
    private var lanes: [LaneMemory] = []
    private var nextReuse = 0

    package init() {}

    /// The delta, and the lane's definition to be sent before it when it is new to the receiver.
    package mutating func encode(_ delta: Delta, lsn: LSN) -> (definition: WireLaneDefinition?, delta: WireSentDelta) {
        let header = delta.header
        var definition: WireLaneDefinition?
        let number: UInt32
        if let known = numbers[header.lane] {
            number = known
        } else {
            number = assignNumber(to: header.lane)
            definition = WireLaneDefinition(number: number, lane: header.lane)
        }
        var memory = lanes[Int(number)]
        var sent = WireSentDelta()
        sent.lane = number
        sent.lsn = UInt64(clamping: lsn)
        sent.signature = Data(delta.signature)
        sent.ops = delta.ops.map(\.wire)
        if delta.isCanonical {
            if memory.seq + 1 != header.seq { sent.seq = header.seq }
            if memory.head != header.previous { sent.previous = Data(header.previous?.bytes ?? []) }
            sent.hlc = header.hlc.raw
            if memory.schema != header.schema { sent.schema = header.schema }
            if memory.epoch != header.epoch {
                sent.districtHeight = header.epoch.district
                sent.issuerHeight = header.epoch.issuer
            }
        } else {
            sent.header = Data(delta.headerBytes)
        }
        memory.remember(header, id: delta.id)
        lanes[Int(number)] = memory
        return (definition, sent)
    }

    private mutating func assignNumber(to lane: LaneKey) -> UInt32 {
        if lanes.count < DeltaStreamEncoder.laneLimit {
            lanes.append(LaneMemory(lane: lane))
            numbers[lane] = UInt32(lanes.count - 1)
            return UInt32(lanes.count - 1)
        }
        let slot = nextReuse
        nextReuse = (nextReuse + 1) % DeltaStreamEncoder.laneLimit
        numbers[lanes[slot].lane] = nil
        lanes[slot] = LaneMemory(lane: lane)
        numbers[lane] = UInt32(slot)
        return UInt32(slot)
    }
}

/// Rebuilds the deltas of one direction of one session to their authors' exact bytes.
package struct DeltaStreamDecoder: Sendable {
    private var lanes: [UInt32: LaneMemory] = [:]

    package init() {}

    /// The peer gave a number to a lane; a number given again forgets the lane before.
    package mutating func define(_ definition: WireLaneDefinition) throws(DeltaError) {
        guard definition.number < UInt32(DeltaStreamEncoder.laneLimit) else {
            throw DeltaError(
                .tooLarge,
                "lane number \(definition.number), at most \(DeltaStreamEncoder.laneLimit - 1) is allowed"
            )
        }
        guard let lane = LaneKey(definition) else { throw DeltaError(.undecodable, "a lane definition names no lane") }
        lanes[definition.number] = LaneMemory(lane: lane)
    }

    /// Rebuilds the header, then checks limits, op count and root.
    ///
    /// The signature is left to the caller.
    package mutating func decode(
        _ sent: WireSentDelta,
        cluster: ClusterID,
        _ cryptography: Cryptography
    ) throws(DeltaError) -> Delta {
        guard var memory = lanes[sent.lane] else {
            throw DeltaError(.wrongLane, "lane number \(sent.lane) was never defined")
        }
        let ops = try SaltedOp.decode(sent.ops)
        let root = MerkleTree.root(ops.map { $0.leaf(cryptography) }, cryptography)
        let headerBytes =
            sent.header.isEmpty
            ? try rebuildHeader(sent, opCount: ops.count, root: root, memory: memory, cluster: cluster).canonicalBytes
            : Array(sent.header)
        let delta = try Delta(
            headerBytes: headerBytes,
            signature: Array(sent.signature),
            ops: ops,
            root: root,
            cryptography
        )
        guard delta.lane == memory.lane, delta.header.cluster == cluster else {
            throw DeltaError(.wrongLane, "a header is not of the lane and cluster it was sent for")
        }
        memory.remember(delta.header, id: delta.id)
        lanes[sent.lane] = memory
        return delta
    }

    private func rebuildHeader(
        _ sent: WireSentDelta,
        opCount: Int,
        root: Hash,
        memory: LaneMemory,
        cluster: ClusterID
    ) throws(DeltaError) -> DeltaHeader {
        let seq = sent.seq == 0 ? memory.seq &+ 1 : sent.seq
        let previous: DeltaID?
        if seq <= 1 {
            previous = nil
        } else if sent.previous.isEmpty {
            previous = memory.head
        } else {
            guard let named = DeltaID(sent.previous) else {
                throw DeltaError(.undecodable, "a previous of \(sent.previous.count) bytes, 32 are needed")
            }
            previous = named
        }
        let epoch =
            sent.districtHeight == 0 && sent.issuerHeight == 0
            ? memory.epoch : AuthorityEpoch(district: sent.districtHeight, issuer: sent.issuerHeight)
        return DeltaHeader(
            cluster: cluster,
            lane: memory.lane,
            seq: seq,
            previous: previous,
            hlc: HLC(raw: sent.hlc),
            schema: sent.schema == 0 ? memory.schema : sent.schema,
            epoch: epoch,
            opCount: opCount,
            opsRoot: root
        )
    }
}

/// What both ends remember of a lane's delta sent last.
private struct LaneMemory: Sendable {
    let lane: LaneKey
    var seq: UInt64 = 0
    var head: DeltaID?
    var schema: UInt32 = 1
    var epoch = AuthorityEpoch(district: 0, issuer: 0)

    init(lane: LaneKey) { self.lane = lane }

    mutating func remember(_ header: DeltaHeader, id: DeltaID) {
        seq = header.seq
        head = id
        schema = header.schema
        epoch = header.epoch
    }
}

extension WireLaneDefinition {
    fileprivate init(number: UInt32, lane: LaneKey) {
        self.init()
        self.number = number
        origin = Data(lane.origin.bytes)
        incarnation = lane.incarnation.raw
        audience = Data(lane.audience.bytes)
        self.class = WireDeltaClass(lane.deltaClass)
    }
}

extension LaneKey {
    /// - Returns: nil when an id has the wrong length or the class is unknown.
    package init?(_ wire: WireLaneDefinition) {
        guard let origin = NodeID(wire.origin), let audience = AudienceID(wire.audience),
            let deltaClass = DeltaClass(wire.class)
        else { return nil }
        self.init(
            origin: origin,
            incarnation: Incarnation(raw: wire.incarnation),
            audience: audience,
            deltaClass: deltaClass
        )
    }
}
