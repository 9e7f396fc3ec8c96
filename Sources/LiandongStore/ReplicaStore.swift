import Foundation
import GRDB
package import LiandongCore
import Synchronization

/// Who hears of commits.
///
/// A type of its own, as a function kept in a generic box itself is wrapped once more each time it is taken out.
struct StoreListener {
    var hear: @Sendable (StoreEvent) -> Void = { _ in }
}

/// A node's replica in one SQLite file: deltas, cells and read models, written by one connection.
///
/// Concurrent writers share a transaction, a flush and a signature a lane. Nothing is answered, and nothing is reported
/// to ``onEvent``, before the commit that holds it is durable.
package final class ReplicaStore: Sendable {
    package let configuration: StoreConfiguration
    /// The names that the replica goes by; they change when it finds itself put back, or beside another.
    let names: Mutex<Renewal>
    package var incarnation: Incarnation { names.withLock { $0.incarnation } }
    package var storeEpoch: StoreEpoch { names.withLock { $0.storeEpoch } }
    /// Why the incarnation is what it is, for the log.
    package let openingNote: String
    /// Whether the file may have taken the place of a later one: the last stop was not provably clean.
    package let isRestored: Bool

    let pool: DatabasePool
    private let lock: FileLock
    let anchor: Anchor
    let journal: ErasureJournal
    let erasureState = Mutex(ErasureState())
    let queue: WriteQueue
    /// What devices measured: their days' files, and the journal that goes before them.
    let series: SeriesFiles
    let journalState: Mutex<JournalState>
    /// Touched by the writing connection only; nil while a transaction works on it.
    let ledger: Mutex<Ledger?>
    let authoritySnapshot: Mutex<AuthorityState>
    let listener = Mutex(StoreListener())
    let statisticsState = Mutex(StoreStatistics())
    private let isReadOnlyState = Mutex(false)

    // MARK: Opening

    /// Opens or creates the replica, and decides which incarnation this is.
    ///
    /// - Throws: ``StoreError``; what SQLite throws.
    package init(_ configuration: StoreConfiguration) throws {
        self.configuration = configuration
        self.lock = try FileLock(configuration.database.path + ".lock")
        self.queue = WriteQueue(limit: configuration.queueLimit)
        let pool = try ReplicaStore.openPool(configuration)
        self.pool = pool
        let anchorFile = AnchorFile(url: configuration.anchor)
        let opening = try Opening(pool: pool, anchor: anchorFile, configuration: configuration)
        self.names = Mutex(Renewal(incarnation: opening.incarnation, storeEpoch: opening.storeEpoch))
        self.openingNote = opening.note
        self.isRestored = opening.isRestored
        self.authoritySnapshot = Mutex(opening.ledger.authority)
        self.ledger = Mutex(opening.ledger)
        self.anchor = Anchor(anchorFile, opening.anchor)
        self.journal = ErasureJournal(beside: configuration.anchor)
        self.series = SeriesFiles(folder: configuration.series)
        self.journalState = Mutex(try JournalState(pool, run: configuration.random(8)))
        try applyKnownErasures()
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
            // What readers look at lies in the system's cache too: their own are small, for each of them has one.
            try db.execute(sql: "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;")
        }
        let pool = try DatabasePool(path: path, configuration: settings)
        try pool.writeWithoutTransaction { db in
            // The pool lowers the writer to NORMAL when it opens; nothing may be acknowledged on that.
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = \(configuration.walPages);")
            try db.execute(sql: "PRAGMA cache_size = -16384;")
            let found = try db.durability()
            guard found == "wal 2" else {
                throw StoreError(
                    .notDurable,
                    "\(path) opened with journal and synchronous \(found); wal and 2 (FULL) are needed"
                )
            }
            try StoreSchema.prepare(db, file: configuration.database.lastPathComponent)
            try WALPadding.pad(path + "-wal", pages: configuration.walPages)
        }
        return pool
    }

    /// Hears of every commit, in order, on the writing connection's queue.
    package func onEvent(_ handler: @escaping @Sendable (StoreEvent) -> Void) {
        listener.withLock { $0.hear = handler }
    }

    // MARK: Reading

    /// The chain as the last commit left it.
    package var authority: AuthorityState { authoritySnapshot.withLock { $0 } }

    /// Runs a query on a snapshot of the replica, on a thread of the pool of tasks.
    ///
    /// It waits for nobody but, when all readers are at work, for one of them; so it needs no other threads' help.
    @concurrent
    package func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) async throws -> Value
    {
        try readHere(body)
    }

    private func readHere<Value>(_ body: (StoreReader) throws -> Value) throws -> Value {
        let authority = authority
        return try pool.read { db in try body(try StoreReader(db, authority: authority)) }
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

    func checkWritable() throws {
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
        let (heads, lastLSN) = try await pool.writeWithoutTransaction { [self] db in
            drain(db)
            let heads = ledger.withLock { $0.map { Opening.heads(of: $0, incarnation) } ?? [:] }
            return (heads, try SQLiteLedgerStorage(db).greatestLSN())
        }
        await series.closeAll()
        try pool.close()
        try anchor.markClean(heads: heads, lastLSN: lastLSN)
        lock.release()
    }
}
