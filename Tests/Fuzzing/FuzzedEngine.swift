import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf

/// A street's engine of which one peer, enrolled like any other, says what it likes: frames one after another.
///
/// Every signature is taken for good and every commit succeeds, so that what stands behind them is reached as well.
struct FuzzedEngine {
    private static let start = Instant(milliseconds: 1_700_000_000_000)
    private static let session = SessionID(raw: 1)

    private var engine: SyncEngine
    private var now = FuzzedEngine.start
    private var lsn: LSN = 0

    static func run(_ input: [UInt8]) {
        guard var engine = FuzzedEngine() else { preconditionFailure("no engine for the fuzzed district") }
        engine.tell(.opened(session, peer: town.peer, dialled: false))
        engine.tell(.received(session, frame: town.hello))
        for frame in input.frames {
            engine.now = engine.now.advanced(byMilliseconds: 100)
            engine.tell(.received(session, frame: frame))
            engine.tell(.wokeUp)
        }
        _ = engine.engine.links
        _ = engine.engine.behind(town.peer)
    }

    private init?() {
        let town = FuzzedEngine.town
        let start = SyncStart(
            node: town.node,
            incarnation: Incarnation(raw: 1),
            storeEpoch: StoreEpoch(raw: 1),
            chain: town.chain,
            authority: town.authority,
            startedAt: FuzzedEngine.start
        )
        engine = SyncEngine(
            start: start,
            configuration: SyncConfiguration(addresses: ["127.0.0.1:1"], version: "fuzz"),
            schemaVersion: 1,
            signer: town.signer,
            cryptography: .trusting
        )
    }

    /// Takes in an event and whatever comes of it, as a node does that has no trouble with its disk.
    private mutating func tell(_ event: SyncEvent) {
        var events = [event]
        while !events.isEmpty {
            var effects: [SyncEffect] = []
            engine.handle(events.removeFirst(), at: now, into: &effects)
            for effect in effects {
                switch effect {
                case .verify(let ticket, let checks): events.append(.verified(ticket, checks.map { _ in true }))
                case .persist(let ticket, let batch): events.append(persisted(ticket, batch))
                case .scan(let ticket, let request):
                    let nothing = ScanResult(deltas: [], scannedTo: request.after, reachedEnd: true)
                    events.append(.scanned(ticket, nothing))
                case .readLanes(let ticket, let read):
                    let salt = read.salt ?? [UInt8](repeating: 7, count: 16)
                    events.append(.lanesRead(ticket, SaltedLanes([], salt: salt, .sodium)))
                case .readLaneNodes(let ticket, let reads):
                    events.append(.laneNodesRead(ticket, reads.map { _ in [] }))
                case .readDeltas(let ticket, _):
                    events.append(.deltasRead(ticket, DeltaReadResult(deltas: [], reachedEnd: true)))
                case .readSnapshot(let ticket, _):
                    let nothing = SnapshotPage(records: [], last: nil, reachedEnd: true)
                    events.append(.snapshotRead(ticket, nothing))
                case .keepPreview(let ticket, _): events.append(.previewKept(ticket))
                case .endPreview(let ticket): events.append(.previewEnded(ticket, unproven: 0))
                case .send, .close, .scrub, .passEnded, .decideEnrolment, .dial, .raise, .renew, .imported: break
                }
            }
        }
    }

    private mutating func persisted(_ ticket: Ticket, _ batch: PersistBatch) -> SyncEvent {
        var state = engine.authority
        for entry in batch.authority {
            do { try state.apply(entry, .trusting) } catch { return .persistFailed(ticket, reason: "\(error)") }
        }
        let stored = batch.deltas.map { delta in
            lsn += 1
            return CommittedDelta(lsn: lsn, delta: delta, source: batch.peer)
        }
        let outcome = PersistOutcome(
            stored: stored,
            authority: batch.authority.isEmpty ? nil : state,
            newEntries: batch.authority
        )
        return .persisted(ticket, outcome)
    }
}

extension FuzzedEngine {
    static var cluster: ClusterID { town.authority.cluster ?? ClusterID(raw: Bytes16(high: 0, low: 0)) }
    static var authority: AuthorityState { town.authority }

    /// The district, street and community of docs/protocol/golden/signed.txt, the community's node not revoked.
    private struct Town {
        let node: NodeID
        let peer: NodeID
        let signer: Signer
        let chain: [SignedAuthorityEntry]
        let authority: AuthorityState
        let hello: [UInt8]
    }

    private static let town: Town = {
        do { return try makeTown() } catch { preconditionFailure("no district to fuzz: \(error)") }
    }()

    private static func makeTown() throws -> Town {
        func signer(_ number: UInt8) throws -> Signer {
            try SigningKey(seed: [UInt8](repeating: number, count: 32)).signer
        }
        let (root, district, peer) = (try signer(200), try signer(1), try signer(2))
        guard let node = NodeID(district.publicKey), let other = NodeID(peer.publicKey) else {
            throw DeltaError(.undecodable, "a key that is no NodeID")
        }
        func place(_ id: UInt64, _ tier: Tier, under parent: UInt64?, _ code: String) -> Place {
            Place(id: PlaceID(raw: id), tier: tier, parent: parent.map(PlaceID.init(raw:)), code: code, name: code)
        }
        func enrolment(_ node: NodeID, at place: UInt64) -> Enrolment {
            Enrolment(
                node: node,
                sealingKey: [UInt8](repeating: 7, count: 32),
                place: PlaceID(raw: place),
                name: "node",
                ordinal: 1,
                addresses: []
            )
        }
        let bodies: [AuthorityEntryContent.Body] = [
            .genesis(root: root.publicKey, signer: node, district: place(1, .district, under: nil, "441202000000")),
            .place(place(10, .street, under: 1, "441202001000")),
            .place(place(11, .community, under: 10, "441202001001")),
            .place(place(21, .community, under: 10, "441202001002")),
            .enrol(enrolment(node, at: 1), invite: nil),
            .enrol(enrolment(other, at: 11), invite: nil),
            .policy(name: "name", value: "value"),
        ]
        var authority = AuthorityState()
        var chain: [SignedAuthorityEntry] = []
        for (index, body) in bodies.enumerated() {
            let entry = try SignedAuthorityEntry(
                cluster: ClusterID(root: root.publicKey, .sodium),
                height: authority.height + 1,
                previous: authority.head,
                time: start,
                body: body,
                signer: index == 0 ? root : district
            )
            try authority.apply(entry, .sodium)
            chain.append(entry)
        }
        let frame = WireFrame.with {
            $0.hello.protocolMin = 1
            $0.hello.protocolMax = 1
            $0.hello.cluster = Data(authority.cluster?.bytes ?? [])
            $0.hello.node = Data(other.bytes)
            $0.hello.incarnation = 1
            $0.hello.storeEpoch = 2
            $0.hello.authority.heads = [
                .with {
                    $0.issuer = Data(node.bytes)
                    $0.height = authority.height
                    $0.hash = Data(authority.head?.bytes ?? [])
                }
            ]
            $0.hello.clock = UInt64(start.milliseconds)
            $0.hello.schema = 1
        }
        return Town(
            node: node,
            peer: other,
            signer: district,
            chain: chain,
            authority: authority,
            hello: try frame.serializedBytes()
        )
    }
}
