import Dispatch
import Synchronization

/// Does asynchronous work while its one caller waits: a run has one thread and a clock of its own.
///
/// The work goes on a queue of its own, never on the threads that tasks share: runs that wait for one another's threads
/// would wait for ever.
final class Waiting: TaskExecutor {
    private let queue = DispatchQueue(label: "liandong.simulation.store")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// - Returns: what the work does, once it has ended.
    func `for`<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let answer = Answer<Value>()
        Task(executorPreference: self) {
            do { answer.give(.success(try await work())) } catch { answer.give(.failure(error)) }
        }
        return try answer.wait()
    }

    private final class Answer<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)
        private let isThere = DispatchSemaphore(value: 0)

        func give(_ result: Result<Value, any Error>) {
            self.result.withLock { $0 = result }
            isThere.signal()
        }

        func wait() throws -> Value {
            isThere.wait()
            guard let result = result.withLock({ $0 }) else { preconditionFailure("signalled without an answer") }
            return try result.get()
        }
    }
}
