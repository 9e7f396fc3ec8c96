/// The node's own hybrid logical clock.
///
/// Never goes back; a stamp from elsewhere moves it at most ``remoteLeadLimit`` past the wall clock.
package struct HybridClock: Sendable, Hashable {
    /// How far past the wall clock remote time may move the local clock, in milliseconds.
    package static let remoteLeadLimit: Int64 = 60_000

    /// The greatest stamp given out or followed.
    package private(set) var last: HLC

    /// - Parameter last: the greatest stamp of this node's own lanes.
    package init(last: HLC = HLC(raw: 0)) { self.last = last }

    /// A stamp greater than every one before.
    package mutating func tick(at now: Instant) -> HLC {
        last = max(last.successor, HLC(milliseconds: now.milliseconds))
        return last
    }

    /// Follows a remote stamp, within the limit.
    package mutating func observe(_ remote: HLC, at now: Instant) {
        let limit = HLC(milliseconds: now.advanced(byMilliseconds: HybridClock.remoteLeadLimit).milliseconds)
        last = max(last, min(remote, limit))
    }
}

/// What is done with stamps from the future (design §5).
package enum ClockGuard {
    /// Up to this lead nothing is held back, in milliseconds.
    package static let tolerance: Int64 = 2 * 60_000
    /// Beyond this lead only alarms are shown, in milliseconds.
    package static let farFuture: Int64 = 24 * 3_600_000

    /// Whether an op that came so far ahead of the wall clock is merged now, or when it is looked at again.
    package static func verdict(stamp: HLC, rule: CellRule, isCreation: Bool, at now: Instant) -> Verdict {
        let lead = Instant(milliseconds: stamp.milliseconds).milliseconds(since: now)
        if lead <= tolerance { return .merge }
        if lead > farFuture {
            let due = Instant(milliseconds: stamp.milliseconds).advanced(byMilliseconds: -farFuture)
            return .wait(.farFuture, until: HLC(milliseconds: due.milliseconds))
        }
        if rule == .log || isCreation { return .merge }
        let due = Instant(milliseconds: stamp.milliseconds).advanced(byMilliseconds: -tolerance)
        return .wait(.notDue, until: HLC(milliseconds: due.milliseconds))
    }

    package enum Verdict: Sendable, Hashable {
        case merge
        case wait(ParkedOp.Reason, until: HLC)
    }
}
