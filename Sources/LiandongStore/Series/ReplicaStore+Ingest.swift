import Foundation
import GRDB
package import LiandongCore
package import LiandongDomain
import Synchronization

// Effect once, and none lost, when the process is killed anywhere:
//
// 1. One transaction of the replica's file holds all that a message leads to: the ops of its alarms, what the rules and
//    the sequence remember of its device, the answer to its idempotency key, and its readings in `ingest_journal`. The
//    caller is answered, or the broker, after that commit and never before; killed before it, nothing of the message is
//    there and it comes again; killed after it, the sequence or the key knows the message when it comes again.
// 2. The journal's readings go to their days' files afterwards, in the journal's order. A day's file is written in one
//    transaction with the number it was written up to (`applied`), by the run of the process that took the readings in,
//    as numbers begin anew where a file was put back from a backup.
// 3. Then what lies in all files is deleted from the journal. Killed between 2 and 3, the rows are replayed, and each file
//    leaves out what it has applied.

/// What is read while a message is judged, within the writing transaction.
package struct IngestScope {
    package let reader: StoreReader
    package let context: CommandContext
}

/// What the rules and the sequence remember of a device.
package struct RememberedState: Sendable {
    package let device: RecordID
    package let bytes: [UInt8]
    /// When its rules have something to do; nil: not by themselves.
    package let due: Instant?

    package init(device: RecordID, bytes: [UInt8], due: Instant?) {
        self.device = device
        self.bytes = bytes
        self.due = due
    }
}

/// What a message leads to, written in one transaction.
package struct IngestEffects<Receipt: Sendable>: Sendable {
    package var drafts: [Draft] = []
    package var states: [RememberedState] = []
    package var batches: [ReadingBatch] = []
    package var quarantined: [QuarantineEntry] = []
    /// By their numbers: decoded after all, or given up.
    package var released: [Int64] = []
    package let receipt: Receipt

    package init(receipt: Receipt) { self.receipt = receipt }
}

/// One of several deliveries of a device, as it is to be judged.
package struct IngestDelivery<Receipt: Sendable>: Sendable {
    /// A matter of life.
    package let isUrgent: Bool
    /// One with the same key gets the first one's receipt, for a day.
    package let idempotencyKey: IdempotencyKey?
    package let body: @Sendable (IngestScope) throws -> IngestEffects<Receipt>

    package init(
        isUrgent: Bool,
        idempotencyKey: IdempotencyKey? = nil,
        _ body: @escaping @Sendable (IngestScope) throws -> IngestEffects<Receipt>
    ) {
        self.isUrgent = isUrgent
        self.idempotencyKey = idempotencyKey
        self.body = body
    }
}

/// What is kept for people to look at.
package struct QuarantineEntry: Sendable {
    package let device: RecordID?
    package let source: String
    package let format: String
    package let reason: String
    package let payload: [UInt8]

    package init(device: RecordID?, source: String, format: String, reason: String, payload: [UInt8]) {
        self.device = device
        self.source = source
        self.format = format
        self.reason = reason
        self.payload = payload
    }
}

extension ReplicaStore {
    /// Commits what messages lead to in a group commit; returns once it is durable.
    ///
    /// - Parameters:
    ///   - isUrgent: a matter of life: before all others, and also where the journal is full.
    ///   - idempotencyKey: a call with the same key gets the first one's receipt, for a day.
    ///   - body: judges on what holds as it is written; what it throws is told to the caller and nothing is written.
    /// - Throws: ``StoreError`` with `busy` where the days' files do not keep up; what `body` throws.
    package func ingest<Receipt: Codable & Sendable>(
        as actor: Actor,
        isUrgent: Bool = false,
        idempotencyKey: IdempotencyKey? = nil,
        _ body: @escaping @Sendable (IngestScope) throws -> IngestEffects<Receipt>
    ) async throws -> Receipt {
        let delivery = IngestDelivery(isUrgent: isUrgent, idempotencyKey: idempotencyKey, body)
        guard let receipt = try await ingest(as: actor, inOrder: [delivery]).first else {
            throw StoreError(.stopped, "the write was not carried out")
        }
        return try receipt.get()
    }

