/// Decides what becomes of every op of one replica: authors local ones, merges foreign ones.
///
/// Lives beside the store's one writer and works inside its transaction, over a ``LedgerStorage``. Whether an op counts
/// is a function of the set of ops and of the authority chain, never of the order of arrival. When a transaction is
/// rolled back the ledger must be loaded anew.
package struct Ledger: Sendable {
    package let node: NodeID
    package private(set) var incarnation: Incarnation
    package let schema: Schema
    package internal(set) var authority: AuthorityState
    package internal(set) var clock: HybridClock
    package internal(set) var lanes: [LaneKey: LaneState]

    let cryptography: Cryptography
    let signer: Signer
    var pending: PendingCommit?
    var audienceIDs: [Audience: AudienceID] = [:]
    /// How much is kept of a revoked origin.
    package var evidenceQuota = EvidenceQuota()
    /// What is held of each revoked origin that has sent more since this ledger was loaded.
    var evidence: [NodeID: HeldEvidence] = [:]
    /// Whose personal ops are not held.
    package internal(set) var erased: Set<ErasedRecord> = []
    /// What was erased since the caller last looked.
    package internal(set) var erasing = ErasureOutcome()
    /// Records that were erased in one of several audiences, and are due to be folded anew.
    var refolding: Set<RecordID> = []
    /// Records of which something came that a left may let go of.
    var leaving: Set<RecordID> = []
    /// Records of which nothing is held that a left names; not all of them.
    var settled: Set<RecordID> = []
    /// What origins wrote for others, where this node's place is the first common ancestor; loaded when it is needed.
    var quotas: QuotaBook?
    /// Counters of it that changed and were not saved.
    var unsavedUses: Set<QuotaBook.UseKey> = []

    /// Loads what the storage holds of lanes.
    ///
    /// - Throws: what the storage throws.
    package init(
        node: NodeID,
        incarnation: Incarnation,
        schema: Schema,
        authority: AuthorityState,
        cryptography: Cryptography,
        signer: Signer,
        storage: some LedgerStorage
    ) throws {
        self.node = node
        self.incarnation = incarnation
        self.schema = schema
        self.authority = authority
        self.cryptography = cryptography
        self.signer = signer
        var lanes: [LaneKey: LaneState] = [:]
        var last = HLC(raw: 0)
        for lane in try storage.lanes() {
            lanes[lane.key] = lane
            if lane.key.origin == node, let stamp = lane.headStamp { last = max(last, stamp) }
        }
        self.lanes = lanes
        self.clock = HybridClock(last: last)
        self.erased = Set(try storage.erasures().map(\.target))
    }
}

/// What applying deltas or entries did, for read models and sessions.
package struct LedgerOutcome: Sendable {
    /// The deltas that were new, in LSN order.
    package var stored: [CommittedDelta] = []
    /// Records whose cells changed; their read models are due.
    package var touched: Set<RecordID> = []
    package var forks: [ForkProof] = []
    /// A delta of this node's own incarnation came from elsewhere.
    ///
    /// The replica was put back to an older state, or another runs beside it: it must go on in a new incarnation, begun
    /// in the same transaction.
    package var meetsItself = false
    /// How many deltas of revoked origins were let go of, more being held than ``EvidenceQuota`` allows.
    package var beyondQuota: [NodeID: Int] = [:]
    /// How many deltas wait since their origins wrote more for others than ``AcceptanceQuota`` allows.
    package var waiting: [NodeID: Int] = [:]

    package init() {}
}

// MARK: - Foreign deltas and entries

