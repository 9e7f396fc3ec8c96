import GRDB
import LiandongCore
import LiandongDomain
import Synchronization

/// One caller's write, waiting to share a transaction with others.
protocol WriteJob: Sendable {
    /// Whether it writes this node's own deltas.
    var isAuthoring: Bool { get }
    /// Whether it stands before all that is not, and is taken where the queue is full: a matter of life.
    var isUrgent: Bool { get }
    /// Does the work. What it throws rolls the whole transaction back; an answer for the caller alone is kept.
    func run(in transaction: inout WriteTransaction) throws
    /// The transaction ended.
    func finish(_ error: (any Error)?)
}

extension WriteJob {
    var isUrgent: Bool { false }
}

/// What jobs of one transaction work on.
struct WriteTransaction {
    let db: Database
    let index: LaneIndex
    let storage: SQLiteLedgerStorage
    var ledger: Ledger
    var touched: Set<RecordID> = []
    let now: Instant
    /// The names that the replica takes with this transaction.
    var renewal: Renewal?
}

/// Collects writes while another transaction is under way, and hands them over together.
final class WriteQueue: Sendable {
    private struct State {
        var waiting: [any WriteJob] = []
        var isDraining = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Adds a job.
    ///
    /// - Returns: whether somebody has to begin draining.
    /// - Throws: ``StoreError`` with `busy` or `stopped`.
    func add(_ job: some WriteJob) throws -> Bool {
        try state.withLock { state in
            guard !state.isClosed else { throw StoreError(.stopped, "the store is closed") }
            // Urgent ones have room of their own, and bounds as well.
            guard state.waiting.count < (job.isUrgent ? limit * 2 : limit) else {
                throw StoreError(
                    .busy,
                    "\(state.waiting.count) writes wait, at most \(limit) may; try again in a second"
                )
            }
            if job.isUrgent {
                state.waiting.insert(job, at: state.waiting.firstIndex { !$0.isUrgent } ?? state.waiting.endIndex)
            } else {
                state.waiting.append(job)
            }
            defer { state.isDraining = true }
            return !state.isDraining
        }
    }

    /// The jobs that wait now; none ends the draining.
    func take(atMost count: Int) -> [any WriteJob] {
        state.withLock { state in
            let taken = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(taken.count)
            if taken.isEmpty { state.isDraining = false }
            return taken
        }
    }

    var depth: Int { state.withLock { $0.waiting.count } }

    /// Refuses what comes from now on; what waits is still done.
    func close() { state.withLock { $0.isClosed = true } }
}

/// A command on its way into a group commit.
final class CommitJob<Receipt: Sendable>: WriteJob {
    let isAuthoring = true

    typealias Planner = @Sendable (inout WriteTransaction) throws -> Plan<Receipt>

    private let plan: Planner
    private let random: @Sendable (Int) -> [UInt8]
    private let answer: @Sendable (Result<Receipt, any Error>) -> Void
    private let outcome = Mutex<Result<Receipt, any Error>?>(nil)

    init(
        random: @escaping @Sendable (Int) -> [UInt8],
        plan: @escaping Planner,
        answer: @escaping @Sendable (Result<Receipt, any Error>) -> Void
    ) {
        self.plan = plan
        self.random = random
        self.answer = answer
    }

    func run(in transaction: inout WriteTransaction) throws {
        let planned: Plan<Receipt>
        do {
            planned = try plan(&transaction)
            try transaction.ledger.check(planned.drafts)
        } catch let error as DatabaseError {
            throw error
        } catch {
            // Refused before anything was written: the others go on.
            outcome.withLock { $0 = .failure(error) }
            return
        }
        try transaction.ledger.append(
            planned.drafts,
            randomBytes: { random(16) },
            in: transaction.storage,
            touching: &transaction.touched
        )
        outcome.withLock { $0 = .success(planned.receipt) }
    }

    func finish(_ error: (any Error)?) {
        if let error {
            answer(.failure(error))
        } else if let outcome = outcome.withLock({ $0 }) {
            answer(outcome)
        } else {
            answer(.failure(StoreError(.stopped, "the write was not carried out")))
        }
    }
}

/// Work on the ledger that is no command: a peer's batch, entries of the chain, waking.
final class LedgerJob<Value: Sendable>: WriteJob {
    let isAuthoring = false
    private let body: @Sendable (inout WriteTransaction) throws -> Value
    private let answer: @Sendable (Result<Value, any Error>) -> Void
    private let value = Mutex<Value?>(nil)

    init(
        body: @escaping @Sendable (inout WriteTransaction) throws -> Value,
        answer: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.body = body
        self.answer = answer
    }

    func run(in transaction: inout WriteTransaction) throws {
        let result = try body(&transaction)
        value.withLock { $0 = result }
    }

    func finish(_ error: (any Error)?) {
        if let error {
            answer(.failure(error))
        } else if let value = value.withLock({ $0 }) {
            answer(.success(value))
        } else {
            answer(.failure(StoreError(.stopped, "the write was not carried out")))
        }
    }
}
