/// The counters of all origins: a value that decides, and holds no delta.
package struct QuotaBook: Sendable, Hashable {
    /// What is kept of one origin while it waits; what is beyond is asked for again when it is let in.
    package var deltaLimit = 4_096
    package var byteLimit = 16 << 20
    /// Audiences listed of one origin.
    package var laneLimit = 1_024

    package private(set) var states: [NodeID: QuotaState]
    package private(set) var lanes: [WaitingLane.Key: WaitingLane]
    /// Of the days that may still be counted to.
    package private(set) var uses: [NodeID: [QuotaDay: QuotaUse]]
    private var totals: [NodeID: Total] = [:]

    /// Names a counter.
    package struct UseKey: Sendable, Hashable, Comparable {
        package let origin: NodeID
        package let day: QuotaDay

        package static func < (a: UseKey, b: UseKey) -> Bool { (a.origin, a.day) < (b.origin, b.day) }
    }

    /// What waits of one origin.
    package struct Total: Sendable, Hashable {
        package var lanes = 0
        package var deltas = 0
        package var bytes = 0

        package init() {}
    }

    package init(
        states: [NodeID: QuotaState] = [:],
        lanes: [WaitingLane.Key: WaitingLane] = [:],
        uses: [NodeID: [QuotaDay: QuotaUse]] = [:]
    ) {
        self.states = states
        self.lanes = lanes
        self.uses = uses
        for (key, lane) in lanes { add(1, lane.deltas, lane.use.bytes, to: key.origin) }
    }

    package enum Verdict: Sendable, Hashable {
        case passes
        /// It is kept, and shown and passed on when it is let in.
        case waits
        /// It waits at the peer it came from.
        case turnedAway
    }

    /// What becomes of a delta that was never seen before; what passes or waits is counted by it.
    package mutating func judge(
        _ key: WaitingLane.Key,
        _ use: QuotaUse,
        on day: QuotaDay,
        at now: Instant,
        _ quota: AcceptanceQuota
    ) -> Verdict {
        let state = states[key.origin] ?? QuotaState()
        let used = (uses[key.origin]?[day] ?? QuotaUse()) + use
        let isLetIn = state.letInDay == QuotaDay(of: now)
        if !state.isMuted, lanes[key] == nil, isLetIn || used.isWithin(quota) {
            uses[key.origin, default: [:]][day] = used
            return .passes
        }
        let total = waiting(of: key.origin)
        guard total.deltas < deltaLimit, total.bytes + use.bytes <= byteLimit,
            lanes[key] != nil || total.lanes < laneLimit
        else {
            states[key.origin, default: QuotaState()].turnedAway += 1
            return .turnedAway
        }
        var lane = lanes[key] ?? WaitingLane(since: now)
        lane.deltas += 1
        lane.use = lane.use + use
        add(lanes.updateValue(lane, forKey: key) == nil ? 1 : 0, 1, use.bytes, to: key.origin)
        return .waits
    }

    /// One delta that waited does so no more.
    package mutating func release(_ key: WaitingLane.Key, _ use: QuotaUse) {
        guard var lane = lanes[key] else { return }
        lane.deltas -= 1
        lane.use = QuotaUse(
            records: lane.use.records - use.records,
            bytes: lane.use.bytes - use.bytes,
            bulkBytes: lane.use.bulkBytes - use.bulkBytes
        )
        lanes[key] = lane.deltas > 0 ? lane : nil
        add(lane.deltas > 0 ? 0 : -1, -1, -use.bytes, to: key.origin)
    }

    /// An operator has decided.
    package mutating func decide(_ state: QuotaState, of origin: NodeID) { states[origin] = state }

    /// - Returns: whether anything was forgotten.
    package mutating func forgetUses(before day: QuotaDay) -> Bool {
        let kept = uses.mapValues { $0.filter { $0.key >= day } }.filter { !$0.value.isEmpty }
        defer { uses = kept }
        return kept != uses
    }

    /// What waits of an origin in all.
    package func waiting(of origin: NodeID) -> Total { totals[origin] ?? Total() }

    private mutating func add(_ lanes: Int, _ deltas: Int, _ bytes: Int, to origin: NodeID) {
        var total = waiting(of: origin)
        total.lanes += lanes
        total.deltas += deltas
        total.bytes += bytes
        totals[origin] = total.deltas > 0 ? total : nil
    }
}
