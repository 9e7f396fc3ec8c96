import LiandongCore
import LiandongSigning
import LiandongSimulation
import SwiftProtobuf

/// A replica as a reconciliation sees it: lanes with their elements and digest trees, in memory.
struct MemoryLanes {
    var lanes: [LaneKey: MemoryLane] = [:]

    static func key(_ number: Int) -> LaneKey {
        LaneKey(
            origin: NodeID(raw: Bytes32(word0: UInt64(number), word1: 0, word2: 0, word3: 0)),
            incarnation: Incarnation(raw: 1),
            audience: AudienceID(raw: Bytes16(high: 0, low: 7)),
            deltaClass: .interactive
        )
    }

    /// The delta that everybody holds at a seq, or with a branch another of the same seq.
    static func element(_ lane: Int, _ seq: UInt64, branch: UInt64 = 0) -> LaneElement {
        LaneElement(
            seq: seq,
            digest: Cryptography.sodium.hash(
                UInt64(lane).bigEndianBytes + seq.bigEndianBytes + branch.bigEndianBytes
            )
        )
    }

    mutating func insert(_ lane: Int, _ seq: UInt64, branch: UInt64 = 0) {
        insert(Self.element(lane, seq, branch: branch), into: Self.key(lane))
    }

    mutating func insert(_ element: LaneElement, into key: LaneKey) {
        lanes[key, default: MemoryLane(key: key)].insert(element)
    }

    /// All that is held.
    var content: Set<String> {
        Set(lanes.values.flatMap { lane in lane.storage.elements.map { "\(lane.key.origin) \($0.seq) \($0.digest)" } })
    }

    var summaries: [LaneSummary] {
        lanes.values.map { $0.summary(number: number(of: $0.key)) }
    }

    private func number(of key: LaneKey) -> Int64 {
        key.origin.bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    func read(_ reads: [Reconciler.NodeRead]) throws -> [[LaneNodeChild]] {
        try reads.map { read in
            try lanes[Self.key(Int(read.lane))]?.children(of: read.node) ?? []
        }
    }

    /// What a difference says is to be sent.
    func offers(_ differences: [Reconciler.Difference]) -> [(LaneKey, LaneElement)] {
        differences.flatMap { difference in
            let seqs = difference.offered.union(difference.differing)
            return (lanes[difference.lane.key]?.storage.elements ?? []).filter { element in
                seqs.ranges.contains { $0.contains(element.seq) }
            }.map { (difference.lane.key, $0) }
        }
    }
}

/// Two replicas in a pass over the wire's own bytes.
struct ReconciliationPass {
    var a: Reconciler
    var b: Reconciler
    /// What was said, in turn.
    private(set) var frames: [[UInt8]] = []

    var turns: Int { frames.count }
    /// With the length before each frame.
    var byteCount: Int { frames.reduce(0) { $0 + $1.count + 4 } }

    /// Plays one pass to its end.
    init(_ first: MemoryLanes, _ second: MemoryLanes, salt: UInt64 = 1) throws {
        a = Reconciler(initiator: true, lanes: first.summaries, .sodium)
        b = Reconciler(initiator: false, lanes: second.summaries, .sodium)
        var message: ReconciliationMessage? = a.begin(salt: salt.bigEndianBytes + salt.bigEndianBytes)
        var isSecondsTurn = true
        while let sent = message {
            let wire = WireFrame.with { $0.reconcile = sent.wire(pass: 1) }
            let bytes: [UInt8] = try wire.serializedBytes()
            frames.append(bytes)
            try FrameBounds.check(bytes)
            let read = try ReconciliationMessage(WireFrame(serializedBytes: bytes).reconcile)
            message =
                isSecondsTurn
                ? try Self.turn(of: &b, over: second, on: read) : try Self.turn(of: &a, over: first, on: read)
            isSecondsTurn.toggle()
        }
    }

    private static func turn(
        of side: inout Reconciler,
        over lanes: MemoryLanes,
        on message: ReconciliationMessage
    ) throws -> ReconciliationMessage? {
        var step = try side.received(message)
        while !step.reads.isEmpty { step = side.nodesRead(try lanes.read(step.reads)) }
        return step.message
    }
}
