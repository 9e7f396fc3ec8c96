import Dispatch
import LiandongCore
import Synchronization

/// Local commits on their way from the store's writing queue to the engine, in their order.
///
/// Bounded: while ``limit`` commits wait for the engine, the store's writer waits too. The engine never waits for the
/// store in turn, so that it always catches up.
final class CommitFeed: Sendable {
    struct Commit: Sendable {
        /// What is left of deltas that lost bytes to an erasure.
        var dropped: [CommittedDelta] = []
        var deltas: [CommittedDelta] = []
        var definitions: [Audience] = []
    }

    /// The most commits that wait; a commit holds at most as many ops as the store takes into one transaction.
    private static let limit = 256

    private struct State {
        var waiting = 0
        var isClosed = false
        var isWriterHeld = false
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let stream: AsyncStream<Commit>
    private let continuation: AsyncStream<Commit>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// Adds a commit; called by one writer, which is held while the feed is full.
    func put(_ commit: Commit) {
        let mustWait = state.withLock { state -> Bool? in
            guard !state.isClosed else { return nil }
            state.waiting += 1
            state.isWriterHeld = state.waiting > CommitFeed.limit
            return state.isWriterHeld
        }
        guard let mustWait else { return }
        continuation.yield(commit)
        if mustWait { room.wait() }
    }

    /// Hands commits on until the task is cancelled; what comes after that is dropped.
    func handOn(_ body: (Commit) async -> Void) async {
        for await commit in stream {
            await body(commit)
            release { $0.waiting -= 1 }
        }
        release { $0.isClosed = true }
    }

    private func release(_ change: @Sendable (inout State) -> Void) {
        let mayGoOn = state.withLock { state in
            change(&state)
            guard state.isWriterHeld, state.isClosed || state.waiting <= CommitFeed.limit else { return false }
            state.isWriterHeld = false
            return true
        }
        if mayGoOn { room.signal() }
    }
}