    /// Commits what several deliveries lead to, each judged on what those before it left; returns once all are durable.
    ///
    /// - Parameter deliveries: with a matter of life among them all go before others', in their order; where the journal
    ///   is full, it alone is taken.
    /// - Returns: of each its receipt, or what its body or the store threw.
    /// - Throws: ``StoreError`` with `readOnly`.
    package func ingest<Receipt: Codable & Sendable>(
        as actor: Actor,
        inOrder deliveries: [IngestDelivery<Receipt>]
    ) async throws -> [Result<Receipt, any Error>] {
        try checkWritable()
        guard !deliveries.isEmpty else { return [] }
        let isUrgent = deliveries.contains(where: \.isUrgent)
        return await withCheckedContinuation { continuation in
            let gathered = Gathered(deliveries.count) { continuation.resume(returning: $0) }
            for (index, delivery) in deliveries.enumerated() {
                do {
                    if !delivery.isUrgent { try checkJournal() }
                    enqueue(
                        IngestJob(
                            store: self,
                            isUrgent: isUrgent,
                            actor: actor,
                            key: delivery.idempotencyKey,
                            delivery.body
                        ) {
                            gathered.put($0, at: index)
                        }
                    )
                } catch { gathered.put(.failure(error), at: index) }
            }
        }
    }

    /// Whether the days' files keep up: what is no matter of life is refused else.
    package var hasRoomForReadings: Bool {
        journalState.withLock { $0.byteCount } < configuration.journalByteLimit
    }

    private func checkJournal() throws {
        guard !hasRoomForReadings else { return }
        let waiting = journalState.withLock { $0.byteCount }
        throw StoreError(.busy, "\(waiting >> 20) MiB of readings wait for the disk; try again in a second")
    }
}

/// The answers of jobs that were given together.
private final class Gathered<Value: Sendable>: Sendable {
    private let answers = Mutex<[Int: Value]>([:])
    private let count: Int
    private let isWhole: @Sendable ([Value]) -> Void

    init(_ count: Int, _ isWhole: @escaping @Sendable ([Value]) -> Void) {
        self.count = count
        self.isWhole = isWhole
    }

    func put(_ value: Value, at index: Int) {
        let all = answers.withLock { answers -> [Int: Value]? in
            answers[index] = value
            return answers.count == count ? answers : nil
        }
        if let all { isWhole(all.sorted { $0.key < $1.key }.map(\.value)) }
    }
}

/// Numbers of the journal, and how much of it waits.
struct JournalState {
    /// Names this opening of the file.
    let run: Int64
    var next: Int64
    /// The greatest that lies in its days' files.
    var drained: Int64 = 0
    var byteCount: Int

    init(_ pool: DatabasePool, run: [UInt8]) throws {
        self.run = Int64(bitPattern: UInt64(bigEndianBytes: run) ?? 0)
        (next, byteCount) = try pool.writeWithoutTransaction { db in
            try db.first("SELECT ifnull(max(number), 0) + 1, ifnull(sum(length(bytes)), 0) FROM ingest_journal") {
                (try $0.integer(0), Int(clamping: try $0.integer(1)))
            } ?? (1, 0)
        }
    }
}

/// A message on its way into a group commit.
final class IngestJob<Receipt: Codable & Sendable>: WriteJob {
    let isAuthoring = true
    let isUrgent: Bool

    private let store: ReplicaStore
    private let actor: Actor
    private let key: IdempotencyKey?
    private let body: @Sendable (IngestScope) throws -> IngestEffects<Receipt>
    private let answer: @Sendable (Result<Receipt, any Error>) -> Void
    private let outcome = Mutex<Result<Receipt, any Error>?>(nil)
    /// What it added to the journal, by the transaction that it runs in now.
    private let journaled = Mutex(0)

