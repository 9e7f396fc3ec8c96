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
    /// So many bytes of frames now wait to be taken by the kernel.
    case sendQueueChanged(SessionID, byteCount: Int)
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
    case snapshotRead(Ticket, SnapshotPage)
    /// A `keepPreview` is durable.
    case previewKept(Ticket)
    /// A `keepPreview` was rolled back.
    case previewFailed(Ticket, reason: String)
    /// An `endPreview` is durable; so many records were shown that no delta bore out.
    case previewEnded(Ticket, unproven: Int)
    /// The lanes of a `readLanes`, in the order of the pass.
    case lanesRead(Ticket, SaltedLanes)
    /// The answers to a `readLaneNodes`, in its order.
    case laneNodesRead(Ticket, [[LaneNodeChild]])
    case deltasRead(Ticket, DeltaReadResult)
    /// What a reconciliation asked for could not be read: the pass is abandoned.
    case readFailed(Ticket, reason: String)
    case scrubbed(ScrubOutcome)
    /// Somebody wants to know whether a peer holds the same: a pass, told of by `passEnded`.
    case passWanted(NodeID)
    /// A local group commit is durable; its deltas, and what their audiences are.
    case committed([CommittedDelta], definitions: [Audience])
    /// Deltas lost bytes to an erasure, durably; what is left of them. Of one commit it is told before `committed`.
    case dropped([CommittedDelta])
    /// What waited of an origin was let in and is durable; more of it was never kept, when that is incomplete.
    case letIn(NodeID, [CommittedDelta], isIncomplete: Bool)
    /// The signer's own new entries are durable.
    case authorityAppended([SignedAuthorityEntry], AuthorityState)
    /// This node is the signer and has decided.
    case enrolmentDecided(EnrolmentReply)
    /// The store goes on under other names: a `renew` found it older than it was, or another beside it.
    case renewed(Renewal)
    /// An operator hands in a stretch of a file; an `imported` effect with this number answers.
    case importOffered(UInt64, ImportBatch)
    /// Somebody is about to read what this node says of itself: it is to be the newest.
    case beatWanted
    case paused(NodeID)
    case resumed(NodeID)
    /// The operator named a neighbour to hold a connection to, or no longer does.
    case linked(NodeID)
    case unlinked(NodeID)
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
    /// Read the next page of a snapshot.
    case readSnapshot(Ticket, SnapshotQuery)
    /// Keep records of a peer's snapshot beside those that are proven, shown and marked as being verified.
    case keepPreview(Ticket, PreviewBatch)
    /// Drop what is left of a snapshot.
    case endPreview(Ticket)
    /// Read the lanes of a pass and put them in its order; not where something waits, it takes a while.
    case readLanes(Ticket, LaneRead)
    case readLaneNodes(Ticket, [Reconciler.NodeRead])
    case readDeltas(Ticket, DeltaRead)
    /// Check again what is held, a random part of it, and set aside what is rotten.
    case scrub(ScrubRequest)
    case passEnded(PassReport)
    /// This node is the signer: check the invite again, append the entries, report `enrolmentDecided`.
    case decideEnrolment(EnrolmentRequest)
    /// The peers to be connected to; replaces the set before.
    case dial([DialTarget])
    case raise(SyncAlarm)
    /// Look whether the store went back in time; when it did take new names durably, then report `renewed`.
    case renew(RewindReport)
    /// What became of what was handed in under this number; what was stored is durable.
    case imported(UInt64, ImportOutcome)
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

/// A peer to hold a connection to, and where it was last known to listen.
package struct DialTarget: Sendable, Hashable {
    package let node: NodeID
    package let addresses: [String]

    package init(node: NodeID, addresses: [String]) {
        self.node = node
        self.addresses = addresses
    }
}
