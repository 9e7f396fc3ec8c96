/// One conversation with one peer, from transport-up to close: what the engine remembers of it.
struct PeerSession: Sendable {
    /// How far the conversation is.
    enum Phase: Sendable, Equatable {
        /// Waiting for the peer's hello. Leaves for one of the next three, or ends at the deadline.
        case awaitingHello(deadline: Instant)
        /// The peer is joining: it may ask to be enrolled. Leaves for `aligning` once the chain enrols it.
        case admitting
        /// We are joining: waiting for the reply, then for the chain. Leaves for `aligning`.
        case enrolling
        /// Bringing both chains to the same head. Leaves for `exchanging`.
        case aligning
        /// Deltas flow.
        case exchanging
    }

    let id: SessionID
    let peer: NodeID
    let dialled: Bool
    private(set) var openedAt: Instant
    var phase: Phase
    /// When the last whole frame came, and the last byte.
    var lastReceived: Instant
    var lastHeard: Instant
    var lastSent: Instant
    var hello: PeerHello?
    /// How high the chain was that this node's hello told of.
    var saidHeight: UInt64 = 0
    /// What the peer is known to hold of the chain.
    var peerHeight: UInt64 = 0
    var peerHead: Hash?

    /// Frames that came while entries of the chain are being committed; within the credit given.
    var held: [[UInt8]] = []
    var heldByteCount = 0
    var committingAuthority: Ticket?

    /// The greatest LSN here when deltas began to flow.
    var openedAtLSN: LSN = 0
    var encoder = DeltaStreamEncoder()
    var decoder = DeltaStreamDecoder()
    var defined: Set<AudienceID> = []
    /// Audiences the peer defined of which no delta was judged yet.
    var offered: [AudienceID: Audience] = [:]
    /// Audiences the peer defined of which every delta so far was not ours or refused.
    var aside: [AudienceID: Audience] = [:]
    /// Parts of beats for those audiences.
    var earlyParts: [WireSignedBeatPart] = []
    /// Whether the peer may have an audience; forgotten when the chain grows.
    var entitlement: [AudienceID: Bool] = [:]
    var outgoing: [DeltaClass: OutgoingStream] = [:]
    /// What the way to the peer carries.
    var pace = LinkPace()
    var isSendQueueEmpty = true
    var incoming: [DeltaClass: IncomingStream] = [:]
    /// Received and not committed, in the order it came.
    var inbox: [InboxItem] = []
    var committing: CommittingBatch?
    var hasOfferedSnapshot = false
    /// A snapshot of this node's store on its way to the peer, and one of the peer's on its way here.
    var delivery: SnapshotDelivery?
    var receipt: SnapshotReceipt?
    /// Pages of a snapshot that were asked for, and are not wanted any more.
    var unwantedPages = 0
    /// Deltas without an LSN: sent, and received and durable.
    var repairsSent: Int64 = 0
    var repairsCommitted: Int64 = 0
    /// The reconciliation that is on.
    var pass: SessionPass?
    /// Of the pass opened last, by either side.
    var passNumber: UInt32 = 0
    /// Bytes of the turns of all its passes, both sides, without the deltas.
    var turnBytes = 0
    /// No cursor moves until a pass has found what was before this session.
    var waitsForPass = false
    /// The streams to the peer begin where the session did, and what no pass compares has not been lined up for it yet.
    ///
    /// Ends with the first repairs to it, whatever they find, so that this goes out once. ``isComparisonDue`` goes on until
    /// a pass has nothing more to send.
    var owesUncompared = false
    /// The streams to the peer begin where the session did, and no pass has shown yet that it holds what was before.
    ///
    /// Ends with a pass that left nothing out and sent nothing, which may be a later one than the first: until then an
    /// acknowledgement of what was streamed says nothing of what was before.
    var isComparisonDue = false
    /// A pass that the cursors waited for left something to the streams: a fork behind it shows only in a later one.
    var comparesOnceStreamed = false
    /// How many passes have ended that the cursors wait for.
    var passesEnded = 0
    /// When the peer opened passes, of late.
    var passTimes: [Instant] = []
    var beatQueue: Set<NodeID> = []
    var partQueue: Set<BeatPartKey> = []
    /// The last beat and part that were sent: the next ones come first.
    var lastBeatSent: NodeID?
    var lastPartSent: BeatPartKey?
    var wasBeatSentLast = false