extension Ledger {
    /// Takes over verified deltas, whatever is missing before them.
    ///
    /// A delta that is held already changes nothing.
    ///
    /// - Parameter isLetIn: an operator has let them in, or nobody is to ask for their origins' quotas.
    /// - Throws: ``DeltaError`` when an audience was not defined or an epoch is not reached yet: the caller rolls back.
    package mutating func apply(
        _ deltas: [Delta],
        from source: NodeID?,
        isLetIn: Bool = false,
        at now: Instant,
        in storage: some LedgerStorage,
        into outcome: inout LedgerOutcome
    ) throws {
        var touchedLanes: Set<LaneKey> = []
        var emptied: Set<DeltaID> = []
        for delta in deltas {
            guard let audience = try storage.audience(delta.lane.audience) else {
                throw DeltaError(.unknownAudience, "audience \(delta.lane.audience) was not defined before its delta")
            }
            guard delta.header.epoch.district <= authority.height else {
                throw DeltaError(
                    .unknownEpoch,
                    "a delta of authority height \(delta.header.epoch.district), this node holds \(authority.height)"
                )
            }
            let isEvidence = isEvidence(delta, in: audience)
            if isEvidence, try !hasRoom(forEvidence: delta, in: storage) {
                outcome.beyondQuota[delta.lane.origin, default: 0] += 1
                continue
            }
            if !isEvidence, !isLetIn, let source,
                try hasToWait(delta, in: audience, from: source, at: now, in: storage)
            {
                outcome.waiting[delta.lane.origin, default: 0] += 1
                continue
            }
            var lane = try laneState(delta.lane, in: storage)
            if lane.holds(delta.header.seq) {
                let others = try storage.deltas(lane: lane.number, seq: delta.header.seq)
                guard !others.contains(delta.id) else {
                    try retake(delta, of: lane, in: audience, at: now, storage, touching: &outcome.touched)
                    continue
                }
                if let refilled = try storage.refill(delta, lane: lane.number, isQuarantined: isEvidence) {
                    let stored = refilled.stored
                    outcome.stored.append(CommittedDelta(lsn: stored.number, delta: delta, source: stored.source))
                    if !refilled.isMerged, !isEvidence {
                        try merge(stored, audience: audience, at: now, in: storage, touching: &outcome.touched)
                    }
                    continue
                }
                let proof = (others + [delta.id]).sorted()
                outcome.forks.append(ForkProof(lane: delta.lane, seq: delta.header.seq, deltas: proof))
            }
            if delta.lane.origin == node, delta.lane.incarnation == incarnation {
                outcome.meetsItself = true
            }
            // What was erased here is not stored again, whoever still had it.
            let delta = withoutErased(delta)
            let stored = StoredDelta(
                number: try storage.nextDeltaNumber(),
                lane: lane.number,
                delta: delta,
                source: source,
                receivedAt: now,
                isQuarantined: isEvidence
            )
            if isEvidence { evidence[delta.lane.origin]?.add(delta) }
            let lsn = try storage.insert(delta: stored)
            lane.insert(delta.header, id: delta.id)
            lanes[delta.lane] = lane
            touchedLanes.insert(delta.lane)
            if let fork = outcome.forks.last, fork.deltas.contains(delta.id) {
                try storage.keep(fork, lane: lane.number, at: now)
            }
            clock.observe(delta.header.hlc, at: now)
            outcome.stored.append(CommittedDelta(lsn: lsn, delta: delta, source: source))
            if stored.isQuarantined {
                try retake(carriedBy: delta, at: now, in: storage, touching: &outcome.touched)
            } else {
                if delta.ops.contains(where: \.isDropped) { emptied.insert(delta.id) }
                try merge(stored, audience: audience, at: now, in: storage, touching: &outcome.touched)
            }
        }
        try retakeFromEvidence(into: emptied, at: now, in: storage, touching: &outcome.touched)
        for key in touchedLanes.sorted() {
            if let lane = lanes[key] { try storage.save(lane: lane) }
        }
        try saveQuotaUses(in: storage)
        try settle(at: now, in: storage, touching: &outcome.touched)
        // An erasure may have come behind what it erases.
        outcome.stored = try asHeld(outcome.stored, in: storage)
    }

