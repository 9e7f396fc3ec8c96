import Foundation
import GRDB
package import LiandongCore
package import LiandongDomain
import Synchronization

/// A node's replica in one SQLite file: deltas, cells and read models, written by one connection.
///
/// Concurrent writers share a transaction, a flush and a signature a lane. Nothing is answered, and nothing is reported
/// to ``onEvent``, before the commit that holds it is durable.
package final class ReplicaStore: Sendable {
    package let configuration: StoreConfiguration
    package let incarnation: Incarnation
    package let storeEpoch: StoreEpoch
    /// Why the incarnation is what it is, for the log.
    package let openingNote: String

    let pool: DatabasePool
    private let lock: FileLock
    private let anchor: AnchorFile
    private let anchorContent: Mutex<AnchorFile.Content>
    private let numbers = Mutex(NumberBlocks())
    private let queue: WriteQueue
    /// Touched by the writing connection only; nil while a transaction works on it.
    private let ledger: Mutex<Ledger?>
    private let authoritySnapshot: Mutex<AuthorityState>
    private let eventHandler = Mutex<(@Sendable (StoreEvent) -> Void)?>(nil)
    private let statisticsState = Mutex(StoreStatistics())
    private let isReadOnlyState = Mutex(false)

    /// The most writes of one transaction.
    private static let transactionLimit = 512

    // MARK: Opening

    /// Opens or creates the replica, and decides which incarnation this is.
    ///
    /// - Throws: ``StoreError``; what SQLite throws.
    package init(_ configuration: StoreConfiguration) throws {
        self.configuration = configuration
        self.lock = try FileLock(configuration.database.path + ".lock")
        self.anchor = AnchorFile(url: configuration.anchor)
        self.queue = WriteQueue(limit: configuration.queueLimit)
        let pool = try ReplicaStore.openPool(configuration)
        self.pool = pool
        let opening = try Opening(pool: pool, anchor: anchor, configuration: configuration)
        self.incarnation = opening.incarnation
        self.storeEpoch = opening.storeEpoch
        self.openingNote = opening.note
        self.authoritySnapshot = Mutex(opening.ledger.authority)
        self.ledger = Mutex(opening.ledger)
        self.anchorContent = Mutex(opening.anchor)
    }

    private static func openPool(_ configuration: StoreConfiguration) throws -> DatabasePool {
        let path = configuration.database.path
        try FileManager.default.createDirectory(
            at: configuration.database.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        var settings = Configuration()
        settings.label = "liandong"
        settings.maximumReaderCount = 4
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")
        }
        let pool = try DatabasePool(path: path, configuration: settings)
        try pool.writeWithoutTransaction { db in
            // The pool lowers the writer to NORMAL when it opens; nothing may be acknowledged on that.
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;")
            let found = try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "?"
            guard found == 2, journal == "wal" else {
                throw StoreError(
                    .notDurable,
                    "\(path) opened with synchronous \(found) and journal \(journal); 2 (FULL) and wal are needed"
                )
            }
            try StoreSchema.prepare(db, file: configuration.database.lastPathComponent)
        }
        return pool
    }

    /// Hears of every commit, in order, on the writing connection's queue.
    package func onEvent(_ handler: @escaping @Sendable (StoreEvent) -> Void) {
        eventHandler.withLock { $0 = handler }
    }

    // MARK: Writing

    /// Carries a command out in a group commit; returns once it is durable.
    ///
    /// - Parameter idempotencyKey: a request with the same key gets the first one's receipt, for a day.
    /// - Throws: ``Refusal`` and `DraftError` when nothing was written; ``StoreError``.
    package func commit<C: Command>(_ command: C, as actor: Actor) async throws -> C.Receipt {
        try checkWritable()
        let tags = try await matchTags(of: command)
        return try await withCheckedThrowingContinuation { continuation in
            let job = CommitJob<C.Receipt>(random: configuration.random) { [self] transaction in
                try plan(command, as: actor, tags, in: &transaction)
            } answer: {
                continuation.resume(with: $0)
            }
            enqueue(job)
        }
    }

    /// Plans a command and writes nothing: what it would answer, or why it would be refused.
    package func rehearse<C: Command>(_ command: C, as actor: Actor) async throws -> C.Receipt {
        let tags = try await matchTags(of: command)
        return try await work { [self] transaction in
            try plan(command, as: actor, tags, isRehearsal: true, in: &transaction).receipt
        }
    }

    /// The same for a caller whose request must not happen twice.
    package func commit<C: Command>(
        _ command: C,
        as actor: Actor,
        idempotencyKey: IdempotencyKey
    ) async throws -> C.Receipt where C.Receipt: Codable {
        try checkWritable()
        return try await withCheckedThrowingContinuation { continuation in
            let job = CommitJob<C.Receipt>(random: configuration.random) { [self] transaction in
                if let known: C.Receipt = try knownAnswer(idempotencyKey, in: transaction.db) {
                    return Plan(drafts: [], receipt: known)
                }
                let plan = try plan(command, as: actor, [:], in: &transaction)
                try transaction.db.cachedStatement(
                    sql: "INSERT INTO idempotency(key, digest, answer, at) VALUES(?, ?, ?, ?)"
                ).execute(arguments: [
                    idempotencyKey.key, idempotencyKey.digest.data, try JSONEncoder().encode(plan.receipt),
                    transaction.now.milliseconds,
                ])
                return plan
            } answer: {
                continuation.resume(with: $0)
            }
            enqueue(job)
        }
    }

    private func knownAnswer<Receipt: Decodable>(_ key: IdempotencyKey, in db: Database) throws -> Receipt? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT digest, answer FROM idempotency WHERE key = ?"),
            arguments: [key.key]
        )
        guard let row else { return nil }
        guard try row.bytes(0) == key.digest else {
            throw StoreError(.keyReused, "the idempotency key \(key.key) was used for another request; make a new one")
        }
        return try JSONDecoder().decode(Receipt.self, from: try row.bytes(1).data)
    }

    private func plan<C: Command>(
        _ command: C,
        as actor: Actor,
        _ tags: [String: MatchTag],
        isRehearsal: Bool = false,
        in transaction: inout WriteTransaction
    ) throws -> Plan<C.Receipt> {
        let authority = transaction.ledger.authority
        let context = CommandContext(
            now: transaction.now,
            actor: actor,
            authority: authority,
            cryptography: configuration.cryptography,
            purposes: configuration.purposes(authority).with(tags),
            random: configuration.random,
            nextNumber: { [self] now in
                isRehearsal ? String(repeating: "0", count: 25) : try nextNumber(at: now, authority)
            }
        )
        let reader = StoreReader(transaction.db, authority: authority, storage: transaction.storage)
        return try command.plan(reader, context)
    }

    /// The tags that a command will ask for: each costs hundredths of a second, so they are made outside of transactions.
    @concurrent
    private func matchTags(of command: some Command) async throws -> [String: MatchTag] {
        let numbers = command.identityNumbers
        guard !numbers.isEmpty else { return [:] }
        let purposes = configuration.purposes(authority)
        var tags: [String: MatchTag] = [:]
        for number in numbers { tags[number] = try purposes.matchTag(number) }
        return tags
    }

    /// The next work-order number of this node: called on the writing connection only.
    private func nextNumber(at now: Instant, _ authority: AuthorityState) throws -> String {
        guard let enrolment = authority.nodes[configuration.node], let place = authority.places[enrolment.place] else {
            throw Refusal(.unavailable, "this node is not enrolled", wayOut: "join the district first")
        }
        let date = CivilDate(now)
        guard
            let stem = WorkOrderNumber(
                placeCode: place.code,
                ordinal: enrolment.ordinal,
                date: date,
                sequence: 0
            )?.text.prefix(20)
        else {
            throw Refusal(
                .unavailable,
                "the place code \(place.code) gives no number",
                wayOut: "ask the district for a 12-digit code"
            )
        }
        let sequence = try numbers.withLock { blocks in
            try blocks.next(String(stem)) { prefix in try takeBlock(prefix) }
        }
        guard
            let number = WorkOrderNumber(
                placeCode: place.code,
                ordinal: enrolment.ordinal,
                date: date,
                sequence: sequence
            )
        else { throw StoreError(.noNumbers, "no number for sequence \(sequence)") }
        return number.text
    }

    /// Reserves a block of numbers: on disk before any of it is given out.
    private func takeBlock(_ prefix: String) throws -> Int {
        try anchorContent.withLock { content in
            var next = content
            let first = next.nextSequences[prefix] ?? 1
            next.nextSequences = next.nextSequences.filter { $0.key.prefix(14) != prefix.prefix(14) }
            next.nextSequences[prefix] = first + NumberBlocks.blockSize
            try anchor.write(next)
            content = next
            return first
        }
    }

    /// Commits what a peer sent: entries, audiences, deltas, beats and the cursors that say so, all or nothing.
    package func persist(_ batch: PersistBatch) async throws -> PersistOutcome {
        try await work { [configuration] transaction in
            var outcome = LedgerOutcome()
            let storage = transaction.storage
            let entries = try transaction.ledger.apply(
                authority: batch.authority,
                at: transaction.now,
                in: storage,
                into: &outcome
            )
            try transaction.db.keep(entries)
            for audience in batch.audiences {
                try storage.insert(audience: audience, id: AudienceID(audience, configuration.cryptography))
            }
            try transaction.ledger.apply(
                batch.deltas,
                from: batch.peer,
                at: transaction.now,
                in: storage,
                into: &outcome
            )
            try transaction.db.keep(batch.cursors)
            try transaction.db.keep(batch.beats, batch.parts)
            transaction.touched.formUnion(outcome.touched)
            return PersistOutcome(
                stored: outcome.stored,
                authority: entries.isEmpty ? nil : transaction.ledger.authority,
                newEntries: entries,
                forks: outcome.forks
            )
        }
    }

    /// Appends entries that this node, the signer, decides on with the chain before its eyes.
    ///
    /// - Parameter body: makes the next entry's body from the state, again and again until nil.
    /// - Returns: the entries, and the state after them.
    package func appendAuthority(
        by signer: Signer,
        _ bodies: @escaping @Sendable (AuthorityState) throws -> [AuthorityEntryContent.Body]
    ) async throws -> (entries: [SignedAuthorityEntry], state: AuthorityState) {
        try await work { [configuration] transaction in
            var entries: [SignedAuthorityEntry] = []
            var outcome = LedgerOutcome()
            for body in try bodies(transaction.ledger.authority) {
                let authority = transaction.ledger.authority
                let cluster: ClusterID
                if case .genesis(let root, _, _) = body {
                    cluster = ClusterID(root: root, configuration.cryptography)
                } else if let known = authority.cluster {
                    cluster = known
                } else {
                    throw StoreError(.wrongNode, "there is no authority chain yet; liandong init or join makes one")
                }
                let entry = try SignedAuthorityEntry(
                    cluster: cluster,
                    height: authority.height + 1,
                    previous: authority.head,
                    time: transaction.now,
                    body: body,
                    signer: signer
                )
                entries += try transaction.ledger.apply(
                    authority: [entry],
                    at: transaction.now,
                    in: transaction.storage,
                    into: &outcome
                )
            }
            try transaction.db.keep(entries)
            transaction.touched.formUnion(outcome.touched)
            return (entries, transaction.ledger.authority)
        }
    }

    /// Looks again at ops whose time has come.
    ///
    /// Call it every minute or so.
    package func wake() async throws {
        try await work { transaction in
            var outcome = LedgerOutcome()
            try transaction.ledger.wake(at: transaction.now, in: transaction.storage, into: &outcome)
            transaction.touched.formUnion(outcome.touched)
            try transaction.db.forgetOld(at: transaction.now)
        }
    }

    /// Folds cells and read models anew from the deltas.
    package func rebuild() async throws {
        try await work { transaction in
            for table in StoreSchema.derivedTables { try transaction.db.execute(sql: "DELETE FROM \(table)") }
            var outcome = LedgerOutcome()
            try transaction.ledger.rebuild(at: transaction.now, in: transaction.storage, into: &outcome)
            transaction.touched.formUnion(outcome.touched)
        }
    }

    /// Takes a link out of service, or back, beyond restarts.
    package func setPaused(_ isPaused: Bool, peer: NodeID) async throws {
        try await work { transaction in
            try transaction.db.execute(
                sql: isPaused
                    ? "INSERT OR IGNORE INTO paused_peers(node) VALUES(?)" : "DELETE FROM paused_peers WHERE node = ?",
                arguments: [peer.data]
            )
        }
    }

    // MARK: The transaction

    private func work<Value: Sendable>(
        _ body: @escaping @Sendable (inout WriteTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(LedgerJob(body: body) { continuation.resume(with: $0) })
        }
    }

    private func enqueue(_ job: some WriteJob) {
        do {
            guard try queue.add(job) else { return }
            pool.asyncWriteWithoutTransaction { [self] db in drain(db) }
        } catch {
            job.finish(error)
        }
    }

    private func drain(_ db: Database) {
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
            if let handler = eventHandler.withLock({ $0 }) { for event in events { handler(event) } }
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

    private func transact(_ jobs: [any WriteJob], _ db: Database) throws -> [StoreEvent] {
        let taken = ledger.withLock { state -> Ledger? in
            defer { state = nil }
            return state
        }
        guard let taken else { throw StoreError(.corrupt, "the ledger could not be loaded") }
        let storage = SQLiteLedgerStorage(db)
        var transaction = WriteTransaction(db: db, storage: storage, ledger: taken, now: configuration.now())
        var events: [StoreEvent] = []
        try db.inTransaction(.immediate) {
            var isOpen = false
            for job in jobs {
                if job.isAuthoring, !isOpen {
                    try transaction.ledger.begin(at: transaction.now, in: storage)
                    isOpen = true
                }
                try job.run(in: &transaction)
            }
            let sealed = try transaction.ledger.seal(in: storage)
            try ReadModels(db: db, storage: storage, authority: transaction.ledger.authority)
                .refresh(transaction.touched)
            if !sealed.deltas.isEmpty {
                events.append(.committed(sealed.deltas, newAudiences: sealed.newAudiences))
            }
            return .commit
        }
        if !transaction.touched.isEmpty { events.append(.changed(transaction.touched.sorted())) }
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

    // MARK: Reading

    /// The chain as the last commit left it.
    package var authority: AuthorityState { authoritySnapshot.withLock { $0 } }

    /// Runs a query on a snapshot of the replica.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) async throws -> Value
    {
        let authority = authority
        return try await pool.read { db in try body(StoreReader(db, authority: authority)) }
    }

    /// Work for metrics and health.
    package var statistics: StoreStatistics {
        var result = statisticsState.withLock { $0 }
        result.waiting = queue.depth
        return result
    }

    // MARK: Health

    /// Whether new commands are refused because the disk is nearly full.
    package var isReadOnly: Bool { isReadOnlyState.withLock { $0 } }

    /// Looks at the disk again.
    ///
    /// Call it every few seconds.
    package func checkFreeSpace() {
        let folder = configuration.database.deletingLastPathComponent().path
        guard
            let free = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? NSNumber
        else { return }
        isReadOnlyState.withLock { $0 = free.int64Value < configuration.freeSpaceFloor }
    }

    private func checkWritable() throws {
        guard !isReadOnly else {
            throw StoreError(
                .readOnly,
                "the disk has less than \(configuration.freeSpaceFloor >> 20) MiB free: the node is read-only; free some"
            )
        }
    }

    /// Lets go of the file as a killed process does: nothing is marked clean.
    package func abandon() {
        queue.close()
        try? pool.close()
        lock.release()
    }

    /// Ends in order: what waits is written, the file closed, the anchor marked clean.
    package func close() async throws {
        queue.close()
        // The writing connection works in turn: when this ran, so did all that waited.
        let heads = try await pool.writeWithoutTransaction { [self] db in
            drain(db)
            return ledger.withLock { $0.map { Opening.heads(of: $0, incarnation) } ?? [:] }
        }
        try pool.close()
        try anchorContent.withLock { content in
            content.heads = heads
            content.isClean = true
            try anchor.write(content)
        }
        lock.release()
    }
}

/// What the writing connection has done since the start.
package struct StoreStatistics: Sendable, Hashable {
    package private(set) var transactions = 0
    package private(set) var writes = 0
    /// Transactions by duration: how many took at most each bound, in milliseconds.
    package private(set) var durations: [Int] = Array(repeating: 0, count: bounds.count + 1)
    package private(set) var totalSeconds = 0.0
    package internal(set) var waiting = 0

    package static let bounds: [Double] = [0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1_000]

    mutating func note(jobs: Int, duration: Duration) {
        transactions += 1
        writes += jobs
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        totalSeconds += seconds
        let slot = StoreStatistics.bounds.firstIndex { seconds * 1_000 <= $0 } ?? StoreStatistics.bounds.count
        durations[slot] += 1
    }
}

/// argon2id of an identity number, and the version of the match key.
typealias MatchTag = (version: UInt32, bytes: [UInt8])

extension Purposes {
    /// The same with some tags at hand.
    fileprivate func with(_ tags: [String: MatchTag]) -> Purposes {
        guard !tags.isEmpty else { return self }
        let slow = matchTag
        return Purposes(holds: holds, seal: seal, open: open) { number in try tags[number] ?? slow(number) }
    }
}
