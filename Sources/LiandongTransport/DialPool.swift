package import LiandongCore
package import Logging
import Synchronization

/// Holds a connection to each node of a set, dialling again with back-off whenever there is none.
///
/// ``replaceTargets(_:)`` says whom to hold; ``run(_:)`` does it until its task is cancelled.
package final class DialPool: Sendable {
    /// What is known of one target.
    package enum State: Sendable, Hashable {
        case dialling
        case connected(address: String)
        /// The next attempt comes after a wait.
        case waiting(TransportError?)
    }

    private struct Entry {
        var target: DialTarget
        /// Whether to dial again when the attempt or session under way ends.
        var isWanted = true
        var state = State.dialling
        let wake = WakeSignal()
    }

    /// The most targets: more than a node has parents, children and neighbours.
    private static let targetLimit = 4_096

    /// A session that lasted so long shows the peer to be well.
    private static let lastingSession: Duration = .seconds(10)

    private let transport: PeerTransport
    private let logger: Logger
    private let entries = Mutex<[NodeID: Entry]>([:])
    private let random: Mutex<JitterGenerator>
    private let starts: AsyncStream<NodeID>
    private let startsContinuation: AsyncStream<NodeID>.Continuation

    /// - Parameter jitterSeed: equal seeds give equal waits.
    package init(
        _ transport: PeerTransport,
        jitterSeed: UInt64 = .random(in: .min ... .max),
        logger: Logger = Logger(label: "liandong.transport")
    ) {
        self.transport = transport
        self.logger = logger
        self.random = Mutex(JitterGenerator(seed: jitterSeed))
        // A node's loop is started once and runs until it is no longer wanted: there are no more starts than targets.
        (self.starts, self.startsContinuation) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(DialPool.targetLimit)
        )
    }

    // MARK: Whom to dial

    /// Replaces the set of nodes to hold a connection to.
    ///
    /// A node that is new, or whose addresses changed, is dialled at once. One that is no longer in the set is not
    /// dialled again; a session with it that is up goes on until its owner ends it.
    package func replaceTargets(_ targets: [DialTarget]) {
        let targets = targets.prefix(DialPool.targetLimit)
        let wanted = Dictionary(targets.map { ($0.node, $0) }) { _, last in last }
        let (new, changed) = entries.withLock { entries -> ([NodeID], [WakeSignal]) in
            var changed: [WakeSignal] = []
            for (node, entry) in entries where wanted[node] == nil {
                entries[node]?.isWanted = false
                changed.append(entry.wake)
            }
            var new: [NodeID] = []
            for target in targets where target.node != transport.node {
                guard let known = entries[target.node] else {
                    entries[target.node] = Entry(target: target)
                    new.append(target.node)
                    continue
                }
                if !known.isWanted || known.target != target { changed.append(known.wake) }
                entries[target.node]?.target = target
                entries[target.node]?.isWanted = true
            }
            return (new, changed)
        }
        for node in new { startsContinuation.yield(node) }
        for wake in changed { wake.wake() }
    }

    /// Ends the wait before the next attempt, of one target or of all: for a link that is known to be back.
    package func wakeNow(_ node: NodeID? = nil) {
        let wakes = entries.withLock { entries in
            node.map { entries[$0].map { [$0.wake] } ?? [] } ?? entries.values.map(\.wake)
        }
        for wake in wakes { wake.wake() }
    }

    /// What became of each target so far.
    package var states: [NodeID: State] { entries.withLock { $0.mapValues(\.state) } }

    // MARK: Dialling

    /// Dials until the task is cancelled, which ends the sessions too.
    ///
    /// - Parameter session: owns a connection from its start; when it returns the connection is closed.
    package func run(_ session: @escaping @Sendable (PeerConnection) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for await node in starts {
                group.addTask(executorPreference: self.transport.executor) {
                    await self.keepConnected(to: node, session)
                }
            }
            group.cancelAll()
        }
    }

    private func keepConnected(to node: NodeID, _ session: @Sendable (PeerConnection) async -> Void) async {
        var backoff = Backoff()
        var lastFailure: TransportError?
        while let entry = nextAttempt(to: node), !Task.isCancelled {
            let failure = await attempt(entry, &backoff, session)
            if let failure, failure.code != lastFailure?.code {
                logger.info(
                    "peer not reached",
                    metadata: ["peer.id": "\(node)", "error.code": "\(failure.code)", "error.reason": "\(failure)"]
                )
            }
            lastFailure = failure
            note(.waiting(failure), of: node)
            let wait = random.withLock { backoff.next(using: &$0) }
            guard isWanted(node) else { continue }
            await entry.wake.sleep(for: wait)
        }
    }

    /// One connection, from the first address that answers to the end of its session.
    ///
    /// - Returns: why there was none.
    private func attempt(
        _ entry: Entry,
        _ backoff: inout Backoff,
        _ session: @Sendable (PeerConnection) async -> Void
    ) async -> TransportError? {
        let node = entry.target.node
        let (connection, failure) = await connect(entry.target)
        guard let connection else { return failure }
        guard isWanted(node) else {
            await connection.close()
            return nil
        }
        note(.connected(address: connection.remoteAddress), of: node)
        let clock = ContinuousClock()
        let start = clock.now
        await session(connection)
        await connection.close()
        if clock.now - start >= DialPool.lastingSession { backoff.reset() }
        return nil
    }

    private func connect(_ target: DialTarget) async -> (PeerConnection?, TransportError?) {
        var failure: TransportError?
        for address in target.addresses {
            guard !Task.isCancelled else { break }
            do {
                return (try await transport.dial(HostPort(parsing: address), expecting: target.node), nil)
            } catch {
                // Of several, the wrong key is what an operator has to hear of.
                if failure?.code != .wrongKey { failure = error }
            }
        }
        return (nil, failure)
    }

    // MARK: The entries

    /// The target as it is now; nil, and forgotten, when it is no longer wanted.
    private func nextAttempt(to node: NodeID) -> Entry? {
        entries.withLock { entries in
            guard let entry = entries[node], entry.isWanted else {
                entries[node] = nil
                return nil
            }
            entries[node]?.state = .dialling
            return entry
        }
    }

    private func isWanted(_ node: NodeID) -> Bool { entries.withLock { $0[node]?.isWanted == true } }

    private func note(_ state: State, of node: NodeID) { entries.withLock { $0[node]?.state = state } }
}

/// SplitMix64: good enough to spread attempts, and repeatable.
struct JitterGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
