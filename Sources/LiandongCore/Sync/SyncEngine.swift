import Foundation
import SwiftProtobuf

/// All conversations of one node with its peers.
///
/// Holds no socket, clock, task or database. The caller reports what happened and when, and carries out the
/// ``SyncEffect``s handed back, in their order; equal histories of events give equal effects. Whatever a peer sends goes
/// through throwing checks and ends in a close at worst.
package struct SyncEngine: Sendable {
    package let node: NodeID
    package internal(set) var incarnation: Incarnation
    package internal(set) var storeEpoch: StoreEpoch
    package internal(set) var configuration: SyncConfiguration
    package internal(set) var authority: AuthorityState
    /// Counters since the start, for metrics.
    package internal(set) var counters = SyncCounters()
    /// What became of this node's own request to be enrolled.
    package internal(set) var joinOutcome: EnrolmentReply?
    /// What the parent's clock is ahead of this node's, by its last hello.
    package internal(set) var clockOffsetMilliseconds: Int64 = 0
    /// What the node says of its health in its beats.
    package var health: BeatHealth = .ok

    let signer: Signer
    let cryptography: Cryptography
    let schemaVersion: UInt32
    let startedAt: Instant
    /// When the last event came.
    private var latest: Instant
    var chain: [SignedAuthorityEntry]
    var chainHashes: [Hash]
    /// Entries whose predecessors are still on their way here, and the newest state that waits for them.
    var earlyEntries: [UInt64: SignedAuthorityEntry] = [:]
    var newestState: AuthorityState?
    var lanes: [LaneKey: LaneState]
    var audiences: [AudienceID: Audience]
    /// Deltas whose origin had no right to their audience, up to ``RefusedDelta/limit``.
    package internal(set) var refused: [RefusedDelta] = []
    /// Revoked origins of which more came than is kept: each is told of once.
    var overQuota: Set<NodeID> = []
    /// Origins of which something waits that wrote more for others than they may: each is told of until it is let in.
    var overAcceptance: Set<NodeID> = []
    /// The audiences whose definitions are durable: others go with the first commit that needs them.
    var storedAudiences: Set<AudienceID>
    var sessions: [SessionID: PeerSession] = [:]
    var cursors: [CursorKey: Cursor] = [:]
    /// Commits under way of entries that give this node more audiences: they take every cursor back to 0.
    var resets: Set<Ticket> = []
    /// The file that the store is in took the place of a later one: what it lacks is asked for by passes.
    let isRestored: Bool
    /// Peers that a pass was done with since the start.
    var reconciledPeers: Set<NodeID> = []
    /// Peers whose next session streams from 0, as no pass with them came to its end.
    var failedPasses: Set<NodeID> = []
    /// Peers to be asked for what was set aside here.
    var unscrubbedPeers: Set<NodeID> = []
    var lastPasses: [NodeID: Instant] = [:]
    var lastScrub: Instant
    var paused: Set<NodeID>
    /// A snapshot that is being taken over, or whose deltas are still to come.
    package internal(set) var preview: PreviewProgress?
    var endingPreview: (ticket: Ticket, isJudged: Bool)?
    var tail: DeltaTail
    var nextTicket: UInt64 = 1
    /// How far peers said that they know this node's lanes, where that was further than this node does.
    var reportedHeads: [LaneKey: UInt64] = [:]
    var lastRenewal: Instant?
    var dialled: [DialTarget] = []
    /// Why each peer is to be dialled, those of paused links included.
    var dialKinds: [NodeID: LinkKind] = [:]
    var policy = DialPolicy()
    /// The neighbours that the operator named.
    package internal(set) var lateral: Set<NodeID>
    /// Lanes of audiences that this node is of no more, and what was held when they were looked at last.
    package internal(set) var handOvers: [HandOver] = []
    var handOverMark: LSN = 0
    var handedOver: [HandedOverKey: UInt64]
    /// What operators hand in, by the ticket each waits for.
    var imports: [Ticket: PendingImport] = [:]
    var isStopping = false

    var beats: [NodeID: KeptBeat] = [:]
    var beatStates: [NodeID: BeatState] = [:]
    var parts: [BeatPartKey: KeptBeatPart] = [:]
    var beatNumber: UInt64 = 0
    var lastBeat: Instant?
    var lastRelay: Instant?
    var lastBeatCommit: Instant?
    var beatIsDue = true
    var dirtyAudiences: Set<AudienceID> = []
    var unsavedBeats: Set<NodeID> = []
    var unsavedParts: Set<BeatPartKey> = []
    var downSince: [NodeID: Instant] = [:]
    /// Erasures of which bytes may still be on this node's disk.
    var unfinishedErasures: [LaneKey: Set<UInt64>] = [:]

    /// Which session asked for a joining node, and when.
    var enrolments: [NodeID: PendingEnrolment] = [:]
    var enrolmentTimes: [Instant] = []

    /// - Parameter start: what the store kept; its beats were checked when they came.
    package init(
        start: SyncStart,
        configuration: SyncConfiguration,
        schemaVersion: UInt32,
        signer: Signer,
        cryptography: Cryptography
    ) {
        self.node = start.node
        self.incarnation = start.incarnation
        self.storeEpoch = start.storeEpoch
        self.isRestored = start.isRestored
        self.configuration = configuration
        self.authority = start.authority
        self.signer = signer
        self.cryptography = cryptography
        self.schemaVersion = schemaVersion
        self.startedAt = start.startedAt
        self.latest = start.startedAt
        self.lastScrub = start.startedAt
        self.chain = start.chain
        self.chainHashes = start.chain.map { cryptography.hash([3] + $0.entry) }
        self.lanes = Dictionary(start.lanes.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.audiences = start.audiences
        self.storedAudiences = Set(start.audiences.keys)
        self.paused = start.paused
        self.lateral = start.lateral
        self.handedOver = Dictionary(
            start.handedOver.map { (HandedOverKey(lane: $0.lane, node: $0.node), $0.seq) },
            uniquingKeysWith: max
        )
        self.preview = start.preview
        self.tail = DeltaTail(frontier: start.lastLSN)
        for cursor in start.cursors {
            cursors[CursorKey(peer: cursor.peer, deltaClass: cursor.deltaClass)] = cursor
        }
        for beat in start.beats {
            beats[beat.node] = beat
            beatStates[beat.node] = BeatState(kept: beat)
        }
        for part in start.parts { parts[BeatPartKey(node: part.node, audience: part.audience)] = part }
        self.dirtyAudiences = Set(start.lanes.map(\.key.audience))
        updateHandOvers()
    }

    struct CursorKey: Hashable, Sendable {
        let peer: NodeID
        let deltaClass: DeltaClass
    }

    struct PendingEnrolment: Sendable {
        let session: SessionID
        let since: Instant
    }

    // MARK: Events

    /// Takes in one event and says what to do.
    package mutating func handle(_ event: SyncEvent, at now: Instant, into effects: inout [SyncEffect]) {
        if now < latest { clockWentBack(to: now) }
        latest = now
        switch event {
        case .opened(let id, let peer, let dialled): opened(id, peer: peer, dialled: dialled, at: now, into: &effects)
        case .received(let id, let frame): received(frame, on: id, at: now, into: &effects)
        case .bytesArrived(let id): sessions[id]?.lastHeard = now
        case .sendQueueChanged(let id, let byteCount): sessions[id]?.isSendQueueEmpty = byteCount == 0
        case .closed(let id): closed(id, at: now, into: &effects)
        case .verified(let ticket, let answers): verified(ticket, answers, at: now, into: &effects)
        case .persisted(let ticket, let outcome): persisted(ticket, outcome, at: now, into: &effects)
        case .persistFailed(let ticket, let reason): persistFailed(ticket, reason, at: now, into: &effects)
        case .scanned(let ticket, let result): scanned(ticket, result, at: now, into: &effects)
        case .scanFailed(let ticket, let reason): scanFailed(ticket, reason, at: now, into: &effects)
        case .snapshotRead(let ticket, let page): snapshotRead(ticket, page, at: now, into: &effects)
        case .previewKept(let ticket): previewKept(ticket, at: now, into: &effects)
        case .previewFailed(let ticket, _): previewFailed(ticket, at: now, into: &effects)
        case .previewEnded(let ticket, let unproven): previewEnded(ticket, unproven: unproven, into: &effects)
        case .lanesRead(let ticket, let lanes): lanesRead(ticket, lanes, at: now, into: &effects)
        case .laneNodesRead(let ticket, let children): laneNodesRead(ticket, children, at: now, into: &effects)
        case .deltasRead(let ticket, let deltas): deltasRead(ticket, deltas, at: now, into: &effects)
        case .readFailed(let ticket, let reason): readFailed(ticket, reason, at: now, into: &effects)
        case .scrubbed(let outcome): scrubbed(outcome, at: now, into: &effects)
        case .passWanted(let peer): passWanted(with: peer, at: now, into: &effects)
        case .committed(let deltas, let audiences):
            committed(deltas, definitions: audiences, at: now, into: &effects)
        case .dropped(let deltas): dropped(deltas, at: now, into: &effects)
        case .authorityAppended(let entries, let state): adopt(entries, state, at: now, into: &effects)
        case .letIn(let origin, let deltas, let isIncomplete):
            letIn(origin, deltas, isIncomplete: isIncomplete, at: now, into: &effects)
        case .enrolmentDecided(let reply): enrolmentDecided(reply, at: now, into: &effects)
        case .renewed(let renewal): renewed(renewal, at: now, into: &effects)
        case .importOffered(let number, let batch): importOffered(number, batch, at: now, into: &effects)
        case .beatWanted: beatNow(at: now)
        case .paused(let peer): pause(peer, at: now, into: &effects)
        case .resumed(let peer):
            paused.remove(peer)
            updateDialling(at: now, into: &effects)
        case .linked(let peer):
            lateral.insert(peer)
            updateDialling(at: now, into: &effects)
        case .unlinked(let peer):
            lateral.remove(peer)
            updateDialling(at: now, into: &effects)
        case .wokeUp: wokeUp(at: now, into: &effects)
        case .stopping: stop(at: now, into: &effects)
        }
    }

    /// When to report `wokeUp` at the latest.
    package func nextWakeUp(after now: Instant) -> Instant {
        now.advanced(byMilliseconds: sessions.isEmpty ? configuration.beatSpacing : min(250, configuration.beatSpacing))
    }

    private mutating func closed(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        passLost(with: session, byFault: false, at: now, into: &effects)
        enrolments = enrolments.filter { $0.value.session != id }
        if self.session(with: session.peer) == nil { downSince[session.peer] = now }
        beatIsDue = true
    }

    /// What is counted from a moment that has yet to come is counted from now: beats, keep-alives and the patience with
    /// a silent peer must not wait until a clock that was set back has made up for it.
    private mutating func clockWentBack(to now: Instant) {
        for id in sessions.keys { sessions[id]?.clockWentBack(to: now, helloTimeout: configuration.helloTimeout) }
        lastBeat = lastBeat.map { min($0, now) }
        lastRelay = lastRelay.map { min($0, now) }
        lastBeatCommit = lastBeatCommit.map { min($0, now) }
        downSince = downSince.mapValues { min($0, now) }
        enrolments = enrolments.mapValues { PendingEnrolment(session: $0.session, since: min($0.since, now)) }
        enrolmentTimes = enrolmentTimes.map { min($0, now) }
        policy.clockWentBack(to: now)
        lastRenewal = lastRenewal.map { min($0, now) }
        lastPasses = lastPasses.mapValues { min($0, now) }
        lastScrub = min(lastScrub, now)
    }

    private mutating func wokeUp(at now: Instant, into effects: inout [SyncEffect]) {
        enrolments = enrolments.filter { now.milliseconds(since: $0.value.since) < 30_000 }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if let complaint = complaint(about: session, at: now) {
                close(id, .init(.timeout, complaint), at: now, into: &effects)
            } else {
                if session.phase == .exchanging { pump(id, at: now, into: &effects) }
                if now.milliseconds(since: sessions[id]?.lastSent ?? now) >= configuration.keepAlive {
                    keepAlive(id, at: now, into: &effects)
                }
            }
        }
        tendSnapshots(at: now, into: &effects)
        tendPasses(at: now, into: &effects)
        scrub(at: now, into: &effects)
        beat(at: now, into: &effects)
        noteHandedOver(into: &effects)
        updateDialling(at: now, into: &effects)
    }

    /// Why a peer is taken for dead, or as good as dead; nil while it is not.
    private func complaint(about session: PeerSession, at now: Instant) -> String? {
        if case .awaitingHello(let deadline) = session.phase, now >= deadline {
            return "no hello within \(configuration.helloTimeout) ms"
        }
        if now.milliseconds(since: session.lastHeard) >= configuration.silenceLimit {
            return "nothing received for \(configuration.silenceLimit) ms"
        }
        if now.milliseconds(since: session.lastReceived) >= configuration.frameLimit {
            return "no whole frame received for \(configuration.frameLimit) ms"
        }
        return nil
    }

    private mutating func pause(_ peer: NodeID, at now: Instant, into effects: inout [SyncEffect]) {
        paused.insert(peer)
        for id in sessions.keys.sorted() where sessions[id]?.peer == peer {
            close(id, .init(.paused, "the link was taken out of service here"), at: now, into: &effects)
        }
        updateDialling(at: now, into: &effects)
    }

    private mutating func stop(at now: Instant, into effects: inout [SyncEffect]) {
        isStopping = true
        for id in sessions.keys.sorted() {
            close(id, .init(.shuttingDown, "the node is stopping"), at: now, into: &effects)
        }
    }

    // MARK: Sessions

    /// The session that a peer is spoken with, its hello taken.
    func session(with peer: NodeID) -> SessionID? {
        sessions.values.filter { $0.peer == peer && $0.hello != nil }.map(\.id).max()
    }

    mutating func takeTicket() -> Ticket {
        defer { nextTicket += 1 }
        return Ticket(raw: nextTicket)
    }

    mutating func send(
        _ body: WireFrame.OneOf_Body,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let bytes = WireFrame.with { $0.body = body }.canonicalBytes
        if case .reconcile = body { sessions[id]?.turnBytes += bytes.count }
        sessions[id]?.lastSent = now
        counters.framesSent += 1
        counters.bytesSent += UInt64(bytes.count)
        effects.append(.send(id, frame: bytes))
    }

    /// Says goodbye and forgets the session; what it still had under way is ignored when it comes back.
    mutating func close(
        _ id: SessionID,
        _ reason: CloseReason,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id] else { return }
        let bye = WireBye.with {
            $0.reason = WireByeReason(rawValue: reason.code.rawValue) ?? .unspecified
            $0.text = String(reason.text.prefix(500))
        }
        send(.bye(bye), on: id, at: now, into: &effects)
        sessions[id] = nil
        passLost(with: session, byFault: reason.code == .protocolError, at: now, into: &effects)
        if self.session(with: session.peer) == nil { downSince[session.peer] = now }
        beatIsDue = true
        effects.append(.close(id, reason))
    }

    /// One frame: bounds, decoding, then what its body means in the session's phase.
    private mutating func received(
        _ frame: [UInt8],
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id] else { return }
        sessions[id]?.lastReceived = now
        sessions[id]?.lastHeard = now
        counters.framesReceived += 1
        counters.bytesReceived += UInt64(frame.count)
        if session.committingAuthority != nil {
            sessions[id]?.held.append(frame)
            sessions[id]?.heldByteCount += frame.count
            guard session.held.count < SyncEngine.heldFrameLimit,
                session.heldByteCount + frame.count <= SyncEngine.heldByteLimit
            else {
                close(id, .init(.protocolError, "too much sent at once"), at: now, into: &effects)
                return
            }
            return
        }
        do {
            try FrameBounds.check(frame)
            guard let body = try WireFrame(serializedBytes: frame).body else {
                throw DeltaError(.undecodable, "a frame without a body this build knows")
            }
            if case .reconcile = body { sessions[id]?.turnBytes += frame.count }
            try take(body, on: id, at: now, into: &effects)
        } catch let reason as CloseReason {
            close(id, reason, at: now, into: &effects)
        } catch {
            close(id, .init(.protocolError, "\(error)"), at: now, into: &effects)
        }
    }

    /// Takes the frames that waited for the chain.
    mutating func takeHeldFrames(of id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        while let session = sessions[id], session.committingAuthority == nil, !session.held.isEmpty {
            let frame = sessions[id]?.held.removeFirst() ?? []
            sessions[id]?.heldByteCount -= frame.count
            received(frame, on: id, at: now, into: &effects)
        }
    }

    private mutating func take(
        _ body: WireFrame.OneOf_Body,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id] else { return }
        if case .bye(let bye) = body {
            counters.byes[bye.reason.rawValue, default: 0] += 1
            sessions[id] = nil
            passLost(with: session, byFault: bye.reason == .protocolError, at: now, into: &effects)
            effects.append(.close(id, CloseReason(.shuttingDown, "the peer said: \(bye.text.prefix(200))")))
            beatIsDue = true
            return
        }
        switch session.phase {
        case .awaitingHello:
            guard case .hello(let hello) = body else {
                throw CloseReason(.protocolError, "the first frame is no hello")
            }
            try helloReceived(hello, on: id, at: now, into: &effects)
        case .admitting:
            guard case .enrolRequest(let request) = body else {
                throw CloseReason(.notEnrolled, "a node that is not enrolled may only ask to be")
            }
            try enrolRequestReceived(request, on: id, at: now, into: &effects)
        case .enrolling:
            switch body {
            case .enrolReply(let reply): try enrolReplyReceived(reply, on: id, at: now, into: &effects)
            case .authorityEntries(let entries): try entriesReceived(entries, on: id, at: now, into: &effects)
            case .authorityHeads(let heads): try headsOfChainReceived(heads, on: id, at: now, into: &effects)
            case .beats, .progress: break
            default: throw CloseReason(.protocolError, "only the chain is expected while enrolling")
            }
        case .aligning, .exchanging:
            try takeAligned(body, on: id, phase: session.phase, at: now, into: &effects)
        }
    }

    private mutating func takeAligned(
        _ body: WireFrame.OneOf_Body,
        on id: SessionID,
        phase: PeerSession.Phase,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        switch body {
        case .authorityHeads(let heads): try headsOfChainReceived(heads, on: id, at: now, into: &effects)
        case .authorityEntries(let entries): try entriesReceived(entries, on: id, at: now, into: &effects)
        case .enrolRequest(let request): try enrolRequestReceived(request, on: id, at: now, into: &effects)
        case .enrolReply(let reply): try enrolReplyReceived(reply, on: id, at: now, into: &effects)
        case .heads(let heads): headsReceived(heads, on: id, at: now, into: &effects)
        case .resume(let resume): try resumeReceived(resume, on: id, at: now, into: &effects)
        case .audiences(let definitions): try audiencesReceived(definitions, on: id)
        case .lane(let definition): try sessions[id]?.decoder.define(definition)
        case .deltas(let batch): try deltasReceived(batch, on: id, at: now, into: &effects)
        case .progress(let progress): try progressReceived(progress, on: id, at: now, into: &effects)
        case .acknowledge(let acknowledge):
            try acknowledgeReceived(acknowledge, on: id, at: now, into: &effects)
        case .credit(let credit): try creditReceived(credit, on: id, at: now, into: &effects)
        case .beats(let beats): beatsReceived(beats, on: id, at: now, into: &effects)
        case .snapshotOffer(let offer): try snapshotOffered(offer, on: id, at: now, into: &effects)
        case .snapshotRequest(let request): try snapshotRequested(request, on: id, at: now, into: &effects)
        case .snapshotPage(let page): try snapshotPageReceived(page, on: id, into: &effects)
        case .reconcile(let frame): try reconcileReceived(frame, on: id, at: now, into: &effects)
        case .hello: throw CloseReason(.protocolError, "a second hello")
        case .bye: break  // taken before
        }
    }
}

