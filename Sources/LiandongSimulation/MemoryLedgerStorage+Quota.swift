package import LiandongCore

/// What a ``MemoryLedgerStorage`` keeps of quotas.
package struct MemoryQuotas: Sendable {
    var states: [NodeID: QuotaState] = [:]
    var lanes: [WaitingLane.Key: WaitingLane] = [:]
    var uses: [NodeID: [QuotaDay: QuotaUse]] = [:]
    /// In the order they came.
    package private(set) var waiting: [WaitingDelta] = []
    private var ids: Set<DeltaID> = []

    package init() {}

    func holds(_ id: DeltaID) -> Bool { ids.contains(id) }

    mutating func keep(_ delta: WaitingDelta) {
        waiting.append(delta)
        ids.insert(delta.delta.id)
    }

    mutating func remove(_ id: DeltaID) {
        waiting.removeAll { $0.delta.id == id }
        ids.remove(id)
    }
}

extension MemoryLedgerStorage {
    package func quotaBook() -> QuotaBook {
        QuotaBook(states: content.quotas.states, lanes: content.quotas.lanes, uses: content.quotas.uses)
    }

    package func save(_ use: QuotaUse, of origin: NodeID, on day: QuotaDay) {
        content.quotas.uses[origin, default: [:]][day] = use
    }

    package func forgetQuotaUses(before day: QuotaDay) {
        content.quotas.uses = content.quotas.uses.mapValues { $0.filter { $0.key >= day } }
    }

    package func save(_ state: QuotaState, of origin: NodeID) { content.quotas.states[origin] = state }

    package func save(_ lane: WaitingLane?, _ key: WaitingLane.Key) { content.quotas.lanes[key] = lane }

    package func keep(_ waiting: WaitingDelta) { content.quotas.keep(waiting) }

    package func isWaiting(_ delta: DeltaID) -> Bool { content.quotas.holds(delta) }

    package func waitingDeltas(of origin: NodeID, limit: Int) -> [WaitingDelta] {
        Array(content.quotas.waiting.lazy.filter { $0.delta.lane.origin == origin }.prefix(limit))
    }

    package func removeWaiting(_ delta: DeltaID) { content.quotas.remove(delta) }
}
