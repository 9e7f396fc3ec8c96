import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import SwiftProtobuf

/// Deltas of many lanes as communities' nodes would sign them: registrations, a field an op.
///
/// The lanes are of incarnations that no node is in, as of a node that has been restarted often: what is handed to a
/// node's own store is to it as what came back from a peer.
struct Author {
    /// What a delta is made of.
    struct Shape: Sendable {
        /// Registrations in a delta.
        var records = 1
        /// 1: only who opened it and when; 7: all that the form asks for.
        var fields = 7
    }

    private struct Lane {
        let key: LaneKey
        let audience: Audience
        let community: PlaceID
        let signer: Signer
        var seq: UInt64 = 0
        var previous: DeltaID?
    }

    private let authority: AuthorityState
    private let cluster: ClusterID
    private let shape: Shape
    private var lanes: [Lane] = []
    private var stamp: HLC
    private var count = 0
    private let names = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗".map(String.init)

    /// - Parameter keys: of the communities' nodes.
    init(keys: [NodeKeys], authority: AuthorityState, incarnations: Int, shape: Shape, at now: Instant) throws {
        guard let cluster = authority.cluster else { throw BenchError("the store has no chain") }
        self.authority = authority
        self.cluster = cluster
        self.shape = shape
        self.stamp = HLC(milliseconds: now.milliseconds)
        for _ in 0..<incarnations {
            for key in keys {
                guard let place = authority.place(of: key.nodeID), let audience = Audience(lines: [place]) else {
                    throw BenchError("\(key.nodeID) is not enrolled")
                }
                let lane = LaneKey(
                    origin: key.nodeID,
                    incarnation: Incarnation(raw: UInt64.random(in: 1...UInt64.max)),
                    audience: AudienceID(audience, .sodium),
                    deltaClass: .bulk
                )
                lanes.append(Lane(key: lane, audience: audience, community: place, signer: key.signer))
            }
        }
    }

    var audiences: [Audience] { Array(Set(lanes.map(\.audience))) }

    /// The next so many deltas; nine of ten in the busiest tenth of the lanes.
    mutating func next(_ deltaCount: Int) async -> [Delta] {
        var unsigned: [(header: DeltaHeader, bytes: [UInt8], ops: [SaltedOp], signer: Signer)] = []
        unsigned.reserveCapacity(deltaCount)
        let busy = max(1, lanes.count / 10)
        for _ in 0..<deltaCount {
            let index = Int.random(in: 0..<10) == 0 ? Int.random(in: 0..<lanes.count) : Int.random(in: 0..<busy)
            let ops = makeOps(in: lanes[index].audience, lanes[index].community)
            stamp = stamp.successor
            lanes[index].seq += 1
            let header = DeltaHeader(
                cluster: cluster,
                lane: lanes[index].key,
                seq: lanes[index].seq,
                previous: lanes[index].previous,
                hlc: stamp,
                schema: LiandongSchema.current.version,
                epoch: authority.epoch,
                opCount: ops.count,
                opsRoot: MerkleTree.root(ops.map { $0.leaf(.sodium) }, .sodium)
            )
            let bytes = header.canonicalBytes
            lanes[index].previous = DeltaID(headerBytes: bytes, .sodium)
            unsigned.append((header, bytes, ops, lanes[index].signer))
        }
        return await sign(unsigned)
    }

    private func sign(
        _ unsigned: [(header: DeltaHeader, bytes: [UInt8], ops: [SaltedOp], signer: Signer)]
    ) async -> [Delta] {
        await withTaskGroup(of: (Int, [Delta]).self) { group in
            for start in stride(from: 0, to: unsigned.count, by: 250) {
                let part = unsigned[start..<min(start + 250, unsigned.count)]
                group.addTask {
                    let deltas = part.map { header, bytes, ops, signer in
                        Delta(
                            headerBytes: bytes,
                            signature: signer.sign(Delta.signedMessage(headerBytes: bytes)),
                            ops: ops,
                            header: header,
                            id: DeltaID(headerBytes: bytes, .sodium)
                        )
                    }
                    return (start, deltas)
                }
            }
            var parts: [Int: [Delta]] = [:]
            for await (start, part) in group { parts[start] = part }
            return parts.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private mutating func makeOps(in audience: Audience, _ community: PlaceID) -> [SaltedOp] {
        var ops: [SaltedOp] = []
        for _ in 0..<shape.records {
            count += 1
            let random = secureRandomBytes(16)
            let nonce = Nonce(
                raw: Bytes16(
                    high: random.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                    low: random.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
                )
            )
            let record = RecordID(
                kind: .registration,
                home: AudienceID(audience, .sodium),
                nonce: nonce,
                .sodium
            )
            let creation = WireRegistrationCreation.with {
                $0.community = community.raw
                $0.registeredAt = UInt64(clamping: stamp.milliseconds)
            }
            let op = Op(record: record, field: RegistrationField.creation, value: bytes(creation), nonce: nonce)
            ops.append(.held(salt: SaltedOp.plainSalt, op: op.wireBytes))
            guard shape.fields > 1 else { continue }
            for (field, value) in values {
                ops.append(
                    .held(salt: secureRandomBytes(16), op: Op(record: record, field: field, value: value).wireBytes)
                )
            }
        }
        return ops
    }

    private var values: [(Field, [UInt8])] {
        let name = names[count % names.count] + names[count / 20 % names.count] + names[count / 400 % names.count]
        return [
            (RegistrationField.name, text(name)),
            (RegistrationField.identity, bytes(identity)),
            (RegistrationField.phone, bytes(phone)),
            (RegistrationField.address, text("包公路 \(count % 300) 号 \(count % 7 + 1) 单元 \(count % 30 + 1) 室")),
            (RegistrationField.residence, text("permanent")),
            (RegistrationField.note, text("第 \(count) 户，二〇二六年入户登记")),
        ]
    }

    private func text(_ text: String) -> [UInt8] {
        bytes(
            WireSourcedValue.with {
                $0.text = text
                $0.source = .homeVisit
                $0.date = "2026-11-21"
            }
        )
    }

    /// What a sealed number and its tag are long.
    private var identity: WireIdentityValue {
        .with {
            $0.number = Data(secureRandomBytes(62))
            $0.matchTag = Data(secureRandomBytes(32))
            $0.matchVersion = 1
            $0.source = .cardRead
            $0.date = "2026-11-21"
        }
    }

    private var phone: WireSourcedValue {
        .with {
            $0.sealed = Data(secureRandomBytes(55))
            $0.source = .ownStatement
            $0.date = "2026-11-21"
        }
    }

    private func bytes(_ message: some Message) -> [UInt8] {
        // A proto3 message cannot fail to encode.
        (try? message.serializedBytes()) ?? []
    }
}
