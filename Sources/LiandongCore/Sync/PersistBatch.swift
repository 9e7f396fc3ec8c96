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
    package var handedOver: [HandedOver] = []

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
    /// The names under which the replica goes on, when the batch showed that there is another of it.
    package var renewal: Renewal?
    /// How many deltas wait here, by origin: it wrote more for others than its quota allows.
    package let waiting: [NodeID: Int]

    package init(
        stored: [CommittedDelta],
        authority: AuthorityState? = nil,
        newEntries: [SignedAuthorityEntry] = [],
        forks: [ForkProof] = [],
        beyondQuota: [NodeID: Int] = [:],
        waiting: [NodeID: Int] = [:]
    ) {
        self.stored = stored
        self.authority = authority
        self.newEntries = newEntries
        self.forks = forks
        self.beyondQuota = beyondQuota
        self.waiting = waiting
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
