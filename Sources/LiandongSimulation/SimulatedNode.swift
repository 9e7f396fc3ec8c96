import LiandongCore
import LiandongSigning

/// One replica of the run: what is on its disk, and what it has in memory while it runs.
final class SimulatedNode {
    /// What outlives a crash.
    struct Disk {
        var content = MemoryLedgerStorage.Content()
        var chain: [SignedAuthorityEntry]
        var authority: AuthorityState
        var cursors: [Cursor] = []
        var beats: [NodeID: KeptBeat] = [:]
        var parts: [String: KeptBeatPart] = [:]
        let storeEpoch: StoreEpoch
    }

    /// A write transaction; one at a time, durable when its flush has ended.
    enum Job {
        case persist(Ticket, PersistBatch)
        case commit([Draft])
        case append(AuthorityEntryContent.Body)
    }

    /// What is told once the flush has ended.
    enum Outcome {
        case persisted(Ticket, PersistOutcome)
        case failed(Ticket, String)
        case committed(SealedCommit)
        case appended([SignedAuthorityEntry], AuthorityState)
        case nothing
    }

    let index: Int
    let id: NodeID
    let signer: Signer
    /// What its wall clock is ahead of the world's, in milliseconds.
    let skew: Int64
    var disk: Disk
    /// Counts lives: what an earlier one asked for is answered to nobody.
    var life = 0
    var isUp = false
    var engine: SyncEngine?
    var ledger: Ledger?
    let storage = MemoryLedgerStorage()
    var jobs: [Job] = []
    var underWay: (outcome: Outcome, disk: Disk)?
    var targets: [NodeID] = []
    /// Deltas that a caller was told are safe.
    var acknowledged: Set<DeltaID> = []
    var lastTicketDone: Ticket?
    /// How far held deltas were checked for entitlement.
    var checkedArrivals = 0

    init(index: Int, town: SimulatedTown, skew: Int64, storeEpoch: StoreEpoch) {
        self.index = index
        self.id = town.nodes[index]
        self.signer = town.signers[index]
        self.skew = skew
        self.disk = Disk(chain: town.chain, authority: town.authority, storeEpoch: storeEpoch)
    }

    func clock(_ now: Int64) -> Instant { Instant(milliseconds: 1_700_000_000_000 + now + skew) }

    /// Starts from the disk alone, with a new incarnation.
    func start(incarnation: Incarnation, bug: SimulationOptions.PlantedBug?, at now: Int64) throws {
        life += 1
        isUp = true
        jobs = []
        underWay = nil
        targets = []
        lastTicketDone = nil
        storage.content = disk.content
        checkedArrivals = 0
        let ledger = try loadLedger(incarnation)
        self.ledger = ledger
        var configuration = SyncConfiguration(addresses: ["node-\(index):1"], version: "simulated")
        configuration.interactiveWindow = 4_096
        configuration.bulkWindow = 2_048
        configuration.ignoresEntitlement = bug == .ignoresEntitlement
        engine = SyncEngine(
            start: SyncStart(
                node: id,
                incarnation: incarnation,
                storeEpoch: disk.storeEpoch,
                chain: disk.chain,
                authority: disk.authority,
                lanes: storage.lanes(),
                audiences: storage.content.audiences,
                cursors: disk.cursors,
                beats: disk.beats.values.sorted { $0.node < $1.node },
                parts: disk.parts.sorted { $0.key < $1.key }.map(\.value),
                lastLSN: LSN(storage.content.arrivals.count),
                startedAt: clock(now)
            ),
            configuration: configuration,
            schemaVersion: SimulatedTown.schema.version,
            signer: signer,
            cryptography: .sodium
        )
    }

    private func loadLedger(_ incarnation: Incarnation) throws -> Ledger {
        try Ledger(
            node: id,
            incarnation: incarnation,
            schema: SimulatedTown.schema,
            authority: disk.authority,
            cryptography: .sodium,
            signer: signer,
            storage: storage
        )
    }

    /// Loses everything that is not on the disk.
    ///
    /// - Returns: whether work was under way.
    func crash() -> Bool {
        let hadWork = underWay != nil || !jobs.isEmpty
        isUp = false
        life += 1
        engine = nil
        ledger = nil
        jobs = []
        underWay = nil
        targets = []
        storage.content = disk.content
        return hadWork
    }

