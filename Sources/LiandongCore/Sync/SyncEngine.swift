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
    package let startedAt: Instant
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
    /// Goes up with each beat, and from one start to the next.
    var beatNumber: UInt64
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
        // Peers keep the highest number of an incarnation, and may have heard more than was kept here before the stop.
        self.beatNumber = max(beats[start.node]?.number ?? 0, UInt64(clamping: start.startedAt.milliseconds))
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
}
