import LiandongCore
import LiandongDomain
import LiandongSigning

/// A replica over dictionaries: what is on its disk, and what its writer has in memory.
///
/// A job is carried out in memory by ``perform(_:)`` and is durable after ``flush()``, as with a write-ahead log whose
/// flush has not ended; a crash between the two loses it whole.
final class MemoryReplica {
    /// What outlives a crash.
    struct Disk {
        var content = MemoryLedgerStorage.Content()
        var chain: [SignedAuthorityEntry] = []
        var authority = AuthorityState()
        var cursors: [Cursor] = []
        var beats: [NodeID: KeptBeat] = [:]
        var parts: [String: KeptBeatPart] = [:]
        var handedOver: [HandedOver] = []
        var preview: [RecordID: SnapshotRecord] = [:]
        var previewProgress: PreviewProgress?
        var storeEpoch: StoreEpoch
        /// The one that it was last opened under.
        var incarnation = Incarnation(raw: 0)
        /// The last stop was in order; as the anchor file says, which lies outside of what a backup takes along.
        var isClean = false
        /// The schema of the build that judged last what is held.
        var judgedBy: UInt32?
    }

    let node: NodeID
    let signer: Signer
    let bug: SimulationOptions.PlantedBug?
    let storage: MemoryLedgerStorage
    let purposes: Purposes
    /// What the build knows that serves it.
    var schema = SimulatedSchema.current
    var disk: Disk
    var ledger: Ledger?
    /// The real store of some nodes, which leads.
    var store: StoreTwin?
    var storeJob: StoreJob?
    /// Jobs that failed or were cut short since the last that went well: any of them may be on the disk.
    var uncertain: [StoreJob] = []
    /// Its own deltas that turned out to be durable when it opened, though nobody was told so.
    var recovered: [Delta] = []
    private var underWay: (outcome: ReplicaOutcome, disk: Disk, following: [CommittedDelta])?
    /// Erasures that it wrote of itself in jobs that are durable, and that nobody was told of yet.
    var following: [CommittedDelta] = []
    /// What is left of deltas that the last jobs dropped bytes of: nothing read of them before may be sent.
    private var dropped: [CommittedDelta] = []
    var random: SeededRandom
    /// What is wrong with the disk, for as long as it is.
    var fault: DiskFault?
    /// As the anchor file does, it lies outside of what a backup takes along.
    var nextSequence = 0
    /// A backup took the disk's place, and nothing was opened since: its epoch is not what cursors of it mean.
    private(set) var isPutBack = false

    init(
        node: NodeID,
        signer: Signer,
        disk: Disk,
        purposes: Purposes,
        random: SeededRandom,
        bug: SimulationOptions.PlantedBug?
    ) {
        self.node = node
        self.signer = signer
        self.disk = disk
        self.purposes = purposes
        self.random = random
        self.bug = bug
        let storage = BuggyLedgerStorage()
        storage.bug = bug
        self.storage = bug == nil ? MemoryLedgerStorage() : storage
    }

    // MARK: Life

    /// Starts from the disk alone: under new names, unless the last stop was provably clean.
    func open(_ fresh: Renewal, at now: Instant) throws -> SyncStart {
        underWay = nil
        dropped = []
        following = []
        recovered = []
        isPutBack = false
        if let store { return try open(store, at: now) }
        storage.content = disk.content
        let wasOpen = disk.incarnation.raw > 0
        let isRestored = wasOpen && !disk.isClean && bug != .keepsEpochOfBackup
        if isRestored { disk.storeEpoch = fresh.storeEpoch }
        let keepsIncarnation = wasOpen && (disk.isClean || bug == .keepsIncarnationOfBackup)
        let incarnation = keepsIncarnation ? disk.incarnation : fresh.incarnation
        disk.incarnation = incarnation
        disk.isClean = false
        ledger = try loadLedger(incarnation)
        try lookAgain(at: now)
        disk.content = storage.content
        var start = SyncStart(
            node: node,
            incarnation: incarnation,
            storeEpoch: disk.storeEpoch,
            chain: disk.chain,
            authority: disk.authority,
            lanes: storage.lanes(),
            audiences: storage.content.audiences,
            cursors: disk.cursors,
            beats: disk.beats.values.sorted { $0.node < $1.node },
            parts: disk.parts.sorted { $0.key < $1.key }.map(\.value),
            preview: disk.previewProgress,
            lastLSN: LSN(storage.content.arrivals.count),
            startedAt: now
        )
        start.handedOver = disk.handedOver
        start.isRestored = isRestored
        return start
    }

    /// Reads what a build with another schema kept unread, as a store does in the transaction that opens it.
    func lookAgain(at now: Instant) throws {
        defer { disk.judgedBy = schema.version }
        guard let judgedBy = disk.judgedBy, judgedBy != schema.version else { return }
        var outcome = LedgerOutcome()
        try ledger?.lookAgain(isOtherSchema: true, at: now, in: storage, into: &outcome)
        guard store == nil else { return }
        recovered = try finish(at: now, touching: &outcome.touched)?.deltas.map(\.delta) ?? []
    }

