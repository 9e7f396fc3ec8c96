import Dispatch
package import Foundation
package import Logging
import Synchronization

/// Takes what devices publish from a broker, and acknowledges it once it is taken in.
///
/// One batch after the other: read, hand over, and only when that has returned send acknowledgements and answers. Where a
/// batch is not taken in, the connection is dropped with the acknowledgements still in it, and taken up again a while
/// later: the broker delivers what was not acknowledged once more.
///
/// It works on a thread of its own, where it may wait for the socket.
package actor BrokerLink {
    /// What the link has done since it began.
    package struct State: Sendable, Hashable {
        package var isConnected = false
        /// Since when it is, or is not.
        package var since: Date
        /// Publications that were read and are not acknowledged yet; what the broker keeps beside them it does not tell.
        package var waiting = 0
        package var connections = 0
        /// Connections that ended other than by our own wish.
        package var losses = 0
        /// Publications whose acknowledgement was sent.
        package var acknowledged = 0
        /// Publications that were not taken in, and are delivered again.
        package var returned = 0
        /// Why it is not connected.
        package var trouble: BrokerError?

        mutating func note(isConnected: Bool, at now: Date) {
            guard isConnected != self.isConnected else { return }
            self.isConnected = isConnected
            since = now
        }
    }

    /// Takes a batch in; returns answers to publish once all of it is durable.
    ///
    /// It throws where some of it cannot be taken in now: none of it is acknowledged then.
    package typealias Taker = @Sendable ([Publication]) async throws -> [Publication]

    private final class Queue: SerialExecutor, TaskExecutor {
        private let queue = DispatchQueue(label: "liandong.mqtt")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async {
                unsafe job.runSynchronously(
                    isolatedTo: self.asUnownedSerialExecutor(),
                    taskExecutor: self.asUnownedTaskExecutor()
                )
            }
        }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe queue.asUnownedSerialExecutor() }

    private nonisolated let queue = Queue()
    private let target: MosquittoConnection.Target
    private let logger: Logger
    private let take: Taker
    /// In a row, without a connection between.
    private var failures = 0
    private nonisolated let states = Mutex(State(since: Date()))

    /// - Parameters:
    ///   - host: a Unix socket's path where `port` is 0.
    ///   - name: of the client and of its user.
    package init(host: String, port: Int, name: String, secret: String, logger: Logger, take: @escaping Taker) {
        self.target = MosquittoConnection.Target(host: host, port: port, name: name, secret: secret)
        self.logger = logger
        self.take = take
    }

    package nonisolated var state: State { states.withLock { $0 } }

    // MARK: Connections

    private static let shortestPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(10)
    private static let failuresOfNote = 4
    /// How long a step of a handshake may take.
    private static let patience = Duration.seconds(10)
    /// How long to wait for the socket before the clock is looked at, in milliseconds.
    private static let round: Int32 = 250

    /// Holds a connection, and another after it, until the task is cancelled.
    ///
    /// What takes a batch in runs on the same thread, which has nothing else to do meanwhile: to wake another for it, and
    /// this one after it, would take longer than most batches do.
    package func run() async { await withTaskExecutorPreference(queue) { await self.hold() } }

    private func hold() async {
        var pause = BrokerLink.shortestPause
        while !Task.isCancelled {
            let (began, done, returned) = (ContinuousClock.now, state.acknowledged, state.returned)
            // At the end its broker ends as well: that is no loss.
            do { try await converse() } catch {
                if !Task.isCancelled { note(error, hasReturned: state.returned > returned) }
            }
            states.withLock { state in
                state.note(isConnected: false, at: Date())
                // It comes again.
                state.waiting = 0
            }
            let wasOfUse = ContinuousClock.now - began > BrokerLink.longestPause || state.acknowledged > done
            pause = wasOfUse ? BrokerLink.shortestPause : min(pause * 2, BrokerLink.longestPause)
            try? await Task.sleep(for: pause)
        }
    }

    /// - Parameter hasReturned: it is the node that did not take something in.
    private func note(_ error: any Error, hasReturned: Bool) {
        let wasConnected = states.withLock { state in
            if state.isConnected { state.losses += 1 }
            state.trouble = error as? BrokerError ?? BrokerError(.notTaken, "\(error)")
            return state.isConnected
        }
        failures = wasConnected ? 0 : failures + 1
        // Not the first attempts, which a broker that starts misses; and once for one that is gone for a night.
        guard wasConnected || failures == BrokerLink.failuresOfNote else { return }
        let what =
            if hasReturned { "publications cannot be taken in; the broker keeps them" } else if wasConnected {
                "broker lost"
            } else { "broker out of reach" }
        logger.warning("\(what)", metadata: ["error": "\(error)"])
    }

    /// One connection, to its end.
    private func converse() async throws {
        let connection = try MosquittoConnection(target)
        try await welcome(connection)
        try connection.subscribe(to: DeviceTopics.filter)
        try await handOn(connection, until: { try connection.isSubscribed() })
        states.withLock { state in
            state.note(isConnected: true, at: Date())
            state.connections += 1
            state.trouble = nil
        }
        failures = 0
        logger.info("broker connected", metadata: ["address": "\(target.host)"])
        while !Task.isCancelled { try await handOnce(connection) }
        try connection.leave()
        logger.info("broker left")
    }

    private func welcome(_ connection: MosquittoConnection) async throws {
        try connection.send()
        try await handOn(connection, until: { try connection.isWelcome() })
    }

    /// Takes in what comes until the broker has answered: with a session that goes on, publications come before answers.
    private func handOn(_ connection: MosquittoConnection, until isDone: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + BrokerLink.patience
        while try !isDone() {
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                throw BrokerError(.silent, "the broker does not answer for \(BrokerLink.patience)")
            }
            try await handOnce(connection)
        }
    }

    /// One batch: read, taken in, acknowledged.
    private func handOnce(_ connection: MosquittoConnection) async throws {
        let batch = try connection.receive(wait: BrokerLink.round)
        if !batch.isEmpty {
            states.withLock { $0.waiting = batch.count }
            try answer(await takeIn(batch), over: connection, of: batch)
        }
        try connection.lookAtClock()
        try connection.send()
        guard !batch.isEmpty else { return }
        states.withLock { state in
            state.acknowledged += batch.count
            state.waiting = 0
        }
    }

    /// Not one function with what publishes the answers: optimised, that one crashes the compiler (Swift 6.3.1).
    private func takeIn(_ batch: [Publication]) async -> Result<[Publication], any Error> {
        do { return .success(try await take(batch)) } catch { return .failure(error) }
    }

    /// Publishes the answers to a batch; where it was not taken in, or they cannot be sent, all of it comes again.
    private func answer(
        _ answers: Result<[Publication], any Error>,
        over connection: MosquittoConnection,
        of batch: [Publication]
    ) throws {
        do { for answer in try answers.get() { try connection.publish(answer) } } catch {
            states.withLock { $0.returned += batch.count }
            throw error
        }
    }
}
