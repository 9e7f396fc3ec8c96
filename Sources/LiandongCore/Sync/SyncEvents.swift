/// One connection to one peer, for as long as it lasts; numbered by whoever opened the transport, never reused.
package struct SessionID: Hashable, Sendable, Comparable {
    package let raw: UInt64
    package init(raw: UInt64) { self.raw = raw }
    package static func < (a: SessionID, b: SessionID) -> Bool { a.raw < b.raw }
}

/// Ties the result of an effect to the effect; numbered by the engine, never reused.
package struct Ticket: Hashable, Sendable, Comparable {
    package let raw: UInt64
    package init(raw: UInt64) { self.raw = raw }
    package static func < (a: Ticket, b: Ticket) -> Bool { a.raw < b.raw }
}

/// What the engine is told.
package enum SyncEvent: Sendable {
    /// TLS is up and the peer holds the key of this NodeID.
    case opened(SessionID, peer: NodeID, dialled: Bool)
    /// One whole frame, without its length.
    case received(SessionID, frame: [UInt8])
    /// Bytes of a frame arrived that is not whole yet.
    case bytesArrived(SessionID)
    case closed(SessionID)
    /// The answers to a `verify`, in its order.
    case verified(Ticket, [Bool])
    /// A `persist` is durable.
    case persisted(Ticket, PersistOutcome)
    /// A `persist` was rolled back: its session must end, nothing was acknowledged.
    case persistFailed(Ticket, reason: String)
    case scanned(Ticket, ScanResult)
    /// A `scan` could not be read: its session must end.
    case scanFailed(Ticket, reason: String)
    /// A local group commit is durable; its deltas, and the audiences it wrote to for the first time.
    case committed([CommittedDelta], newAudiences: [Audience])
    /// The signer's own new entries are durable.
    case authorityAppended([SignedAuthorityEntry], AuthorityState)
    /// This node is the signer and has decided.
    case enrolmentDecided(EnrolmentReply)
    case paused(NodeID)
    case resumed(NodeID)
    /// The time of `nextWakeUp` has come, or the caller has nothing better to do.
    case wokeUp
    case stopping
}

/// What the engine wants done, in order.
package enum SyncEffect: Sendable {
    case send(SessionID, frame: [UInt8])
    /// Send what was queued, then close.
    case close(SessionID, CloseReason)
    case verify(Ticket, [SignatureCheck])
    /// Commit durably, all of it or none, then report.
    case persist(Ticket, PersistBatch)
    case scan(Ticket, ScanRequest)
    /// This node is the signer: check the invite again, append the entries, report `enrolmentDecided`.
    case decideEnrolment(EnrolmentRequest)
    /// The peers to be connected to; replaces the set before.
    case dial([DialTarget])
    case raise(SyncAlarm)
}

/// A signature to check: 64 bytes, over the message, by the key.
package struct SignatureCheck: Sendable, Hashable {
    package let signature: [UInt8]
    package let message: [UInt8]
    package let key: [UInt8]

    package init(signature: [UInt8], message: [UInt8], key: [UInt8]) {
        self.signature = signature
        self.message = message
        self.key = key
    }
}

/// What one durable commit holds: deltas and the cursor that says they were received move together.
package struct PersistBatch: Sendable {
    package var peer: NodeID
    package var authority: [SignedAuthorityEntry] = []
    package var audiences: [Audience] = []
    /// Verified, in the order they came.
    package var deltas: [Delta] = []
    /// At most one a class.
    package var cursors: [Cursor] = []
    package var beats: [KeptBeat] = []
    package var parts: [KeptBeatPart] = []

    package init(peer: NodeID) { self.peer = peer }
}

/// How far a peer's store has been taken over, one a class.
package struct Cursor: Sendable, Hashable {
    package let peer: NodeID
    package let storeEpoch: StoreEpoch
    package let deltaClass: DeltaClass
    package let lsn: LSN

    package init(peer: NodeID, storeEpoch: StoreEpoch, deltaClass: DeltaClass, lsn: LSN) {
        self.peer = peer
        self.storeEpoch = storeEpoch
        self.deltaClass = deltaClass
        self.lsn = lsn
    }
}