    /// Loses everything that is not on the disk.
    ///
    /// - Returns: whether work was under way, and how many writes to the disk were lost or torn.
    func crash() -> (hadWork: Bool, lostWrites: Int) {
        let hadWork = isWriting
        let lostWrites = store.map(crash) ?? 0
        underWay = nil
        ledger = nil
        storage.content = disk.content
        return (hadWork, lostWrites)
    }

    /// Ends in order, while nothing is under way: the next start goes on under the same names.
    func stop() throws {
        if let store { try store.close(seed: random.next()) }
        disk.isClean = store == nil && fault == nil
        ledger = nil
    }

    /// Puts an older disk in place of this one, as a backup that is put back does.
    func restore(_ backup: Disk) {
        disk = backup
        disk.isClean = false
        isPutBack = true
    }

    func loadLedger(_ incarnation: Incarnation) throws -> Ledger {
        try Ledger(
            node: node,
            incarnation: incarnation,
            schema: schema,
            authority: disk.authority,
            cryptography: .sodium,
            signer: signer,
            storage: storage
        )
    }

    // MARK: Writing

    var isWriting: Bool { underWay != nil || storeJob != nil }

    /// What the job under way will amount to.
    var expected: ReplicaOutcome? { underWay?.outcome }

    /// Carries a job out in memory; durable only after ``flush()``.
    func perform(_ job: ReplicaJob, at now: Instant) throws {
        guard store == nil else {
            storeJob = StoreJob(job: job, now: now)
            return
        }
        var next = disk
        var outcome = ReplicaOutcome.nothing
        var written: [CommittedDelta] = []
        do {
            try checkDisk()
            var touched: Set<RecordID> = []
            outcome = try carryOut(job, on: &next, at: now, touching: &touched)
            written = try finish(at: now, touching: &touched)?.deltas ?? []
            next.content = storage.content
        } catch {
            storage.content = disk.content
            if let incarnation = ledger?.incarnation { ledger = try loadLedger(incarnation) }
            next = disk
            switch job {
            case .persist(let ticket, _):
                outcome =
                    bug == .ignoresFailedCommits
                    ? .persisted(ticket, PersistOutcome(stored: [])) : .failed(ticket, "\(error)")
            case .keepPreview(let ticket, _): outcome = .previewFailed(ticket, "\(error)")
            case .command, .append, .wake, .renew, .endPreview, .fabricate: outcome = .refused("\(error)")
            }
        }
        if bug == .cursorAheadOfData { disk.cursors = next.cursors }
        underWay = (outcome, next, written)
    }

    /// Ends a transaction as a store does.
    private func finish(at now: Instant, touching touched: inout Set<RecordID>) throws -> SealedCommit? {
        try ledger?.finish(at: now, randomBytes: { random.bytes(16) }, in: storage, touching: &touched)
    }

    /// - Throws: ``DiskFault`` when the disk does not take a write.
    private func checkDisk() throws {
        switch fault {
        case .full?: throw DiskFault.full
        case .unreliable? where random.chance(50): throw DiskFault.unreliable
        case .unreliable?, nil: return
        }
    }

    /// - Parameter touched: receives the records that something came of, where the job does not end its transaction.
    private func carryOut(
        _ job: ReplicaJob,
        on next: inout Disk,
        at now: Instant,
        touching touched: inout Set<RecordID>
    ) throws -> ReplicaOutcome {
        var outcome = LedgerOutcome()
        defer { touched.formUnion(outcome.touched) }
        switch job {
        case .persist(let ticket, let batch):
            return .persisted(ticket, try persist(batch, on: &next, at: now, touching: &touched))
        case .command(let command):
            let plan = try plan(command, at: now)
            try ledger?.check(plan.drafts)
            try ledger?.begin(at: now, in: storage)
            let salt = random.bytes(16)
            (storage as? BuggyLedgerStorage)?.isAppending = true
            defer { (storage as? BuggyLedgerStorage)?.isAppending = false }
            try ledger?.append(plan.drafts, randomBytes: { salt }, in: storage, touching: &touched)
            guard let sealed = try finish(at: now, touching: &touched) else { return .nothing }
            touched = []
            return .committed(sealed.deltas, definitions: sealed.definitions, receipt: plan.receipt)
        case .append(let make, let reply):
            guard let ledger, let cluster = ledger.authority.cluster else { return .nothing }
            var entries: [SignedAuthorityEntry] = []
            for body in make(ledger) {
                guard let authority = self.ledger?.authority else { break }
                let entry = try SignedAuthorityEntry(
                    cluster: cluster,
                    height: authority.height + 1,
                    previous: authority.head,
                    time: now,
                    body: body,
                    signer: signer
                )
                entries += try self.ledger?.apply(authority: [entry], at: now, in: storage, into: &outcome) ?? []
            }
            guard let state = self.ledger?.authority else { return .nothing }
            next.chain += entries
            next.authority = state
            return .appended(entries, state, reply: reply)
        case .renew(let report):
            if case .store(let lsn) = report.claim, lsn <= LSN(storage.content.arrivals.count) {
                return .nothing
            }
            guard report.storeEpoch == next.storeEpoch, bug != .keepsNamesOfClone else { return .nothing }
            return .renewed(take(newNames(), on: &next))
        case .keepPreview(let ticket, let batch):
            if batch.isFirst { next.preview = [:] }
            // What does not read is not shown.
            for record in batch.records where (try? record.view()) != nil { next.preview[record.record] = record }
            next.previewProgress = batch.progress
            return .previewKept(ticket)
        case .endPreview(let ticket):
            let unread = Set(storage.parkedOps(because: [.unknownField]).map(\.record))
            let unproven = next.preview.keys.count { storage.home(of: $0) == nil && !unread.contains($0) }
            next.preview = [:]
            next.previewProgress = nil
            return .previewEnded(ticket, unproven: unproven)
        case .wake:
            try ledger?.wake(at: now, in: storage, into: &outcome)
            return .woken
        case .fabricate(let fabrication):
            let deltas = ledger.map { fabrication.deltas(by: $0, signer, at: now) } ?? []
            let id = AudienceID(fabrication.audience, .sodium)
            let isNew = storage.audience(id) == nil
            storage.insert(audience: fabrication.audience, id: id)
            try ledger?.apply(deltas, from: nil, at: now, in: storage, into: &outcome)
            return .fabricated(outcome.stored, definitions: isNew ? [fabrication.audience] : [])
        }
    }

