import LiandongCore
import Synchronization

/// Frames between the event loop that reads them and the one task that takes them.
///
/// Bounded: above `limit` bytes ``deliver(_:)`` says to stop reading the socket, and the next ``take()`` says to go on.
final class FrameInbox: Sendable {
    typealias Taken = Result<[[UInt8]]?, TransportError>

    private struct State {
        var frames: [[UInt8]] = []
        var byteCount = 0
        var isReadingStopped = false
        var end: Taken?
        var waiter: CheckedContinuation<Taken, Never>?
        var isCancelled = false

        /// What there is to take now.
        mutating func take() -> Taken? {
            if isCancelled { return .success(nil) }
            guard frames.isEmpty else {
                defer {
                    frames = []
                    byteCount = 0
                    isReadingStopped = false
                }
                return .success(frames)
            }
            return end
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Hands over frames that arrived together.
    ///
    /// - Returns: whether to read on.
    func deliver(_ frames: [[UInt8]]) -> Bool {
        let (waiter, goesOn) = state.withLock { state -> (CheckedContinuation<Taken, Never>?, Bool) in
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            state.frames.append(contentsOf: frames)
            state.byteCount += frames.reduce(0) { $0 + $1.count }
            state.isReadingStopped = state.byteCount > limit
            return (nil, !state.isReadingStopped)
        }
        waiter?.resume(returning: .success(frames))
        return goesOn
    }

    /// No more frames will come; what is waiting may still be taken.
    func end(_ error: TransportError?) {
        let end: Taken = error.map { .failure($0) } ?? .success(nil)
        let waiter = state.withLock { state -> CheckedContinuation<Taken, Never>? in
            guard state.end == nil else { return nil }
            state.end = end
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: end)
    }

    /// Every frame that waits, at least one; nil after the last, or when the task is cancelled.
    ///
    /// - Parameter readOn: called when reading was stopped and may go on.
    func take(readOn: () -> Void) async throws(TransportError) -> [[UInt8]]? {
        let taken = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, mayReadOn) = state.withLock { state -> (Taken?, Bool) in
                    let wasStopped = state.isReadingStopped
                    if let taken = state.take() { return (taken, wasStopped) }
                    precondition(state.waiter == nil, "one task takes the frames of a connection")
                    state.waiter = continuation
                    return (nil, false)
                }
                if mayReadOn { readOn() }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Taken, Never>? in
                state.isCancelled = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: .success(nil))
        }
        return try taken.get()
    }
}
