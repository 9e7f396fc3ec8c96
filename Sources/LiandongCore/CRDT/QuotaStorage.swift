/// Where a ledger keeps what waits because its origin wrote more for others than its quota allows.
///
/// What waits is not of the replica: no lane, cell, stream, position or fingerprint knows of it.
package protocol QuotaStorage: AnyObject {
    /// Everything but the deltas themselves.
    func quotaBook() throws -> QuotaBook
    func save(_ use: QuotaUse, of origin: NodeID, on day: QuotaDay) throws
    /// Forgets what was used before a day.
    func forgetQuotaUses(before day: QuotaDay) throws
    func save(_ state: QuotaState, of origin: NodeID) throws
    /// Nil takes the lane away.
    func save(_ lane: WaitingLane?, _ key: WaitingLane.Key) throws
    /// Keeps a delta that waits; the order of keeping is the order of letting in.
    func keep(_ waiting: WaitingDelta) throws
    func isWaiting(_ delta: DeltaID) throws -> Bool
    /// What waits of an origin, in the order it came.
    func waitingDeltas(of origin: NodeID, limit: Int) throws -> [WaitingDelta]
    func removeWaiting(_ delta: DeltaID) throws
}

/// A delta that waits.
package struct WaitingDelta: Sendable, Hashable {
    package let delta: Delta
    /// The peer it came from.
    package let source: NodeID
    package let receivedAt: Instant

    package init(delta: Delta, source: NodeID, receivedAt: Instant) {
        self.delta = delta
        self.source = source
        self.receivedAt = receivedAt
    }
}

/// What waits of one origin for one audience.
package struct WaitingLane: Sendable, Hashable {
    package struct Key: Sendable, Hashable, Comparable {
        package let origin: NodeID
        package let audience: AudienceID

        package init(origin: NodeID, audience: AudienceID) {
            self.origin = origin
            self.audience = audience
        }

        package static func < (a: Key, b: Key) -> Bool { (a.origin, a.audience) < (b.origin, b.audience) }
    }

    package var deltas: Int
    package var use: QuotaUse
    /// When the first of it came.
    package let since: Instant

    package init(deltas: Int = 0, use: QuotaUse = QuotaUse(), since: Instant) {
        self.deltas = deltas
        self.use = use
        self.since = since
    }
}

/// What operators decided of an origin, and what became of the rest of what it sent.
package struct QuotaState: Sendable, Hashable {
    /// All it writes for others waits, whatever its quota.
    package var isMuted: Bool
    /// The day for which its quota is lifted.
    package var letInDay: QuotaDay?
    /// Deltas that were not even kept: more waited than ``QuotaBook/deltaLimit`` or ``QuotaBook/byteLimit`` allow.
    package var turnedAway: Int

    package init(isMuted: Bool = false, letInDay: QuotaDay? = nil, turnedAway: Int = 0) {
        self.isMuted = isMuted
        self.letInDay = letInDay
        self.turnedAway = turnedAway
    }
}
