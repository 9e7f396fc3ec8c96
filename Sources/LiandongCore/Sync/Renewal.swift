/// The names under which a replica goes on that was found older than what others know of it, or beside another.
package struct Renewal: Sendable, Hashable {
    package let incarnation: Incarnation
    package let storeEpoch: StoreEpoch

    package init(incarnation: Incarnation, storeEpoch: StoreEpoch) {
        self.incarnation = incarnation
        self.storeEpoch = storeEpoch
    }
}

/// What a peer says that only a later state of this replica could have told it.
package struct RewindReport: Sendable, Hashable {
    package enum Claim: Sendable, Hashable {
        /// The peer knows later deltas of these lanes of this node.
        case lanes([Lane])
        /// The peer has taken over more of this store than was ever in it.
        case store(LSN)
    }

    /// One lane that a peer knows more of.
    package struct Lane: Sendable, Hashable {
        package let lane: LaneKey
        package let ours: UInt64
        package let theirs: UInt64

        package init(lane: LaneKey, ours: UInt64, theirs: UInt64) {
            self.lane = lane
            self.ours = ours
            self.theirs = theirs
        }
    }

    package let peer: NodeID
    /// The store's name when the peer said so.
    package let storeEpoch: StoreEpoch
    package let claim: Claim

    package init(peer: NodeID, storeEpoch: StoreEpoch, claim: Claim) {
        self.peer = peer
        self.storeEpoch = storeEpoch
        self.claim = claim
    }
}

// A replica whose file went back in time, the anchor file with it, cannot know; nor can a copy that runs beside the
// original. Peers can: they hold later deltas of it, or have read further in its store than it goes. From then on it
// writes in lanes that nobody has, and its arrivals are numbered under an epoch that no cursor was taken from. The store
// decides, in one transaction, and judges the claims by what it holds; what it does is told by `renewed`.

extension SyncEngine {
    /// How many lanes' reports are remembered; claims cost nothing to make.
    private static let reportLimit = 1_024
    /// Words alone make a replica take new names at most so often, in milliseconds.
    private static let renewalSpacing: Int64 = 600_000

    /// The peer says how far it knows this node's own lanes.
    mutating func headsReceived(
        _ heads: WireHeads,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let peer = sessions[id]?.peer else { return }
        var ahead: [RewindReport.Lane] = []
        for head in heads.lanes {
            guard let audience = AudienceID(head.audience), let deltaClass = DeltaClass(head.class),
                NodeID(head.origin) == node
            else { continue }
            let key = LaneKey(
                origin: node,
                incarnation: Incarnation(raw: head.incarnation),
                audience: audience,
                deltaClass: deltaClass
            )
            let ours = lanes[key]?.highest ?? 0
            guard head.seq > ours else { continue }
            effects.append(.raise(.rewound(lane: key, ours: ours, theirs: head.seq, peer: peer)))
            guard head.seq > reportedHeads[key] ?? 0, reportedHeads.count < SyncEngine.reportLimit else {
                continue
            }
            reportedHeads[key] = head.seq
            ahead.append(.init(lane: key, ours: ours, theirs: head.seq))
        }
        if !ahead.isEmpty { report(.lanes(ahead), of: peer, at: now, into: &effects) }
    }

    /// Asks the store to look whether it went back, and to take new names if so.
    mutating func report(
        _ claim: RewindReport.Claim,
        of peer: NodeID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard lastRenewal.map({ now.milliseconds(since: $0) >= SyncEngine.renewalSpacing }) ?? true
        else { return }
        effects.append(.renew(RewindReport(peer: peer, storeEpoch: storeEpoch, claim: claim)))
    }

    /// The store goes on under other names: so does every conversation.
    mutating func renewed(_ renewal: Renewal, at now: Instant, into effects: inout [SyncEffect]) {
        guard renewal.storeEpoch != storeEpoch else { return }
        incarnation = renewal.incarnation
        storeEpoch = renewal.storeEpoch
        lastRenewal = now
        beatIsDue = true
        for id in sessions.keys.sorted() {
            close(id, .init(.replaced, "this replica goes on under other names"), at: now, into: &effects)
        }
    }
}