    /// Carries out the next job in memory; durable only after ``flushed()``.
    ///
    /// - Returns: whether there was one.
    func beginJob(random: inout SeededRandom, bug: SimulationOptions.PlantedBug?, at now: Int64) throws -> Bool {
        guard underWay == nil, !jobs.isEmpty, ledger != nil else { return false }
        let job = jobs.removeFirst()
        var next = disk
        var outcome = Outcome.nothing
        do {
            outcome = try perform(job, on: &next, random: &random, at: now)
            next.content = storage.content
        } catch {
            storage.content = disk.content
            if let incarnation = ledger?.incarnation { ledger = try loadLedger(incarnation) }
            next = disk
            if case .persist(let ticket, _) = job { outcome = .failed(ticket, "\(error)") }
        }
        if bug == .cursorAheadOfData { disk.cursors = next.cursors }
        underWay = (outcome, next)
        return true
    }

    private func perform(
        _ job: Job,
        on next: inout Disk,
        random: inout SeededRandom,
        at now: Int64
    ) throws -> Outcome {
        var outcome = LedgerOutcome()
        switch job {
        case .persist(let ticket, let batch):
            let entries =
                try ledger?.apply(authority: batch.authority, at: clock(now), in: storage, into: &outcome) ?? []
            for audience in batch.audiences { storage.insert(audience: audience, id: AudienceID(audience, .sodium)) }
            try ledger?.apply(batch.deltas, from: batch.peer, at: clock(now), in: storage, into: &outcome)
            next.chain += entries
            if let authority = ledger?.authority { next.authority = authority }
            for cursor in batch.cursors {
                next.cursors.removeAll { $0.peer == cursor.peer && $0.deltaClass == cursor.deltaClass }
                next.cursors.append(cursor)
            }
            for beat in batch.beats { next.beats[beat.node] = beat }
            for part in batch.parts { next.parts["\(part.node) \(part.audience)"] = part }
            return .persisted(
                ticket,
                PersistOutcome(
                    stored: outcome.stored,
                    authority: entries.isEmpty ? nil : ledger?.authority,
                    newEntries: entries,
                    forks: outcome.forks
                )
            )
        case .commit(let drafts):
            try ledger?.check(drafts)
            try ledger?.begin(at: clock(now), in: storage)
            var touched: Set<RecordID> = []
            let salt = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            try ledger?.append(drafts, randomBytes: { salt }, in: storage, touching: &touched)
            guard let sealed = try ledger?.seal(in: storage) else { return .nothing }
            return .committed(sealed)
        case .append(let body):
            guard let authority = ledger?.authority, let cluster = authority.cluster else { return .nothing }
            let entry = try SignedAuthorityEntry(
                cluster: cluster,
                height: authority.height + 1,
                previous: authority.head,
                time: clock(now),
                body: body,
                signer: signer
            )
            let entries = try ledger?.apply(authority: [entry], at: clock(now), in: storage, into: &outcome) ?? []
            guard let state = ledger?.authority else { return .nothing }
            next.chain += entries
            next.authority = state
            return .appended(entries, state)
        }
    }

    /// The flush has ended: what was under way is on the disk.
    func flushed() -> Outcome {
        guard let done = underWay else { return .nothing }
        underWay = nil
        disk = done.disk
        return done.outcome
    }

    /// The next stretch of arrivals of a class, durable ones only.
    func scan(_ request: ScanRequest, ignoresEntitlement: Bool) -> ScanResult {
        var deltas: [CommittedDelta] = []
        var byteCount = 0
        var scannedTo = request.after
        let durable = MemoryLedgerStorage(content: disk.content)
        for (lsn, stored) in durable.arrivals(after: request.after) {
            guard byteCount < request.byteLimit, deltas.count < request.countLimit else {
                return ScanResult(deltas: deltas, scannedTo: scannedTo, reachedEnd: false)
            }
            scannedTo = lsn
            guard stored.delta.lane.deltaClass == request.deltaClass,
                let audience = durable.audience(stored.delta.lane.audience),
                ignoresEntitlement || request.filter.admits(audience)
            else { continue }
            let committed = CommittedDelta(lsn: lsn, delta: stored.delta, source: stored.source)
            byteCount += committed.byteCount
            deltas.append(committed)
        }
        return ScanResult(deltas: deltas, scannedTo: scannedTo, reachedEnd: true)
    }
}
