/// How long to wait before the next attempt: full jitter, so that nodes cut off together do not come back together.
///
/// After *n* failures in a row the wait is anything up to 0.1 s · 2ⁿ, at most 15 s.
///
/// - SeeAlso: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
package struct Backoff: Sendable, Hashable {
    package static let base: Duration = .milliseconds(100)
    package static let limit: Duration = .seconds(15)
    /// Never shorter, so that an attempt that fails at once is not repeated at once.
    package static let floor: Duration = .milliseconds(10)

    /// Attempts since the last that lasted.
    package private(set) var failures = 0

    package init() {}

    /// The most the next wait can be.
    package var bound: Duration {
        // 0.1 s · 2⁸ is above the limit already.
        min(Backoff.limit, Backoff.base * (1 << min(failures, 8)))
    }

    package mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        defer { failures += 1 }
        return max(Backoff.floor, bound * Double.random(in: 0...1, using: &random))
    }

    /// A session lasted, so the peer is well.
    package mutating func reset() { failures = 0 }
}