    init(
        store: ReplicaStore,
        isUrgent: Bool,
        actor: Actor,
        key: IdempotencyKey?,
        _ body: @escaping @Sendable (IngestScope) throws -> IngestEffects<Receipt>,
        answer: @escaping @Sendable (Result<Receipt, any Error>) -> Void
    ) {
        self.store = store
        self.isUrgent = isUrgent
        self.actor = actor
        self.key = key
        self.body = body
        self.answer = answer
    }

    func run(in transaction: inout WriteTransaction) throws {
        // A transaction before this one was rolled back.
        forgetJournaled()
        let effects: IngestEffects<Receipt>
        do {
            if let key, let known: Receipt = try store.knownAnswer(key, in: transaction.db) {
                outcome.withLock { $0 = .success(known) }
                return
            }
            let context = store.commandContext(actor, in: transaction)
            effects = try body(IngestScope(reader: try StoreReader(transaction), context: context))
            try transaction.ledger.check(effects.drafts)
        } catch let error as DatabaseError {
            throw error
        } catch {
            // Refused before anything was written: the others go on.
            outcome.withLock { $0 = .failure(error) }
            return
        }
        try transaction.ledger.append(
            effects.drafts,
            randomBytes: { [store] in store.configuration.random(16) },
            in: transaction.storage,
            touching: &transaction.touched
        )
        try write(effects, transaction.db, at: transaction.now)
        outcome.withLock { $0 = .success(effects.receipt) }
    }

    private func write(_ effects: IngestEffects<Receipt>, _ db: Database, at now: Instant) throws {
        for state in effects.states {
            try db.run(
                "INSERT OR REPLACE INTO device_states(device, state, due) VALUES(?, ?, ?)",
                state.device,
                state.bytes,
                state.due?.milliseconds
            )
        }
        for batch in effects.batches where !batch.readings.isEmpty {
            let bytes = batch.packed
            let (run, number) = store.journalState.withLock { state -> (Int64, Int64) in
                defer {
                    state.next += 1
                    state.byteCount += bytes.count
                }
                return (state.run, state.next)
            }
            journaled.withLock { $0 += bytes.count }
            try db.run("INSERT INTO ingest_journal(number, run, bytes) VALUES(?, ?, ?)", number, run, bytes)
        }
        for number in effects.released { try store.release(number, db) }
        for message in effects.quarantined { try store.quarantine(message, db, at: now) }
        guard let key else { return }
        try db.run(
            "INSERT INTO idempotency(key, digest, answer, at) VALUES(?, ?, ?, ?)",
            key.key,
            key.digest,
            [UInt8](try JSONEncoder().encode(effects.receipt)),
            now.milliseconds
        )
    }

    private func forgetJournaled() {
        let bytes = journaled.withLock { state -> Int in
            defer { state = 0 }
            return state
        }
        store.journalState.withLock { $0.byteCount = max(0, $0.byteCount - bytes) }
    }

    func finish(_ error: (any Error)?) {
        if let error {
            forgetJournaled()
            answer(.failure(error))
        } else {
            answer(outcome.withLock { $0 } ?? .failure(StoreError(.stopped, "the write was not carried out")))
        }
    }
}

extension ReplicaStore {
    /// Keeps what cannot be decoded, in place of the oldest of who holds most where there is no room.
    func quarantine(_ message: QuarantineEntry, _ db: Database, at now: Instant) throws {
        try db.run(
            "INSERT INTO quarantine(device, source, format, reason, received_at, payload) VALUES(?, ?, ?, ?, ?, ?)",
            message.device,
            message.source,
            message.format,
            message.reason,
            now.milliseconds,
            message.payload
        )
        // Kept beside, so that a flood does not sum the table up with each message.
        let limit = Int64(configuration.quarantineByteLimit)
        var total = try quarantineTotal(db, adding: message)
        if total > limit {
            let dropped = try makeRoom(db, &total, downTo: limit - limit / 16)
            try db.setMeta("quarantine_dropped", (try db.meta("quarantine_dropped") ?? 0) + dropped)
        }
        try db.setMeta("quarantine_bytes", total)
    }

