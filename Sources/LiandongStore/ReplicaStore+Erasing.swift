import Foundation
import GRDB
package import LiandongCore
import Synchronization

// What is erased leaves tables in the transaction that learns of it; then it has to leave the disk. A deleted cell is
// overwritten with zeros (`secure_delete`), but copies of it may stand in the unused room of pages that were once split,
// and in the write-ahead log. So a scrub writes the whole file anew and empties the log. Until it is done this node does
// not say that it has erased.

/// What is erased in the tables and not yet from the disk.
struct ErasureState {
    /// Of each lane the seqs of erasures that are not done with; a seq stays until a scrub that began after it ended.
    var unfinished: [LaneKey: Set<UInt64>] = [:]
    /// Whether bytes may be left that no such erasure stands for: of a crash before the scrub, of a late delta.
    var isDue = false
    /// When the next scrub may begin.
    var notBefore: ContinuousClock.Instant?
    /// Why the last one did not end; nil when it did.
    var complaint: String?
    /// The file was put back from a backup, and its peers have not told of all erasures since.
    var mayMiss = false

    /// The names of notes in the file: a scrub is due; erasures may be unknown.
    static let mark = "unscrubbed"
    static let unsure = "erasures_unsure"

    var isEmpty: Bool { unfinished.isEmpty && !isDue }
}

extension ReplicaStore {
    /// A scrub waits until so many times as long as the last one took has passed, so that a stream of erasures leaves
    /// the writer to others: a large file is scrubbed seldom, for many erasures at once.
    private static let scrubRest = 20

    /// The erasures by lane and seq of which bytes may still be on the disk.
    package var unfinishedErasures: [LaneKey: Set<UInt64>] { erasureState.withLock { $0.unfinished } }

    /// Whether bytes of something erased may still be on the disk.
    package var isErasing: Bool { erasureState.withLock { !$0.isEmpty } }

    /// Why the last scrub did not end; nil when it did.
    package var erasingComplaint: String? { erasureState.withLock { $0.complaint } }

    /// Whether the file was put back from a backup and may hold what was erased since.
    package var mayMissErasures: Bool { erasureState.withLock { $0.mayMiss } }

    /// The peers have told of all that was erased.
    package func noteErasuresHeard() async throws {
        try await work { transaction in try transaction.db.setMeta(ErasureState.unsure, 0) }
        erasureState.withLock { $0.mayMiss = false }
    }

    // MARK: In the transaction

    /// What erasures of this transaction leave to be cleaned up: rows that no fold replaces, and a note for the scrub.
    func cleanUp(_ outcome: ErasureOutcome, in transaction: WriteTransaction) throws {
        guard !outcome.isEmpty else { return }
        let db = transaction.db
        try db.setMeta(ErasureState.mark, 1)
        for target in outcome.changed.sorted() {
            // Answers name the record they are about; what else they say is not known here.
            try db.run("DELETE FROM idempotency WHERE instr(answer, ?) > 0", Array("\(target.record)".utf8))
            // What waits to be let in is of no lane yet.
            for waiting in try transaction.storage.waitingDeltas(naming: target.record) {
                try transaction.storage.setOps(transaction.ledger.withoutErased(waiting).ops, ofWaiting: waiting.id)
            }
        }
        if try Preview.hasCompanions(db) { try Preview(db: db).erase(Set(outcome.changed.map(\.record)).sorted()) }
    }

    /// Notes after the commit what is to be scrubbed.
    func note(_ outcome: ErasureOutcome) {
        guard !outcome.isEmpty else { return }
        erasureState.withLock { state in
            state.isDue = true
            for (lane, seqs) in outcome.arrived { state.unfinished[lane, default: []].formUnion(seqs) }
        }
    }

    /// The deltas of which bytes were dropped, as they are now.
    func dropped(_ outcome: ErasureOutcome, _ storage: SQLiteLedgerStorage) throws -> [CommittedDelta] {
        try outcome.dropped.sorted().compactMap { number in
            try storage.delta(number: number).map {
                CommittedDelta(lsn: $0.number, delta: $0.delta, source: $0.source)
            }
        }
    }