/// Counters of an engine since its start.
package struct SyncCounters: Sendable, Hashable {
    package var framesSent: UInt64 = 0
    package var framesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var deltasSent: UInt64 = 0
    package var deltasReceived: UInt64 = 0
    /// Bytes of the frames that carried deltas.
    package var deltaBytesSent: UInt64 = 0
    package var deltaBytesReceived: UInt64 = 0
    package var duplicates: UInt64 = 0
    package var snapshotRecordsSent: UInt64 = 0
    /// Deltas whose origin had no right to their audience.
    package var deltasRefused: UInt64 = 0
    /// Deltas of audiences that this node is not of, any more.
    package var deltasNotOurs: UInt64 = 0
    /// Deltas of revoked origins beyond what is kept of them as evidence.
    package var deltasBeyondQuota: UInt64 = 0
    /// Passes of reconciliation: opened here, come to their end, given up.
    package var passesOpened: UInt64 = 0
    package var passesDone: UInt64 = 0
    package var passesFailed: UInt64 = 0
    /// Deltas sent because a pass found that the peer lacked them.
    package var deltasRepaired: UInt64 = 0
    /// Deltas on disk that were checked again, and those of them that were set aside.
    package var deltasScrubbed: UInt64 = 0
    package var deltasRotten: UInt64 = 0
    /// Deltas that were held back: their origins wrote more for others than their quotas allow.
    package var deltasHeldBack: UInt64 = 0
    /// Goodbyes received, by reason code of session.proto.
    package var byes: [Int: UInt64] = [:]
}

extension SyncEngine {
    /// Whether a session's handshake is over: frames may be as long as ``FrameBounds/byteLimit``.
    package func takesLongFrames(_ id: SessionID) -> Bool {
        switch sessions[id]?.phase {
        case .aligning, .exchanging, .enrolling: true
        case .awaitingHello, .admitting, nil: false
        }
    }
}

extension SyncEngine {
    /// The head of every lane of a node, as this node holds them: what a revocation leaves valid.
    package func cuts(of author: NodeID) -> [LaneID: AuthorityState.Revocation.Cut] {
        var cuts: [LaneID: AuthorityState.Revocation.Cut] = [:]
        for lane in lanes.values where lane.key.origin == author {
            if let head = lane.head { cuts[lane.id] = .init(seq: lane.highest, header: head) }
        }
        return cuts
    }
}
