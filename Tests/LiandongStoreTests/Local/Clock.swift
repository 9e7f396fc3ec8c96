import LiandongCore
import Synchronization

/// A clock that a test sets.
final class Clock: Sendable {
    private let state = Mutex(Instant(milliseconds: 1_795_241_100_000))
    var now: Instant { state.withLock { $0 } }

    func advance(seconds: Int64) { state.withLock { $0 = $0.advanced(byMilliseconds: seconds * 1_000) } }
}
