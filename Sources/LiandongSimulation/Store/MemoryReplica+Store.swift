import LiandongCore
import LiandongSigning

// A replica whose real store leads: the dictionaries take in what it did.

/// The store and the dictionaries beside it do not hold the same.
struct StoreDifference: Error, CustomStringConvertible {
    let description: String
}

extension MemoryReplica {
    /// A job that the store does when its flush ends, or that a crash cuts short.
    struct StoreJob {
        let job: ReplicaJob
        let now: Instant
    }

    /// Opens the store, and takes in what of a job it had made durable when it was cut short.
    func open(_ store: StoreTwin, at now: Instant) throws -> SyncStart {
        let start: SyncStart
        do { start = try store.open(at: now, schema, founding: disk.chain) } catch {
            throw StoreDifference(description: "its store cannot be opened: \(error)")
        }
        storage.content = disk.content
        ledger = try loadLedger(start.incarnation)
        try lookAgain(at: now)
        try recover(from: try store.deltas(), start)
        disk.content = storage.content
        disk.storeEpoch = start.storeEpoch
        disk.incarnation = start.incarnation
        uncertain = []
        guard comparable(start.lanes) == comparable(storage.lanes()) else {
            throw StoreDifference(description: "its store's lanes are not those that its deltas give")
        }
        return start
    }

    private func comparable(_ lanes: [LaneState]) -> Set<LaneState> {
        Set(
            lanes.filter { $0.highest > 0 }.map { lane in
                // The local numbers are each storage's own.
                LaneState(
                    key: lane.key,
                    id: lane.id,
                    number: 0,
                    contiguous: lane.contiguous,
                    beyond: lane.beyond,
                    head: lane.head,
                    headStamp: lane.headStamp,
                    headEpoch: lane.headEpoch
                )
            }
        )
    }

    /// What was answered is there, in its order; what is there beyond it is the whole of one job that nobody was told of.
    private func recover(from deltas: [Delta], _ start: SyncStart) throws {
        let known = storage.content.arrivals.compactMap { storage.content.deltas[$0]?.delta.id }
        guard deltas.count >= known.count, zip(deltas, known).allSatisfy({ $0.id == $1 }) else {
            throw StoreDifference(description: "deltas that its store had made durable are missing")
        }
        let found = Array(deltas.dropFirst(known.count))
        let chain = Array(start.chain.dropFirst(disk.chain.count))
        guard start.chain.count >= disk.chain.count else {
            throw StoreDifference(description: "entries of the chain that its store had made durable are missing")
        }
        let source = uncertain.reversed().first { job in isWhole(found, chain, of: job.job) }
        guard found.allSatisfy(isFollowing) && chain.isEmpty || source != nil else {
            throw StoreDifference(description: "its store kept a part of a transaction")
        }
        var outcome = LedgerOutcome()
        let then = source?.now ?? start.startedAt
        _ = try ledger?.apply(authority: chain, at: then, in: storage, into: &outcome)
        for (id, audience) in start.audiences { storage.insert(audience: audience, id: id) }
        var (peer, sent): (NodeID?, Set<DeltaID>) = (nil, [])
        if case .persist(_, let batch)? = source?.job { (peer, sent) = (batch.peer, Set(batch.deltas.map(\.id))) }
        // What a job writes of itself stands behind what a peer sent.
        try ledger?.apply(found.filter { sent.contains($0.id) }, from: peer, at: then, in: storage, into: &outcome)
        recovered = found.filter { !sent.contains($0.id) }
        try ledger?.apply(recovered, from: nil, at: then, in: storage, into: &outcome)
        disk.chain += chain
        if let authority = ledger?.authority { disk.authority = authority }
        adopt(start)
    }

    /// Whether a delta holds nothing but erasures of this node's own, as any job may write them besides.
    private func isFollowing(_ delta: Delta) -> Bool {
        delta.lane.origin == node
            && delta.ops.allSatisfy { salted in
                guard case .held(_, let bytes) = salted, let op = try? Op(decoding: bytes) else { return false }
                return op.change == .erase
            }
    }

