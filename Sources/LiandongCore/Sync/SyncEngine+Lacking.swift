extension SyncEngine {
    /// How many deltas of an audience a node said that it had committed and this one lacks; nil when it said nothing.
    ///
    /// - Complexity: O(lanes held).
    package func lacking(from node: NodeID, audience: AudienceID) -> UInt64? {
        guard let part = positions(of: node, audience: audience) else { return nil }
        var held: [LaneID: UInt64] = [:]
        for lane in lanes.values where lane.key.audience == audience { held[lane.id] = lane.contiguous }
        return part.positions.reduce(0) { sum, position in
            let here = held[position.key] ?? 0
            return sum &+ (position.value > here ? position.value - here : 0)
        }
    }
}