    init(id: SessionID, peer: NodeID, dialled: Bool, now: Instant, helloTimeout: Int64) {
        self.id = id
        self.peer = peer
        self.dialled = dialled
        self.openedAt = now
        self.phase = .awaitingHello(deadline: now.advanced(byMilliseconds: helloTimeout))
        self.lastReceived = now
        self.lastHeard = now
        self.lastSent = now
    }

    /// No moment of the session is left in the future.
    mutating func clockWentBack(to now: Instant, helloTimeout: Int64) {
        openedAt = min(openedAt, now)
        lastReceived = min(lastReceived, now)
        lastHeard = min(lastHeard, now)
        lastSent = min(lastSent, now)
        pace.clockWentBack(to: now)
        pass?.clockWentBack(to: now)
        passTimes = passTimes.map { min($0, now) }
        if case .awaitingHello(let deadline) = phase {
            phase = .awaitingHello(deadline: min(deadline, now.advanced(byMilliseconds: helloTimeout)))
        }
    }

    /// What the peer defined and this node does not keep yet.
    func definition(of audience: AudienceID) -> Audience? { offered[audience] ?? aside[audience] }

    mutating func takeDefinition(of audience: AudienceID) -> Audience? {
        offered.removeValue(forKey: audience) ?? aside.removeValue(forKey: audience)
    }

    /// What of a peer's hello is needed later.
    struct PeerHello: Sendable, Equatable {
        let storeEpoch: StoreEpoch
        let isJoining: Bool
        let version: String
        let schema: UInt32
        /// What it offered.
        let features: Set<SyncFeature>
    }

    /// One class of our store on its way to the peer.
    struct OutgoingStream: Sendable {
        /// Everything up to here was sent or is not for the peer.
        var cursor: LSN
        /// The last LSN the peer was told, by a delta or by progress.
        var told: LSN
        /// Bytes that the peer can still take; below zero by what the last delta took more than there was.
        var credit: Int64
        var scan: Ticket?
        /// The scan under way is of a stream that the peer has asked for anew since: its result is let go of.
        var isScanOld = false
        var toldEnd = false
        /// The last delta sent; 0 when none was.
        var lastSent: LSN = 0
        /// Committed at the peer up to here.
        var acknowledged: LSN = 0
    }

    /// One class of the peer's store on its way to us.
    struct IncomingStream: Sendable {
        /// The last LSN received.
        var received: LSN
        /// Committed up to here.
        var committed: LSN
        /// The peer said that there is no more, and all before it is committed.
        var isCaughtUp = false
        /// Bytes received of which the credit was not given back yet.
        var outstanding: UInt64 = 0
    }

    /// What was received and waits for its commit.
    struct InboxItem: Sendable {
        enum Content: Sendable {
            /// Deltas of one frame, with the bytes of credit they use.
            case deltas([Delta], byteCount: UInt64)
            case progress(end: Bool)
            /// The peer has sent all that it found this node to lack.
            case passEnd
        }

        let content: Content
        let deltaClass: DeltaClass
        /// Nil for what is of no stream: repairs.
        let lsn: LSN?
        /// Nil once the signatures are checked.
        var verification: Ticket?
    }

    /// The items that a commit under way covers.
    struct CommittingBatch: Sendable {
        let ticket: Ticket
        let items: [InboxItem]
        /// How many deltas of the items are in it.
        let deltaCount: Int
    }
}

/// Names a part of a node's beat.
struct BeatPartKey: Hashable, Sendable, Comparable {
    let node: NodeID
    let audience: AudienceID

    static func < (a: BeatPartKey, b: BeatPartKey) -> Bool { (a.node, a.audience) < (b.node, b.audience) }
}
