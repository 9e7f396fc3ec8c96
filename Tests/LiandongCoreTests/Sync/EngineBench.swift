import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// An engine among peers that say what a test wants, also what an honest engine never would.
///
/// It stands in for transport, store and verifier: signatures are checked at once, commits when the test says so.
struct EngineBench {
    static let start = Instant(milliseconds: 1_700_000_000_000)
    static let peerEpoch = StoreEpoch(raw: 77)

    private(set) var engine: SyncEngine
    private var encoders: [SessionID: DeltaStreamEncoder] = [:]
    /// In the peers' stores, and in the engine's own.
    private var lsn: LSN = 100
    private var storedLSN: LSN = 0

    init(
        _ place: PlaceID,
        in district: District,
        cursors: [Cursor] = [],
        configure: (inout SyncConfiguration) -> Void = { _ in }
    ) throws {
        let start = SyncStart(
            node: try district.id(place),
            incarnation: Incarnation(raw: 1),
            storeEpoch: StoreEpoch(raw: place.raw),
            chain: district.entries,
            authority: district.authority,
            cursors: cursors,
            startedAt: Self.start
        )
        var configuration = SyncConfiguration(addresses: ["\(place):1"], version: "test")
        configure(&configuration)
        self.init(start, configuration, signer: try district.signer(place))
    }

    /// A node that asks a parent to be enrolled.
    init(joining signer: Signer, with parent: NodeID, of district: District) throws {
        let start = SyncStart(
            node: try #require(NodeID(signer.publicKey)),
            incarnation: Incarnation(raw: 1),
            storeEpoch: StoreEpoch(raw: 99),
            startedAt: EngineBench.start
        )
        let target = SyncConfiguration.JoinTarget(
            cluster: try #require(district.authority.cluster),
            parent: parent,
            addresses: ["parent:1"],
            invite: try testSigner(98),
            sealingKey: [UInt8](repeating: 7, count: 32)
        )
        let configuration = SyncConfiguration(addresses: ["joining:1"], version: "test", joining: target)
        self.init(start, configuration, signer: signer)
    }

    init(_ start: SyncStart, _ configuration: SyncConfiguration, signer: Signer) {
        self.engine = SyncEngine(
            start: start,
            configuration: configuration,
            schemaVersion: 1,
            signer: signer,
            cryptography: .sodium
        )
    }

    mutating func tell(_ event: SyncEvent, after milliseconds: Int64 = 0) -> [SyncEffect] {
        var effects: [SyncEffect] = []
        engine.handle(event, at: Self.start.advanced(byMilliseconds: milliseconds), into: &effects)
        return effects
    }

    /// The engine receives a frame; what it wants verified is.
    mutating func say(_ body: WireFrame.OneOf_Body, on session: UInt64) throws -> [SyncEffect] {
        try say(WireFrame.with { $0.body = body }.serializedBytes(), on: session)
    }

    mutating func say(_ frame: [UInt8], on session: UInt64) throws -> [SyncEffect] {
        var effects = tell(.received(SessionID(raw: session), frame: frame))
        for case .verify(let ticket, let checks) in effects {
            let answers = checks.map { Cryptography.sodium.verify($0.signature, $0.message, $0.key) }
            effects += tell(.verified(ticket, answers))
        }
        return effects
    }

    mutating func noteUnfinishedErasures(_ unfinished: [LaneKey: Set<UInt64>]) {
        engine.noteUnfinishedErasures(unfinished)
    }

    mutating func open(_ peer: NodeID, on session: UInt64) -> [SyncEffect] {
        tell(.opened(SessionID(raw: session), peer: peer, dialled: false))
    }

    /// Opens a session with a peer whose chain is the district's, and says its hello.
    mutating func meet(_ place: PlaceID, of district: District, on session: UInt64) throws -> [SyncEffect] {
        let peer = try district.id(place)
        _ = open(peer, on: session)
        return try say(.hello(try district.hello(peer)), on: session)
    }

    /// Asks for both streams of the engine, with credit for all of it.
    mutating func ask(on session: UInt64) throws {
        for deltaClass in [WireDeltaClass.interactive, .bulk] {
            _ = try say(.resume(.with { $0.class = deltaClass }), on: session)
        }
        for channel in [WireChannel.interactive, .bulk] {
            let credit = WireCredit.with {
                $0.channel = channel
                $0.bytes = 1 << 30
            }
            var effects = try say(.credit(credit), on: session)
            for case .scan(let ticket, let request) in effects {
                effects += tell(.scanned(ticket, ScanResult(deltas: [], scannedTo: request.after, reachedEnd: true)))
            }
        }
    }

    /// A peer sends deltas, each with the definitions it needs before it.
    ///
    /// - Parameter isDefined: the peer has defined the audience before, and does not again.
    mutating func send(
        _ deltas: [Delta],
        in audience: Audience,
        isDefined: Bool = false,
        on session: UInt64
    ) throws -> [SyncEffect] {
        var effects =
            isDefined ? [] : try say(.audiences(.with { $0.audiences = [audience.wire] }), on: session)
        var batch = WireDeltaBatch()
        for delta in deltas {
            lsn += 1
            let (lane, sent) = encoders[SessionID(raw: session), default: DeltaStreamEncoder()].encode(delta, lsn: lsn)
            if let lane { effects += try say(.lane(lane), on: session) }
            batch.deltas.append(sent)
        }
        return effects + (try say(.deltas(batch), on: session))
    }

