// What waits at the first common ancestor, since its origin wrote more for others than its quota allows.

extension SyncEngine {
    /// The stream that brought it goes on: cursor and credit move as if it had been taken over.
    mutating func noteWaiting(_ waiting: [NodeID: Int], into effects: inout [SyncEffect]) {
        for (origin, count) in waiting.sorted(by: { $0.key < $1.key }) {
            counters.deltasHeldBack += UInt64(clamping: count)
            if overAcceptance.insert(origin).inserted {
                effects.append(.raise(.acceptanceQuota(origin: origin)))
            }
        }
    }

    /// An operator let an origin in: what waited goes on like what has just come.
    ///
    /// What was never kept the peers have: their streams begin anew, and what is held already changes nothing.
    mutating func letIn(
        _ origin: NodeID,
        _ deltas: [CommittedDelta],
        isIncomplete: Bool,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        overAcceptance.remove(origin)
        noteHeld(deltas)
        for id in sessions.keys.sorted() { pump(id, at: now, into: &effects) }
        if isIncomplete {
            beginAllStreamsAnew("more was let in than this node had kept", at: now, into: &effects)
        }
    }
}
