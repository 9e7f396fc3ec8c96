import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import Synchronization

/// The product's own store on a simulated disk, as some nodes of a run have it.
///
/// It leads: what it decides the node's dictionaries take in, and the checks read those. Whenever it opens, and at the
/// end of a run, both must hold the same.
final class StoreTwin {
    let disk: SimulatedDisk
    private let node: NodeID
    private var configuration: StoreConfiguration
    private let clock: StoreClock
    private let commits = StoreCommits()
    private let waiting = Waiting()
    private var store: ReplicaStore?
    private var hasBackup = false

    /// Pages in the write-ahead log before it is copied into the database: few, so that this happens often.
    private static let walPages = 24

    init(node: NodeID, signer: Signer, purposes: Purposes, random: SeededRandom) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("liandong-sim-\(UUID().uuidString)")
        let disk = try SimulatedDisk(folder: folder)
        let clock = StoreClock()
        let source = SharedRandom(random)
        self.disk = disk
        self.clock = clock
        self.node = node
        var configuration = StoreConfiguration(
            database: StoreTwin.data(in: disk.folder).appendingPathComponent("replica.sqlite"),
            anchor: disk.folder.appendingPathComponent("anchor.json"),
            node: node,
            signer: signer,
            cryptography: .sodium,
            schema: SimulatedSchema.current,
            purposes: { _ in purposes },
            now: { clock.reading },
            random: { source.bytes($0) }
        )
        configuration.walPages = StoreTwin.walPages
        self.configuration = configuration
    }

    private static func data(in folder: URL) -> URL { folder.appendingPathComponent("data") }

    // MARK: Life

    /// Opens what is on the disk.
    ///
    /// - Parameters:
    ///   - schema: what the build knows that opens it.
    ///   - founding: the chain of a replica that has none yet.
    func open(at now: Instant, _ schema: Schema, founding: [SignedAuthorityEntry]) throws -> SyncStart {
        clock.reading = now
        configuration.schema = schema
        disk.mend()
        let store = try ReplicaStore(configuration)
        let commits = commits
        store.onEvent { event in
            if case .committed(let deltas, let definitions) = event { commits.add(deltas, definitions) }
        }
        self.store = store
        var start = try waiting.for { try await store.syncStart() }
        if start.chain.isEmpty, !founding.isEmpty {
            var batch = PersistBatch(peer: node)
            batch.authority = founding
            _ = try waiting.for { [batch] in try await store.persist(batch) }
            start = try waiting.for { try await store.syncStart() }
        }
        return start
    }

    /// Loses power, or the process alone.
    ///
    /// - Parameter seed: decides what becomes of writes that were not flushed.
    /// - Returns: how many of them were lost or torn.
    func crash(seed: UInt64, keepsAll: Bool) -> Int {
        if !keepsAll { disk.cutPower(after: 0) }
        store?.abandon()
        store = nil
        return disk.settle(seed: seed, keepsAll: keepsAll)
    }

    /// Ends in order, as far as the disk lets it.
    func close(seed: UInt64) throws {
        guard let store else { return }
        do { try waiting.for { try await store.close() } } catch { store.abandon() }
        self.store = nil
        _ = disk.settle(seed: seed, keepsAll: true)
    }

    // MARK: Work

    /// Does a job to its end: durable, or rolled back.
    func perform(_ job: ReplicaJob, at now: Instant) -> ReplicaOutcome {
        clock.reading = now
        _ = commits.take()
        guard let store else { return .refused("the store is closed") }
        do {
            switch job {
            case .persist(let ticket, let batch):
                return .persisted(ticket, try waiting.for { try await store.persist(batch) })
            case .command(let command): return try commit(command, in: store)
            case .wake:
                try waiting.for { try await store.wake() }
                return .woken
            case .renew(let report):
                return try waiting.for { try await store.renew(report) }.map { .renewed($0) } ?? .nothing
            case .keepPreview(let ticket, let batch):
                try waiting.for { try await store.keepPreview(batch) }
                return .previewKept(ticket)
            case .endPreview(let ticket):
                return .previewEnded(ticket, unproven: try waiting.for { try await store.endPreview() })
            case .append, .fabricate:
                return .refused("neither the signer nor the dishonest node has a real store")
            }
        } catch {
            switch job {
            case .persist(let ticket, _): return .failed(ticket, "\(error)")
            case .keepPreview(let ticket, _): return .previewFailed(ticket, "\(error)")
            case .command, .append, .renew, .endPreview, .wake, .fabricate: return .refused("\(error)")
            }
        }
    }

    private func commit(_ command: any Command, in store: ReplicaStore) throws -> ReplicaOutcome {
        func erased<C: Command>(_ command: C) throws -> any Sendable {
            guard let place = store.authority.nodes[node]?.place else {
                throw Refusal(.notEnrolledYet)
            }
            let actor = Actor(node: node, place: place, name: "", role: "clerk")
            return try waiting.for { try await store.commit(command, as: actor) }
        }
        let receipt = try erased(command)
        let (deltas, definitions) = commits.take()
        return .committed(deltas, definitions: definitions, receipt: receipt)
    }

    /// What the last job wrote besides what it answered.
    func takeCommits() -> ([CommittedDelta], [Audience]) { commits.take() }

    func scan(_ request: ScanRequest) throws -> ScanResult {
        guard let store else { throw DiskFault.unreliable }
        return try waiting.for { try await store.scan(request) }
    }

    func readSnapshot(_ query: SnapshotQuery) throws -> SnapshotPage {
        guard let store else { throw DiskFault.unreliable }
        return try waiting.for { try await store.readSnapshot(query) }
    }

    // MARK: Backups

    /// Copies the files as they are between two transactions, the anchor file for itself.
    func backUp() throws {
        for (from, to) in copies {
            try? FileManager.default.removeItem(at: to)
            try FileManager.default.copyItem(at: from, to: to)
        }
        // SQLite makes the index of the log anew.
        try? FileManager.default.removeItem(at: copies[0].backup.appendingPathComponent("replica.sqlite-shm"))
        hasBackup = true
    }

    /// Puts back what a backup holds, while the store is closed: the data or the anchor file, as they lie in different
    /// places.
    ///
    /// - Returns: whether there was one.
    func restoreBackup(ofAnchor isAnchor: Bool) throws -> Bool {
        guard hasBackup else { return false }
        let (original, backup) = copies[isAnchor ? 1 : 0]
        try? FileManager.default.removeItem(at: original)
        try FileManager.default.copyItem(at: backup, to: original)
        return true
    }

    private var copies: [(original: URL, backup: URL)] {
        [
            (StoreTwin.data(in: disk.folder), disk.folder.appendingPathComponent("backup")),
            (configuration.anchor, disk.folder.appendingPathComponent("anchor.backup")),
        ]
    }

    // MARK: What it holds

    /// The held deltas in LSN order.
    func deltas() throws -> [Delta] {
        try read { reader in
            var deltas: [Delta] = []
            try reader.allDeltas { deltas.append($0) }
            return deltas
        }
    }

    /// What the file itself, its cells and its read models have against it; nil when all is well.
    ///
    /// - Parameter content: what the dictionaries hold.
    func difference(from content: MemoryLedgerStorage.Content, at now: Instant) throws -> String? {
        clock.reading = now
        guard let store else { return "it is closed" }
        let problems = try waiting.for { try await store.integrityProblems() }
        if let problem = problems.first { return "the file is damaged: \(problem)" }
        if let difference = try differenceOfRecords(content) { return difference }
        let before = try waiting.for { (try await store.readModelDump(), try await store.laneIndexDump()) }
        try waiting.for { try await store.rebuild() }
        let after = try waiting.for { (try await store.readModelDump(), try await store.laneIndexDump()) }
        if before.0 != after.0 { return "the read models are not what a rebuild gives" }
        if before.1 != after.1 { return "the lanes' index is not what a rebuild gives" }
        return try differenceOfRecords(content)
    }

    private func differenceOfRecords(_ content: MemoryLedgerStorage.Content) throws -> String? {
        try read { reader in
            let memory = MemoryLedgerStorage(content: content)
            for record in content.homes.keys.sorted() {
                // Dictionaries do not throw.
                let ours = try? RecordView(of: record, in: memory)
                let theirs = try reader.record(record)
                if theirs != ours {
                    return "record \(record) differs from the dictionaries': \(RecordView.difference(theirs, ours))"
                }
            }
            let parked = try reader.parkedOps(limit: 100_000)
            guard Set(parked) == content.parked else {
                return "\(parked.count) ops wait, in the dictionaries \(content.parked.count)"
            }
            return nil
        }
    }

    private func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) throws -> Value {
        guard let store else { throw DiskFault.unreliable }
        return try waiting.for { try await store.read(body) }
    }
}

/// The time that a store is told.
private final class StoreClock: Sendable {
    private let state = Mutex(Instant(milliseconds: 0))

    var reading: Instant {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// What a store said that it committed.
private final class StoreCommits: Sendable {
    private let state = Mutex<([CommittedDelta], [Audience])>(([], []))

    func add(_ deltas: [CommittedDelta], _ definitions: [Audience]) {
        state.withLock { state in
            state.0 += deltas
            state.1 += definitions
        }
    }

    func take() -> ([CommittedDelta], [Audience]) {
        state.withLock { state in
            defer { state = ([], []) }
            return state
        }
    }
}
