/// The lanes that two nodes compare: of the audiences that both may hold.
package struct LaneRead: Sendable {
    package let filter: EntitlementFilter
    /// Of the pass, sixteen bytes; nil where this node opens it: the caller draws one that nobody could know before.
    package let salt: [UInt8]?

    package init(filter: EntitlementFilter, salt: [UInt8]?) {
        self.filter = filter
        self.salt = salt
    }
}

/// The held deltas of a lane at seqs, by seq and id.
package struct DeltaRead: Sendable, Hashable {
    package let lane: LaneKey
    package let seqs: SeqSet
    /// Of the first of the seqs, where a fork is read on behind one of its deltas.
    package let after: DeltaID?
    /// Read so many and so many bytes at most, but one at least.
    package let countLimit: Int
    package let byteLimit: Int
    /// What arrived here after it is passed over: a stream brings it.
    package let upTo: LSN

    package init(
        lane: LaneKey,
        seqs: SeqSet,
        after: DeltaID? = nil,
        countLimit: Int,
        byteLimit: Int,
        upTo: LSN = .max
    ) {
        self.lane = lane
        self.seqs = seqs
        self.after = after
        self.upTo = upTo
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }
}

/// What a ``DeltaRead`` gave.
package struct DeltaReadResult: Sendable {
    package let deltas: [CommittedDelta]
    /// Nothing more is held of what was asked for.
    package let reachedEnd: Bool

    package init(deltas: [CommittedDelta], reachedEnd: Bool) {
        self.deltas = deltas
        self.reachedEnd = reachedEnd
    }
}

/// How much of what is held is checked again at a time.
package struct ScrubRequest: Sendable, Hashable {
    package let countLimit: Int
    package let byteLimit: Int

    package init(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }
}

/// What a scrub found.
package struct ScrubOutcome: Sendable, Hashable {
    /// A delta whose bytes no longer are its author's: set aside, to be fetched from a peer again.
    package struct Rot: Sendable, Hashable {
        package let lane: LaneKey
        package let seq: UInt64
        package let id: DeltaID

        package init(lane: LaneKey, seq: UInt64, id: DeltaID) {
            self.lane = lane
            self.seq = seq
            self.id = id
        }
    }

    package var checkedCount: Int
    package var rot: [Rot]

    package init(checkedCount: Int = 0, rot: [Rot] = []) {
        self.checkedCount = checkedCount
        self.rot = rot
    }
}

/// What a pass with a peer found, and what became of it.
package struct PassReport: Sendable {
    package enum Result: Sendable, Hashable {
        /// Both sides sent what the other lacks.
        case done
        /// The same, and something was left to another pass.
        case partial
        case failed(String)
    }

    package let peer: NodeID
    package let result: Result
    /// What the two differed in when the pass began, as far as it is known here.
    package let differences: [Reconciler.Difference]
    /// Lanes that the peer holds something of and this node nothing.
    package let unknownLanes: Int
    /// Deltas sent and received as repairs.
    package let sent: Int
    package let received: Int
    /// What finding out cost: bytes of the turns of both sides, without the deltas, and how long all of it took.
    package let turnBytes: Int
    package let milliseconds: Int64

    /// Whether both held the same.
    package var isEqual: Bool { result == .done && differences.isEmpty && unknownLanes == 0 && received == 0 }
}