    /// Deltas as they are held by now: bytes of some may have been dropped.
    func asHeld(_ deltas: [CommittedDelta], in storage: some LedgerStorage) throws -> [CommittedDelta] {
        guard !erasing.dropped.isEmpty else { return deltas }
        return try deltas.map { committed in
            guard erasing.dropped.contains(committed.lsn), let stored = try storage.delta(number: committed.lsn) else {
                return CommittedDelta(
                    lsn: committed.lsn,
                    delta: withoutErased(committed.delta),
                    source: committed.source
                )
            }
            return CommittedDelta(lsn: committed.lsn, delta: stored.delta, source: committed.source)
        }
    }

    /// Applies the next entries of the authority chain; those held already are passed over.
    ///
    /// What a revocation cuts off is quarantined and its records are folded anew without it.
    ///
    /// - Returns: the entries that were new.
    /// - Throws: ``AuthorityError``; the caller rolls back.
    package mutating func apply(
        authority entries: [SignedAuthorityEntry],
        at now: Instant,
        in storage: some LedgerStorage,
        into outcome: inout LedgerOutcome
    ) throws -> [SignedAuthorityEntry] {
        var applied: [SignedAuthorityEntry] = []
        var revoked: Set<NodeID> = []
        for entry in entries {
            let content = try AuthorityEntryContent(decoding: entry.entry)
            if content.height <= authority.height { continue }
            try authority.apply(entry, cryptography)
            applied.append(entry)
            if case .revoke(let node, let revocation) = content.body, !revocation.isContinued { revoked.insert(node) }
        }
        if !revoked.isEmpty {
            try quarantine(deltasOf: revoked, at: now, in: storage, touching: &outcome.touched)
            try settle(at: now, in: storage, touching: &outcome.touched)
        }
        return applied
    }

    /// Looks again at ops whose time has come.
    package mutating func wake(
        at now: Instant,
        in storage: some LedgerStorage,
        into outcome: inout LedgerOutcome
    ) throws {
        for op in try storage.parkedOps(dueBy: HLC(milliseconds: now.milliseconds)) {
            try storage.unpark(op)
            try mergeAgain(op, at: now, in: storage, touching: &outcome.touched)
        }
        try settle(at: now, in: storage, touching: &outcome.touched)
    }

    /// Folds every cell anew from the deltas.
    ///
    /// The caller has emptied cells, homes and parked ops.
    package mutating func rebuild(
        at now: Instant,
        in storage: some LedgerStorage,
        into outcome: inout LedgerOutcome
    ) throws {
        var touched: Set<RecordID> = []
        try storage.forEachDelta(ofLanes: nil) { stored in
            guard !stored.isQuarantined, let audience = try storage.audience(stored.delta.lane.audience) else { return }
            try merge(stored, audience: audience, at: now, in: storage, touching: &touched)
        }
        try settle(at: now, in: storage, touching: &touched)
        outcome.touched.formUnion(touched)
    }

    /// Goes on in other lanes from here on, in the transaction that says so on the disk.
    ///
    /// Not within a group commit: what was begun would stand in the lanes of before.
    package mutating func begin(incarnation: Incarnation) {
        precondition(pending == nil, "a new incarnation within a group commit")
        self.incarnation = incarnation
    }

    /// The state of a lane, a new one when it was never seen.
    mutating func laneState(_ key: LaneKey, in storage: some LedgerStorage) throws -> LaneState {
        if let known = lanes[key] { return known }
        let id = LaneID(key, cryptography)
        return LaneState(key: key, id: id, number: try storage.laneNumber(key, id: id))
    }

    mutating func audienceID(_ audience: Audience, in storage: some LedgerStorage) throws -> AudienceID {
        if let known = audienceIDs[audience] { return known }
        let id = AudienceID(audience, cryptography)
        if try storage.audience(id) == nil { try storage.insert(audience: audience, id: id) }
        if audienceIDs.count >= 4_096 { audienceIDs.removeAll() }
        audienceIDs[audience] = id
        return id
    }
}