    /// What a row counts as beside its payload.
    private static let quarantineRowBytes: Int64 = 200

    private func quarantineTotal(_ db: Database, adding message: QuarantineEntry) throws -> Int64 {
        if let known = try db.meta("quarantine_bytes") {
            return known + Int64(message.payload.count) + Self.quarantineRowBytes
        }
        return try db.first(
            "SELECT ifnull(sum(length(payload)), 0) + ? * count(*) FROM quarantine",
            Self.quarantineRowBytes
        ) {
            try $0.integer(0)
        } ?? 0
    }

    /// Lets go of the oldest messages of whichever device holds most, so that one that floods drives out its own alone.
    private func makeRoom(_ db: Database, _ total: inout Int64, downTo aim: Int64) throws -> Int64 {
        struct Share {
            var byteCount: Int64 = 0
            var rows: [(number: Int64, byteCount: Int64)] = []
        }
        var shares: [[UInt8]: Share] = [:]
        let rows = try db.rows("SELECT number, device, length(payload) FROM quarantine ORDER BY number DESC") { row in
            (try row.integer(0), row.isNull(1) ? [] : try row.bytes(1), try row.integer(2) + Self.quarantineRowBytes)
        }
        // The oldest of each stands last.
        for (number, device, byteCount) in rows {
            shares[device, default: Share()].rows.append((number, byteCount))
            shares[device, default: Share()].byteCount += byteCount
        }
        var dropped: Int64 = 0
        while total > aim {
            let most = shares.max { a, b in
                (a.value.byteCount, a.value.rows.last?.number ?? 0) < (
                    b.value.byteCount, b.value.rows.last?.number ?? 0
                )
            }
            guard let device = most?.key, let oldest = shares[device]?.rows.popLast() else { break }
            shares[device]?.byteCount -= oldest.byteCount
            try db.run("DELETE FROM quarantine WHERE number = ?", oldest.number)
            total -= oldest.byteCount
            dropped += 1
        }
        return dropped
    }

    /// Takes a message out of quarantine.
    func release(_ number: Int64, _ db: Database) throws {
        let byteCount = try db.first("SELECT length(payload) FROM quarantine WHERE number = ?", number) {
            try $0.integer(0)
        }
        guard let byteCount else { return }
        try db.run("DELETE FROM quarantine WHERE number = ?", number)
        guard let total = try db.meta("quarantine_bytes") else { return }
        try db.setMeta("quarantine_bytes", total - byteCount - Self.quarantineRowBytes)
    }

    // MARK: Waking

    /// Has devices looked after at once, whatever their rules waited for.
    package func wakeDevices(_ devices: [RecordID], at due: Instant) async throws {
        try checkWritable()
        try await work { transaction in
            for device in devices {
                try transaction.db.run("UPDATE device_states SET due = ? WHERE device = ?", due.milliseconds, device)
            }
        }
    }

    // MARK: Tokens

    /// Lets a token speak for a device; those before it do so no more when it is to be the only one.
    ///
    /// - Parameter brokerSecret: what a broker checks it by.
    package func keepDeviceToken(
        hash: [UInt8],
        brokerSecret: String,
        of device: RecordID,
        replacing: Bool
    ) async throws {
        try checkWritable()
        try await work { transaction in
            if replacing { try transaction.db.run("DELETE FROM device_tokens WHERE device = ?", device) }
            try transaction.db.run(
                "INSERT OR REPLACE INTO device_tokens(hash, device, made_at, broker_secret) VALUES(?, ?, ?, ?)",
                hash,
                device,
                transaction.now.milliseconds,
                brokerSecret
            )
        }
    }
}
