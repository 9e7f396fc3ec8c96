import GRDB
import LiandongCore
import Synchronization

extension ReplicaStore {
    /// The most writes of one transaction.
    private static let transactionLimit = 512

    func work<Value: Sendable>(
        _ body: @escaping @Sendable (inout WriteTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(LedgerJob(body: body) { continuation.resume(with: $0) })
        }
    }

    func enqueue(_ job: some WriteJob) {
        do {
            guard try queue.add(job) else { return }
            pool.asyncWriteWithoutTransaction { [self] db in drain(db) }
        } catch {
            job.finish(error)
        }
    }

    func drain(_ db: Database) {
        while true {
            let jobs = queue.take(atMost: ReplicaStore.transactionLimit)
            guard !jobs.isEmpty else { return }
            // Peers' batches first: a group commit numbers its deltas when it begins.
            perform(jobs.filter { !$0.isAuthoring } + jobs.filter { $0.isAuthoring }, db)
        }
    }

    private func perform(_ jobs: [any WriteJob], _ db: Database) {
        do {
            let began = ContinuousClock.now
            let events = try transact(jobs, db)
            statisticsState.withLock { $0.note(jobs: jobs.count, duration: ContinuousClock.now - began) }
            let listener = listener.withLock { $0 }
            for event in events { listener.hear(event) }
            for job in jobs { job.finish(nil) }
        } catch {
            do { try reload(db) } catch {
                for job in jobs { job.finish(error) }
                return
            }
            guard jobs.count > 1 else {
                for job in jobs { job.finish(error) }
                return
            }
            // One of them spoils it for all: each gets a transaction of its own.
            for job in jobs { perform([job], db) }
        }
    }

    func transact(_ jobs: [any WriteJob], _ db: Database) throws -> [StoreEvent] {
        let taken = ledger.withLock { state -> Ledger? in
            defer { state = nil }
            return state
        }
        guard let taken else { throw StoreError(.corrupt, "the ledger could not be loaded") }
        let index = LaneIndex(db, configuration.cryptography)
        let storage = SQLiteLedgerStorage(db, index: index)
        var transaction = WriteTransaction(
            db: db,
            index: index,
            storage: storage,
            ledger: taken,
            now: configuration.now()
        )
        var events: [StoreEvent] = []
        var changes = RecordChanges([])
        var erasing = ErasureOutcome()
        try db.inTransaction(.immediate) {
            var isOpen = false
            for job in jobs {
                if job.isAuthoring, !isOpen {
                    try transaction.ledger.begin(at: transaction.now, in: storage)
                    isOpen = true
                }
                try job.run(in: &transaction)
            }
            let sealed = try transaction.ledger.finish(
                at: transaction.now,
                randomBytes: { configuration.random(16) },
                in: storage,
                touching: &transaction.touched
            )
            changes = try ReadModels(db: db, storage: storage, authority: transaction.ledger.authority)
                .refresh(transaction.touched.sorted())
            if try Preview.isActive(db) { try Preview(db: db).release(changes.records, storage: storage) }
            erasing = transaction.ledger.takeErasing()
            try cleanUp(erasing, in: transaction)
            try storage.flush()
            if !erasing.dropped.isEmpty { events.append(.dropped(try dropped(erasing, storage))) }
            if !sealed.deltas.isEmpty {
                events.append(.committed(sealed.deltas, definitions: sealed.definitions))
            }
            return .commit
        }
        if let renewal = transaction.renewal { take(renewal) }
        note(erasing)
        if changes.hasDevices { statisticsState.withLock { $0.deviceChanges += 1 } }
        if !changes.records.isEmpty { events.append(.changed(changes)) }
        authoritySnapshot.withLock { $0 = transaction.ledger.authority }
        ledger.withLock { $0 = transaction.ledger }
        return events
    }

    /// After a rollback: the ledger as the file has it.
    private func reload(_ db: Database) throws {
        let loaded = try Opening.ledger(
            SQLiteLedgerStorage(db),
            db,
            incarnation: incarnation,
            configuration: configuration
        )
        authoritySnapshot.withLock { $0 = loaded.authority }
        ledger.withLock { $0 = loaded }
    }
}
