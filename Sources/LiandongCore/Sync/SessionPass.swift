/// One reconciliation on a session, from its wish to its end.
struct SessionPass: Sendable {
    enum Stage: Sendable, Equatable {
        /// As many passes are on as a node holds at one time; the responder keeps the opening until there is room.
        case waiting
        case readingLanes(Ticket)
        /// Both sides speak in turn.
        case talking
        case readingNodes(Ticket)
        /// The talk is over: each side sends what the other lacks, then its end.
        case repairing
    }

    /// What is to be sent of one lane.
    struct Repair: Sendable {
        let lane: LaneKey
        var seqs: SeqSet
        /// The delta of the first of the seqs behind which it goes on.
        var after: DeltaID?
    }

    let isInitiator: Bool
    let number: UInt32
    var stage = Stage.waiting
    /// The initiator's first turn, until this side's lanes are read.
    var opening: ReconciliationMessage?
    /// Of the chain by which this side's lanes were chosen.
    private(set) var height: UInt64 = 0
    var reconciler: Reconciler?
    /// When the talk began, and when the peer was last heard of or this side had something to do.
    private(set) var beganAt: Instant
    var lastProgress: Instant
    /// How many nodes of digest trees were read for the peer.
    var nodesRead = 0
    var differences: [Reconciler.Difference] = []
    var unknownLanes = 0
    /// Something was left to another pass, here or there.
    var isPartial = false

    /// Behind which LSN the streams to the peer were when the pass began: what comes after it they bring, and no repair.
    ///
    /// Lacks a class that the peer had not asked for by then.
    private(set) var streamedAfter: [DeltaClass: LSN] = [:]
    /// Interactive before bulk, each in the order of lanes.
    var repairs: [DeltaClass: [Repair]] = [:]
    var repairRead: (ticket: Ticket, deltaClass: DeltaClass)?
    var sent = 0
    var received = 0
    /// Of the session's ``PeerSession/turnBytes`` when it began.
    private(set) var turnBytesBefore = 0
    var hasSaidEnd = false
    /// The peer says that it has sent all.
    var isEndOnItsWay = false
    /// It has, and it is durable here.
    var hasHeardEnd = false
    /// The peer's next pass, opened while the end of this one is being made durable.
    var next: (number: UInt32, opening: ReconciliationMessage)?

    init(isInitiator: Bool, number: UInt32, opening: ReconciliationMessage? = nil, now: Instant) {
        self.isInitiator = isInitiator
        self.number = number
        self.opening = opening
        self.lastProgress = now
        self.beganAt = now
    }

    mutating func begin(_ ticket: Ticket, height: UInt64, of session: PeerSession, at now: Instant) {
        self.height = height
        for (deltaClass, stream) in session.outgoing { noteStream(of: deltaClass, after: stream.cursor) }
        turnBytesBefore = session.turnBytes
        stage = .readingLanes(ticket)
        beganAt = now
        lastProgress = now
    }

    /// A stream to the peer goes on behind an LSN.
    mutating func noteStream(of deltaClass: DeltaClass, after lsn: LSN) {
        streamedAfter[deltaClass] = min(streamedAfter[deltaClass] ?? .max, lsn)
    }

    mutating func clockWentBack(to now: Instant) {
        beganAt = min(beganAt, now)
        lastProgress = min(lastProgress, now)
    }

    /// Whether lanes are in memory for it.
    var holdsLanes: Bool {
        switch stage {
        case .waiting, .repairing: false
        case .readingLanes, .talking, .readingNodes: true
        }
    }

    /// Whether the peer lets it wait: the time that this side takes is not the peer's fault.
    func isStale(at now: Instant, _ configuration: SyncConfiguration) -> Bool {
        let isOurTurn =
            switch stage {
            case .waiting, .readingLanes, .readingNodes: true
            case .talking: false
            case .repairing: repairRead != nil
            }
        if !isOurTurn, now.milliseconds(since: lastProgress) >= configuration.passPatience { return true }
        return holdsLanes && now.milliseconds(since: beganAt) >= configuration.passTalkLimit
    }

    func report(_ result: PassReport.Result, of session: PeerSession, at now: Instant) -> PassReport {
        PassReport(
            peer: session.peer,
            result: result,
            differences: differences,
            unknownLanes: unknownLanes,
            sent: sent,
            received: received,
            turnBytes: session.turnBytes - turnBytesBefore,
            milliseconds: now.milliseconds(since: beganAt)
        )
    }
}
