import LiandongCore
import LiandongSigning
import SwiftProtobuf

/// The product's own: lanes narrowed down by salted fingerprints, then seqs; every byte goes through its frames.
enum LaneMethod {
    /// What the store keeps durable with each delta.
    static func summaries(of workload: Workload, without missing: Set<Int>) -> [LaneSummary] {
        var digests = Array(repeating: LaneDigest(), count: workload.laneCount)
        var held = Array(repeating: [ClosedRange<UInt64>](), count: workload.laneCount)
        for (index, item) in workload.items.enumerated() where !missing.contains(index) {
            digests[item.lane].append(LaneElement(seq: item.seq, digest: item.id), .sodium) { _, _ in }
            if let last = held[item.lane].last, last.upperBound + 1 == item.seq {
                held[item.lane][held[item.lane].count - 1] = last.lowerBound...item.seq
            } else {
                held[item.lane].append(item.seq...item.seq)
            }
        }
        return digests.indices.filter { !held[$0].isEmpty }.map { lane in
            let key = LaneKey(
                origin: NodeID(raw: Bytes32(word0: UInt64(lane), word1: 0, word2: 0, word3: 0)),
                incarnation: Incarnation(raw: 1),
                audience: AudienceID(raw: Bytes16(high: 0, low: 7)),
                deltaClass: .interactive
            )
            return LaneSummary(
                key: key,
                id: LaneID(key, .sodium),
                number: Int64(lane),
                held: SeqSet(ascending: held[lane]),
                digest: digests[lane].root(.sodium),
                top: digests[lane].top
            )
        }
    }

    static func run(_ first: [LaneSummary], _ second: [LaneSummary]) throws -> Cost {
        var cost = Cost()
        let began = ContinuousClock.now
        var a = Reconciler(initiator: true, lanes: first, .sodium)
        var b = Reconciler(initiator: false, lanes: second, .sodium)
        var message: ReconciliationMessage? = a.begin(salt: Array(repeating: 3, count: 16))
        var isSecondsTurn = true
        while let sent = message {
            let bytes: [UInt8] = try WireFrame.with { $0.reconcile = sent.wire(pass: 1) }.serializedBytes()
            cost.byteCount += bytes.count + 4
            cost.turns += 1
            let read = try ReconciliationMessage(WireFrame(serializedBytes: bytes).reconcile)
            message = isSecondsTurn ? try b.received(read).message : try a.received(read).message
            isSecondsTurn.toggle()
        }
        for difference in a.differences + b.differences { cost.found += Int(difference.offered.count) }
        cost.seconds = seconds(since: began)
        return cost
    }
}

func seconds(since began: ContinuousClock.Instant) -> Double {
    let (whole, rest) = (ContinuousClock.now - began).components
    return Double(whole) + Double(rest) / 1e18
}
