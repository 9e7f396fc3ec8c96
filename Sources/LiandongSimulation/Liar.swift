import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf

/// What a dishonest node makes of the frames that its engine sends.
///
/// Beneath it runs the product's own engine, so that its conversations get as far as an honest node's do.
final class Liar {
    let vices: Set<Vice>
    private let signer: Signer
    private let node: NodeID
    private var random: SeededRandom
    private var decoders: [SessionID: DeltaStreamDecoder] = [:]
    /// Frames of any conversation, to say again.
    private var past: [[UInt8]] = []

    /// What it made of its own deltas for some of its peers.
    private var variants: Set<DeltaID> = []

    /// The most frames kept.
    private static let pastLimit = 32

    init(node: NodeID, signer: Signer, vices: Set<Vice>, random: SeededRandom) {
        self.node = node
        self.signer = signer
        self.vices = vices
        self.random = random
    }

    private func feels(_ vice: Vice, percent: Int) -> Bool { vices.contains(vice) && random.chance(percent) }

    /// A frame of the engine, as the peer gets it.
    func tamper(
        with frame: [UInt8],
        on id: SessionID,
        to peer: NodeID,
        cluster: ClusterID?,
        _ counters: inout SimulationCounters
    ) -> [[UInt8]] {
        guard let body = try? WireFrame(serializedBytes: frame).body, let cluster else { return [frame] }
        if past.count < Liar.pastLimit { past.append(frame) } else { past[random.below(past.count)] = frame }
        var frames = [frame]
        switch body {
        case .lane(let definition): try? decoders[id, default: DeltaStreamDecoder()].define(definition)
        case .deltas(let batch): frames = tamper(with: batch, on: id, to: peer, cluster, &counters)
        case .resume, .credit, .heads, .acknowledge, .progress:
            if feels(.asksBeyond, percent: 20) {
                counters.note(.requestsBeyond)
                frames = frame == exaggerated(body) ? frames : [exaggerated(body)]
            }
        default: break
        }
        if feels(.replays, percent: 4), let old = random.pick(past) {
            counters.note(.framesReplayed)
            frames.append(old)
        }
        return frames
    }

    /// Forgets what was said on a connection that ended.
    func forget(_ id: SessionID) { decoders[id] = nil }

    private func exaggerated(_ body: WireFrame.OneOf_Body) -> [UInt8] {
        switch body {
        case .resume(var resume):
            resume.lsn = random.chance(50) ? 0 : random.next()
            if random.chance(30) { resume.storeEpoch = random.next() }
            return bytes(.resume(resume))
        case .credit(var credit):
            credit.bytes = .max
            return bytes(.credit(credit))
        case .heads(var heads):
            for index in heads.lanes.indices { heads.lanes[index].seq += 100 }
            return bytes(.heads(heads))
        case .acknowledge(var acknowledge):
            acknowledge.lsn = random.next()
            return bytes(.acknowledge(acknowledge))
        case .progress(var progress):
            progress.lsn += 1 + UInt64(random.below(1_000))
            return bytes(.progress(progress))
        default: return bytes(body)
        }
    }

    // MARK: Deltas

    /// Every delta goes with its whole header, so that none leans on one that was changed or kept back.
    private func tamper(
        with batch: WireDeltaBatch,
        on id: SessionID,
        to peer: NodeID,
        _ cluster: ClusterID,
        _ counters: inout SimulationCounters
    ) -> [[UInt8]] {
        var changed = WireDeltaBatch()
        for sent in batch.deltas {
            guard let delta = try? decoders[id, default: DeltaStreamDecoder()].decode(sent, cluster: cluster, .sodium)
            else { continue }
            if vices.contains(.omits), isKeptBack(delta.lane, from: peer) {
                counters.note(.deltasOmitted)
                continue
            }
            var told = delta
            if delta.lane.origin == node {
                // No variant of a variant: they come back by honest peers, and there would be no end of them.
                if vices.contains(.equivocates), (peer.bytes[0] ^ delta.id.bytes[0]) & 1 == 1,
                    !variants.contains(delta.id), let other = variant(of: delta, signedBy: signer)
                {
                    counters.note(.equivocations)
                    variants.insert(other.id)
                    told = other
                }
            } else if feels(.forges, percent: 3), let forged = variant(of: delta, signedBy: nil) {
                counters.note(.deltasForged)
                told = forged
            }
            changed.deltas.append(wire(told, lane: sent.lane, lsn: sent.lsn))
        }
        return changed.deltas.isEmpty ? [] : [bytes(.deltas(changed))]
    }