    /// What was asked to be made durable is.
    mutating func commit(_ effects: [SyncEffect]) throws -> [SyncEffect] {
        var answers: [SyncEffect] = []
        for case .persist(let ticket, let batch) in effects {
            var state = engine.authority
            for entry in batch.authority { try state.apply(entry, .sodium) }
            let stored = batch.deltas.map { delta in
                storedLSN += 1
                return CommittedDelta(lsn: storedLSN, delta: delta, source: batch.peer)
            }
            let outcome = PersistOutcome(
                stored: stored,
                authority: batch.authority.isEmpty ? nil : state,
                newEntries: batch.authority
            )
            answers += tell(.persisted(ticket, outcome))
        }
        return answers
    }

    /// The LSN that the peer gave its delta last.
    var lastSent: LSN { lsn }
}

extension District {
    /// The hello of a peer that holds this chain.
    func hello(_ peer: NodeID, isJoining: Bool = false) throws -> WireHello {
        let cluster = try #require(authority.cluster)
        return .with {
            $0.protocolMin = 1
            $0.protocolMax = 1
            $0.cluster = Data(cluster.bytes)
            $0.node = Data(peer.bytes)
            $0.incarnation = 1
            $0.storeEpoch = EngineBench.peerEpoch.raw
            if !isJoining { $0.authority = heads }
            $0.clock = UInt64(clamping: EngineBench.start.milliseconds)
            $0.joining = isJoining
            $0.schema = 1
        }
    }

    var heads: WireAuthorityHeads {
        .with {
            $0.heads = [
                .with {
                    $0.issuer = Data(authority.signer?.bytes ?? [])
                    $0.height = authority.height
                    $0.hash = Data(authority.head?.bytes ?? [])
                }
            ]
        }
    }

    /// The first delta of a lane of its own, signed by its origin whatever right it has.
    func delta(
        by origin: Signer,
        in audience: Audience,
        atHeight height: UInt64,
        incarnation: UInt64 = 1,
        seq: UInt64 = 1,
        op: String = "op"
    ) throws -> Delta {
        let ops = [SaltedOp.held(salt: SaltedOp.plainSalt, op: Array(op.utf8))]
        let header = DeltaHeader(
            cluster: try #require(authority.cluster),
            lane: LaneKey(
                origin: try #require(NodeID(origin.publicKey)),
                incarnation: Incarnation(raw: incarnation),
                audience: AudienceID(audience, .sodium),
                deltaClass: .interactive
            ),
            seq: seq,
            previous: seq == 1 ? nil : DeltaID(headerBytes: [], .sodium),
            hlc: HLC(milliseconds: EngineBench.start.milliseconds),
            schema: 1,
            epoch: AuthorityEpoch(district: height, issuer: height),
            opCount: ops.count,
            opsRoot: MerkleTree.root(ops.map { $0.leaf(.sodium) }, .sodium)
        )
        let bytes = header.canonicalBytes
        return try Delta(
            headerBytes: bytes,
            signature: origin.sign(Delta.signedMessage(headerBytes: bytes)),
            ops: ops,
            .sodium
        )
    }

    /// The same district after community A1 moved under street B.
    func movingA1() throws -> District {
        var moved = self
        let place = Place(
            id: District.communityA1,
            tier: .community,
            parent: District.streetB,
            code: "441202003009",
            name: "moved"
        )
        try moved.append(.place(place))
        return moved
    }
}

extension [SyncEffect] {
    var persistBatches: [PersistBatch] {
        compactMap { effect in
            if case .persist(_, let batch) = effect { batch } else { nil }
        }
    }

    var closeReasons: [CloseReason] {
        compactMap { effect in
            if case .close(_, let reason) = effect { reason } else { nil }
        }
    }

    var alarms: [SyncAlarm] {
        compactMap { effect in
            if case .raise(let alarm) = effect { alarm } else { nil }
        }
    }

    /// The bodies of what was sent on a session.
    func said(on session: UInt64) throws -> [WireFrame.OneOf_Body] {
        try compactMap { effect in
            guard case .send(SessionID(raw: session), let frame) = effect else { return nil }
            return try WireFrame(serializedBytes: frame).body
        }
    }

    /// From where the engine asked for the peer's streams, one LSN a class.
    func resumes(on session: UInt64) throws -> [UInt64] {
        try said(on: session).compactMap { body in
            if case .resume(let resume) = body { resume.lsn } else { nil }
        }
    }

    /// How many deltas were sent on a session.
    func deltaCount(on session: UInt64) throws -> Int {
        try said(on: session).reduce(0) { count, body in
            if case .deltas(let batch) = body { count + batch.deltas.count } else { count }
        }
    }
}