/// What a commit did.
package struct PersistOutcome: Sendable {
    /// The deltas that were new, in LSN order.
    package let stored: [CommittedDelta]
    /// The state after the batch's entries; nil when there were none.
    package let authority: AuthorityState?
    /// The entries that were new.
    package let newEntries: [SignedAuthorityEntry]
    package let forks: [ForkProof]
    /// How many deltas of revoked origins were let go of, beyond what is kept of them.
    package let beyondQuota: [NodeID: Int]

    package init(
        stored: [CommittedDelta],
        authority: AuthorityState? = nil,
        newEntries: [SignedAuthorityEntry] = [],
        forks: [ForkProof] = [],
        beyondQuota: [NodeID: Int] = [:]
    ) {
        self.stored = stored
        self.authority = authority
        self.newEntries = newEntries
        self.forks = forks
        self.beyondQuota = beyondQuota
    }
}

/// A delta that is durable here.
package struct CommittedDelta: Sendable, Hashable {
    package let lsn: LSN
    package let delta: Delta
    /// The peer it came from; nil for one of our own.
    package let source: NodeID?

    package init(lsn: LSN, delta: Delta, source: NodeID?) {
        self.lsn = lsn
        self.delta = delta
        self.source = source
    }
}

/// Two deltas of one lane and seq.
package struct ForkProof: Sendable, Hashable {
    package let lane: LaneKey
    package let seq: UInt64
    package let deltas: [DeltaID]

    package init(lane: LaneKey, seq: UInt64, deltas: [DeltaID]) {
        self.lane = lane
        self.seq = seq
        self.deltas = deltas
    }
}

/// What is kept of a delta whose origin had no right to its audience: its signature says who wrote it.
package struct RefusedDelta: Sendable, Hashable {
    /// How many are kept in all, and of one origin: whoever floods a node with them shows no more by it.
    package static let limit = 64
    package static let originLimit = 4

    package let headerBytes: [UInt8]
    package let signature: [UInt8]
    package let lane: LaneKey
    package let seq: UInt64
    /// Who passed it on.
    package let peer: NodeID
    package let refusal: DeltaAdmission.Refusal
}

/// The next stretch of a class's LSN order, of what a peer is entitled to.
package struct ScanRequest: Sendable {
    package let session: SessionID
    package let deltaClass: DeltaClass
    package let after: LSN
    /// Stop after so many bytes of deltas; at least one delta is returned when there is one.
    package let byteLimit: Int
    package let countLimit: Int
    /// Whether the peer may have what is for the audience.
    package let filter: EntitlementFilter

    package init(
        session: SessionID,
        deltaClass: DeltaClass,
        after: LSN,
        byteLimit: Int,
        countLimit: Int,
        filter: EntitlementFilter
    ) {
        self.session = session
        self.deltaClass = deltaClass
        self.after = after
        self.byteLimit = byteLimit
        self.countLimit = countLimit
        self.filter = filter
    }
}

/// What a scan found.
package struct ScanResult: Sendable {
    package let deltas: [CommittedDelta]
    /// Everything up to here was looked at.
    package let scannedTo: LSN
    /// Nothing of the class was committed beyond `scannedTo` when the scan ended.
    package let reachedEnd: Bool

    package init(deltas: [CommittedDelta], scannedTo: LSN, reachedEnd: Bool) {
        self.deltas = deltas
        self.scannedTo = scannedTo
        self.reachedEnd = reachedEnd
    }
}

/// What a peer may have, by the sender's own authority state.
package struct EntitlementFilter: Sendable {
    package let authority: AuthorityState
    package let peer: NodeID

    package init(authority: AuthorityState, peer: NodeID) {
        self.authority = authority
        self.peer = peer
    }

    package func admits(_ audience: Audience) -> Bool { authority.isEntitled(peer, to: audience) }
}

/// A peer to hold a connection to, and where it was last known to listen.
package struct DialTarget: Sendable, Hashable {
    package let node: NodeID
    package let addresses: [String]

    package init(node: NodeID, addresses: [String]) {
        self.node = node
        self.addresses = addresses
    }
}