    // MARK: At the start

    /// Erases anew what the list beside the anchor knows and the file does not: it was put back from a backup.
    func applyKnownErasures() throws {
        let known = try journal.read()
        try pool.writeWithoutTransaction { db in
            if try db.meta(ErasureState.mark) == 1 { try noteUnscrubbed(db) }
            let isUnsure = try db.meta(ErasureState.unsure) == 1
            erasureState.withLock { $0.mayMiss = isUnsure }
            // An upgraded build may have found erasures among what the one before only kept.
            let isErasing = ledger.withLock { $0?.erasing.isEmpty == false }
            guard !known.isEmpty || isErasing else { return }
            let job = LedgerJob { transaction in
                try transaction.ledger.erase(
                    known: known,
                    at: transaction.now,
                    in: transaction.storage,
                    touching: &transaction.touched
                )
            } answer: { _ in
            }
            _ = try transact([job], db)
        }
    }

    /// The node stopped between an erasure and its scrub: which ones it was is not known any more.
    private func noteUnscrubbed(_ db: Database) throws {
        let storage = SQLiteLedgerStorage(db)
        var outcome = ErasureOutcome()
        for erasure in try storage.erasures() {
            guard let place = erasure.place, let lane = try storage.laneKey(number: place.lane) else { continue }
            outcome.note(erasure.target, at: place.seq, of: lane)
        }
        note(outcome)
        erasureState.withLock { $0.isDue = true }
    }

    // MARK: From the disk

    /// Takes what was erased from the disk, when there is any and the last time is long enough ago.
    ///
    /// - Returns: whether nothing is left to do.
    /// - Throws: when the file cannot be written anew now; what was erased stays to be scrubbed.
    @concurrent @discardableResult
    package func finishErasures(now: ContinuousClock.Instant = .now) async throws -> Bool {
        let isDue = erasureState.withLock { !$0.isEmpty && ($0.notBefore ?? now) <= now }
        guard isDue else { return !isErasing }
        do {
            try await pool.writeWithoutTransaction { [self] db in try scrub(db) }
            erasureState.withLock { $0.complaint = nil }
        } catch {
            erasureState.withLock { $0.complaint = "\(error)" }
            throw error
        }
        return !isErasing
    }

    private func scrub(_ db: Database) throws {
        let began = ContinuousClock.now
        // On the writing connection nothing is erased meanwhile.
        let taken = erasureState.withLock { $0.unfinished }
        // A backup put back later must not know less than peers are told.
        try journal.write(try SQLiteLedgerStorage(db).erasures())
        // What is erased is not copied; the rest would take the file's size in memory.
        try db.execute(sql: "PRAGMA temp_store = FILE")
        defer { try? db.execute(sql: "PRAGMA temp_store = MEMORY") }
        try db.execute(sql: "VACUUM")
        try emptyLog(db)
        try db.setMeta(ErasureState.mark, 0)
        let took = ContinuousClock.now - began
        erasureState.withLock { state in
            for (lane, seqs) in taken { state.unfinished[lane]?.subtract(seqs) }
            state.unfinished = state.unfinished.filter { !$0.value.isEmpty }
            state.isDue = false
            state.notBefore = ContinuousClock.now + took * ReplicaStore.scrubRest
        }
    }

    /// Copies the log into the file and cuts it to nothing; waits a moment for readers of what is to go.
    private func emptyLog(_ db: Database) throws {
        try db.execute(sql: "PRAGMA busy_timeout = 1000")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = 5000") }
        do { try db.checkpoint(.truncate) } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw StoreError(
                .busy,
                "the log cannot be emptied of what was erased while somebody reads it; it is tried again"
            )
        }
        try WALPadding.pad(configuration.database.path + "-wal")
    }
}