    /// Whether what was found is all that a job would have written of deltas and entries.
    private func isWhole(_ found: [Delta], _ chain: [SignedAuthorityEntry], of job: ReplicaJob) -> Bool {
        switch job {
        case .persist(_, let batch):
            let known = storage.content.numbers
            // Evidence beyond its quota is not kept; what was held is not kept twice.
            let new = batch.deltas.filter { known[$0.id] == nil }.map(\.id)
            let sent = Set(batch.deltas.map(\.id))
            let besides = found.filter { !sent.contains($0.id) }
            return Set(found.map(\.id)).subtracting(besides.map(\.id)) == Set(new) && besides.allSatisfy(isFollowing)
                && chain.count <= batch.authority.count
        case .command: return found.allSatisfy { $0.lane.origin == node } && chain.isEmpty
        case .append, .renew, .keepPreview, .endPreview, .wake, .fabricate:
            return found.allSatisfy(isFollowing) && chain.isEmpty
        }
    }

    /// Cursors and beats are no part of the dictionaries' work: they are checked against the deltas, as everywhere.
    private func adopt(_ start: SyncStart) {
        disk.cursors = start.cursors
        disk.previewProgress = start.preview
        disk.beats = Dictionary(start.beats.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
        disk.parts = Dictionary(
            start.parts.map { ("\($0.node) \($0.audience)", $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The power goes anywhere in a job that is under way.
    func crash(_ store: StoreTwin) -> Int {
        let isProcessOnly = random.chance(25)
        if let job = storeJob {
            store.disk.cutPower(after: random.delay(0...50))
            _ = store.perform(job.job, at: job.now)
            uncertain.append(job)
        }
        storeJob = nil
        return store.crash(seed: random.next(), keepsAll: isProcessOnly)
    }

    /// Lets the store do a job, and does the same in the dictionaries.
    func perform(_ job: StoreJob, in store: StoreTwin) throws -> ReplicaOutcome {
        let outcome = store.perform(job.job, at: job.now)
        var next = disk
        switch (outcome, job.job) {
        case (.persisted(_, let theirs), .persist(_, let batch)):
            var touched: Set<RecordID> = []
            let ours = try persist(batch, on: &next, at: job.now, renewal: theirs.renewal, touching: &touched)
            guard ours.stored == theirs.stored, ours.newEntries.count == theirs.newEntries.count,
                ours.forks == theirs.forks, ours.beyondQuota == theirs.beyondQuota, ours.renewal == theirs.renewal
            else { throw StoreDifference(description: "its store did something else with a batch") }
        case (.committed(let deltas, let definitions, _), _):
            try takeIn(deltas, definitions, at: job.now)
        case (.renewed(let renewal), _): take(renewal, on: &next)
        case (.previewKept, .keepPreview(_, let batch)): next.previewProgress = batch.progress
        case (.previewEnded, _): next.previewProgress = nil
        case (.nothing, .renew): break
        case (.woken, _):
            var taken = LedgerOutcome()
            try ledger?.wake(at: job.now, in: storage, into: &taken)
        default:
            // It may come back after a crash: an error of the disk does not say what reached it.
            uncertain.append(job)
            return outcome
        }
        uncertain = []
        let (besides, definitions) = store.takeCommits()
        try takeIn(besides, definitions, at: job.now)
        following += besides
        next.content = storage.content
        disk = next
        noteDropped()
        return outcome
    }

    /// Takes in what the store wrote of its own.
    private func takeIn(_ deltas: [CommittedDelta], _ definitions: [Audience], at now: Instant) throws {
        for audience in definitions { storage.insert(audience: audience, id: AudienceID(audience, .sodium)) }
        var taken = LedgerOutcome()
        try ledger?.apply(deltas.map(\.delta), from: nil, at: now, in: storage, into: &taken)
        guard taken.stored == deltas else {
            throw StoreDifference(description: "its store gave its own deltas other numbers")
        }
    }
}