/// The newest signed state of a node, kept and relayed as it came.
package struct KeptBeat: Sendable, Hashable {
    package let node: NodeID
    package let incarnation: Incarnation
    package let number: UInt64
    /// The author's wall clock.
    package let time: Instant
    /// Serialized `SignedBeat`.
    package let bytes: [UInt8]

    package init(node: NodeID, incarnation: Incarnation, number: UInt64, time: Instant, bytes: [UInt8]) {
        self.node = node
        self.incarnation = incarnation
        self.number = number
        self.time = time
        self.bytes = bytes
    }
}

/// The newest signed lane positions of a node for one audience.
package struct KeptBeatPart: Sendable, Hashable {
    package let node: NodeID
    package let incarnation: Incarnation
    package let number: UInt64
    package let time: Instant
    package let audience: AudienceID
    /// Committed without a gap up to each seq.
    package let positions: [LaneID: UInt64]
    /// Serialized `SignedBeatPart`.
    package let bytes: [UInt8]

    package init(
        node: NodeID,
        incarnation: Incarnation,
        number: UInt64,
        time: Instant,
        audience: AudienceID,
        positions: [LaneID: UInt64],
        bytes: [UInt8]
    ) {
        self.node = node
        self.incarnation = incarnation
        self.number = number
        self.time = time
        self.audience = audience
        self.positions = positions
        self.bytes = bytes
    }
}

/// A joining node's proven request, as it is relayed to the signer.
package struct EnrolmentRequest: Sendable, Hashable {
    package let node: NodeID
    /// X25519 public key, 32 bytes.
    package let sealingKey: [UInt8]
    /// The invite's public key, 32 bytes.
    package let invite: [UInt8]
    package let addresses: [String]
    package let clock: Instant

    package init(node: NodeID, sealingKey: [UInt8], invite: [UInt8], addresses: [String], clock: Instant) {
        self.node = node
        self.sealingKey = sealingKey
        self.invite = invite
        self.addresses = addresses
        self.clock = clock
    }
}

/// What became of an enrolment request.
package struct EnrolmentReply: Sendable, Hashable {
    package enum Outcome: Int, Sendable {
        case enrolled = 1
        case waitingForSigner = 2
        case unknownInvite = 3
        case expired = 4
        case alreadyUsed = 5
        case badProof = 6
        case wrongCluster = 7
        case tooMany = 8
    }

    package let node: NodeID
    package let outcome: Outcome
    package let reason: String
    /// The wall clock of whoever decided.
    package let clock: Instant
    /// When the invite expires, where that is the reason.
    package let expires: Instant?

    package init(node: NodeID, outcome: Outcome, reason: String, clock: Instant, expires: Instant?) {
        self.node = node
        self.outcome = outcome
        self.reason = reason
        self.clock = clock
        self.expires = expires
    }
}

/// Why a session ends, told to the peer in a `Bye`.
package struct CloseReason: Error, Sendable, Hashable {
    /// The codes of `ByeReason` in session.proto.
    package enum Code: Int, Sendable {
        case shuttingDown = 1
        case replaced = 2
        case paused = 3
        case wrongCluster = 4
        case protocolVersion = 5
        case notEnrolled = 6
        case revoked = 7
        case protocolError = 8
        case authorityFork = 9
        case timeout = 10
        case clock = 11
    }

    package let code: Code
    package let text: String

    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
}

/// What an operator must hear of.
package enum SyncAlarm: Sendable, Hashable {
    /// Two deltas of one lane and seq.
    case fork(ForkProof)
    /// A peer knows later deltas of ours than we do: this database went back in time. A new incarnation is needed.
    case rewound(lane: LaneKey, ours: UInt64, theirs: UInt64, peer: NodeID)
    /// A peer's authority chain differs from ours at a height we both hold.
    case authorityFork(peer: NodeID, height: UInt64)
    /// A peer passed on a delta whose origin had no right to its audience.
    case unauthorised(lane: LaneKey, seq: UInt64, peer: NodeID, DeltaAdmission.Refusal)
    /// More came of a revoked origin than is kept as evidence; told once an origin.
    case evidenceQuota(origin: NodeID)
    /// A clock differs by more than the guard allows.
    case clock(peer: NodeID, offsetMilliseconds: Int64)
}
