import Synchronization

/// Counts the bytes between a sender and the kernel, and lets senders wait while there are too many.
final class SendWindow: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    private struct State {
        var inFlight = 0
        var end: TransportError?
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]

        mutating func takeWaiters() -> [Waiter] {
            defer { waiters = [:] }
            // In the order they came: the one that waits longest sends first.
            return waiters.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Bytes that wait to be sent.
    var inFlight: Int { state.withLock { $0.inFlight } }

    /// Counts bytes in, however many there are, unless that would make more than `bound`.
    func enter(_ byteCount: Int, bound: Int) throws(TransportError) {
        try state.withLock { state throws(TransportError) in
            if let end = state.end { throw end }
            guard state.inFlight == 0 || state.inFlight + byteCount <= bound else {
                throw .queueFull(state.inFlight + byteCount, limit: bound)
            }
            state.inFlight += byteCount
        }
    }

    /// Counts bytes in as soon as there is room.
    func waitAndEnter(_ byteCount: Int) async throws(TransportError) {
        while true {
            do {
                return try enter(byteCount, bound: limit)
            } catch  where error.code == .queueFull {
                guard !Task.isCancelled else { throw .closed }
                await waitForRoom(for: byteCount)
            }
        }
    }

    /// The kernel took them.
    func leave(_ byteCount: Int) {
        let waiters = state.withLock { state -> [Waiter] in
            state.inFlight -= byteCount
            guard state.inFlight <= limit / 2 else { return [] }
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Nothing can be sent any more.
    func end(_ error: TransportError) {
        let waiters = state.withLock { state -> [Waiter] in
            if state.end == nil { state.end = error }
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it is worth trying again: there may be room, the window has ended, or the task is cancelled.
    private func waitForRoom(for byteCount: Int) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard !Task.isCancelled, state.end == nil else { return false }
                    guard state.inFlight > 0, state.inFlight + byteCount > limit else { return false }
                    state.waiters[number] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.resume()
        }
    }
}