    /// Always the same lanes for the same peer.
    private func isKeptBack(_ lane: LaneKey, from peer: NodeID) -> Bool {
        (LaneID(lane, .sodium).bytes[0] ^ peer.bytes[1]) & 3 == 0
    }

    /// The same place in the same lane with something else in it.
    ///
    /// - Parameter signer: nil leaves the signature that was made for other ops.
    private func variant(of delta: Delta, signedBy signer: Signer?) -> Delta? {
        guard case .held(let salt, let bytes)? = delta.ops.last, let op = try? Op(decoding: bytes) else { return nil }
        let other = Op(
            record: op.record,
            field: op.field,
            element: op.element,
            value: op.value + [0x21],
            change: op.change,
            context: op.context,
            floor: op.floor,
            nonce: op.nonce
        )
        var ops = delta.ops
        ops[ops.count - 1] = .held(salt: salt, op: other.wireBytes)
        var header = delta.header
        header.opsRoot = MerkleTree.root(ops.map { $0.leaf(.sodium) }, .sodium)
        let headerBytes = header.canonicalBytes
        let signature = signer?.sign(Delta.signedMessage(headerBytes: headerBytes)) ?? delta.signature
        return try? Delta(headerBytes: headerBytes, signature: signature, ops: ops, .sodium)
    }

    /// A frame as a node takes it that does not mind how much it may send.
    static func withoutEndOfCredit(_ frame: [UInt8]) -> [UInt8] {
        guard case .credit(var credit)? = try? WireFrame(serializedBytes: frame).body else { return frame }
        credit.bytes = .max
        return (try? WireFrame.with { $0.credit = credit }.serializedBytes()) ?? frame
    }

    // MARK: Frames of its own

    /// A delta that the peer may not have, or that the engine would not send: with all that it takes to read it.
    func unasked(_ delta: Delta, of audience: Audience) -> [[UInt8]] {
        // The engine counts its lanes from 0.
        let number = UInt32(60_000)
        let lane = WireLaneDefinition.with {
            $0.number = number
            $0.origin = Data(delta.lane.origin.bytes)
            $0.incarnation = delta.lane.incarnation.raw
            $0.audience = Data(delta.lane.audience.bytes)
            $0.class = WireDeltaClass(delta.lane.deltaClass)
        }
        return [
            bytes(.audiences(.with { $0.audiences = [audience.wire] })),
            bytes(.lane(lane)),
            bytes(.deltas(.with { $0.deltas = [wire(delta, lane: number, lsn: 1)] })),
        ]
    }

    /// Requests that no engine makes.
    func demands() -> [[UInt8]] {
        (0..<6).map { _ in
            switch random.below(4) {
            case 0:
                bytes(
                    .resume(
                        .with {
                            $0.class = random.chance(50) ? .interactive : .bulk
                            $0.storeEpoch = random.next()
                        }
                    )
                )
            case 1: bytes(.credit(.with { $0.bytes = .max }))
            case 2:
                bytes(
                    .progress(
                        .with {
                            $0.class = random.chance(50) ? .interactive : .bulk
                            $0.lsn = random.next() >> 2
                        }
                    )
                )
            default: random.bytes(1 + random.below(40))
            }
        }
    }

    private func wire(_ delta: Delta, lane: UInt32, lsn: UInt64) -> WireSentDelta {
        .with {
            $0.lane = lane
            $0.lsn = lsn
            $0.signature = Data(delta.signature)
            $0.ops = delta.ops.map(\.wire)
            $0.header = Data(delta.headerBytes)
        }
    }

    private func bytes(_ body: WireFrame.OneOf_Body) -> [UInt8] {
        // Serializing what was just made cannot fail: no field of these messages is required.
        (try? WireFrame.with { $0.body = body }.serializedBytes()) ?? []
    }
}