    /// - Parameters:
    ///   - renewal: the names that a real store took, where it had to take new ones.
    ///   - touched: receives the records that something came of.
    func persist(
        _ batch: PersistBatch,
        on next: inout Disk,
        at now: Instant,
        renewal: Renewal? = nil,
        touching touched: inout Set<RecordID>
    ) throws -> PersistOutcome {
        var outcome = LedgerOutcome()
        let entries = try ledger?.apply(authority: batch.authority, at: now, in: storage, into: &outcome) ?? []
        for audience in batch.audiences { storage.insert(audience: audience, id: AudienceID(audience, .sodium)) }
        var deltas = bug == .dropsLastOfBatch && batch.deltas.count > 1 ? batch.deltas.dropLast() : batch.deltas
        if bug == .dropsForks {
            deltas.removeAll { delta in storage.content.lanes[delta.lane]?.holds(delta.header.seq) ?? false }
        }
        try ledger?.apply(deltas, from: batch.peer, at: now, in: storage, into: &outcome)
        touched.formUnion(outcome.touched)
        next.chain += entries
        if let authority = ledger?.authority { next.authority = authority }
        for cursor in batch.cursors where bug != .keepsCursorsWhenMoved || batch.authority.isEmpty {
            next.cursors.removeAll { $0.peer == cursor.peer && $0.deltaClass == cursor.deltaClass }
            next.cursors.append(cursor)
        }
        for beat in batch.beats { next.beats[beat.node] = beat }
        for part in batch.parts { next.parts["\(part.node) \(part.audience)"] = part }
        next.handedOver += batch.handedOver
        var result = PersistOutcome(
            stored: outcome.stored,
            authority: entries.isEmpty ? nil : ledger?.authority,
            newEntries: entries,
            forks: outcome.forks,
            beyondQuota: outcome.beyondQuota,
            waiting: outcome.waiting
        )
        if outcome.meetsItself, bug != .keepsNamesOfClone { result.renewal = take(renewal ?? newNames(), on: &next) }
        return result
    }

    /// Goes on under names that nobody has heard of.
    @discardableResult
    func take(_ renewal: Renewal, on next: inout Disk) -> Renewal {
        ledger?.begin(incarnation: renewal.incarnation)
        next.incarnation = renewal.incarnation
        next.storeEpoch = renewal.storeEpoch
        return renewal
    }

    private func newNames() -> Renewal {
        Renewal(incarnation: Incarnation(raw: random.next()), storeEpoch: StoreEpoch(raw: random.next()))
    }

    /// What was dropped since this was last asked.
    func takeDropped() -> [CommittedDelta] {
        defer { dropped = [] }
        return dropped
    }

    /// What was written besides since this was last asked.
    func takeFollowing() -> [CommittedDelta] {
        defer { following = [] }
        return following
    }

    func noteDropped() {
        let numbers = Set(ledger?.takeErasing().dropped ?? [])
        guard !numbers.isEmpty else { return }
        for (lsn, stored) in storage.arrivals(after: 0) where numbers.contains(stored.number) {
            dropped.append(CommittedDelta(lsn: lsn, delta: stored.delta, source: stored.source))
        }
    }

    /// The flush has ended: what was under way is on the disk.
    func flush() throws -> ReplicaOutcome {
        if let store, let job = storeJob {
            storeJob = nil
            return try perform(job, in: store)
        }
        guard let done = underWay else { return .nothing }
        underWay = nil
        disk = done.disk
        following += done.following
        noteDropped()
        return done.outcome
    }
}
