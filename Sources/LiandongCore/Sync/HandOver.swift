/// A lane held for an audience that this node is of no more, since its place moved: the node's new parent may not have
/// it, so a node above both takes it over.
package struct HandOver: Sendable, Hashable {
    package let lane: LaneKey
    package let id: LaneID
    package let highest: UInt64
    /// What of the lane some entitled node above is known to hold.
    package let delivered: UInt64
    /// The nodes of the nearest entitled place above that are not known to hold all of it.
    package let targets: [NodeID]

    /// Whether no node above is known to hold all of it.
    package var isPending: Bool { delivered < highest }
}

/// A node above has acknowledged a lane that this node handed over.
package struct HandedOver: Sendable, Hashable {
    package let lane: LaneID
    package let node: NodeID
    package let seq: UInt64

    package init(lane: LaneID, node: NodeID, seq: UInt64) {
        self.lane = lane
        self.node = node
        self.seq = seq
    }
}

// What a node wrote before its place moved, and had sent to nobody who may still have it, must not stay behind. Its new
// parent is not of those audiences; the nearest place above that is, at the latest the district, gets a connection for
// as long as it takes to hear from it that it holds them. What was known to be there before the move (by beats) and what
// was acknowledged since (kept in the store) is not sent for.

extension SyncEngine {
    /// Looks again at what has to be handed over.
    ///
    /// - Complexity: O(lanes held); done when the chain grew and with each beat.
    mutating func updateHandOvers() {
        handOverMark = tail.frontier
        guard let place = authority.place(of: node), authority.revocations[node] == nil else {
            handOvers = []
            return
        }
        let above = authority.line(of: place).dropFirst()
        var isLeft: [AudienceID: Bool] = [:]
        var left: [LaneState] = []
        for lane in lanes.values where lane.highest > 0 {
            let audience = lane.key.audience
            let known = isLeft[audience] ?? audiences[audience].map { !authority.isEntitled(place: place, to: $0) }
            isLeft[audience] = known
            if known == true { left.append(lane) }
        }
        handOvers = left.sorted { $0.key < $1.key }.compactMap { handOver($0, above: above) }
    }

    /// - Returns: nil when every node that is to have the lane is known to hold it.
    private func handOver(_ lane: LaneState, above: ArraySlice<PlaceID>) -> HandOver? {
        guard let audience = audiences[lane.key.audience] else { return nil }
        let entitled = above.filter { authority.isEntitled(place: $0, to: audience) }.map { authority.nodes(of: $0) }
            .filter { !$0.isEmpty }
        guard let nearest = entitled.first else { return nil }
        func delivered(_ peer: NodeID) -> UInt64 {
            let said = parts[BeatPartKey(node: peer, audience: lane.key.audience)]?.positions[lane.id] ?? 0
            return max(said, handedOver[HandedOverKey(lane: lane.id, node: peer)] ?? 0)
        }
        let targets = nearest.filter { delivered($0) < lane.highest }
        guard !targets.isEmpty else { return nil }
        return HandOver(
            lane: lane.key,
            id: lane.id,
            highest: lane.highest,
            delivered: entitled.joined().map(delivered).max() ?? 0,
            targets: targets
        )
    }

    /// Notes what the peers have acknowledged of what is handed over.
    mutating func noteHandedOver(into effects: inout [SyncEffect]) {
        guard !handOvers.isEmpty else { return }
        var batch = PersistBatch(peer: node)
        for peer in Set(handOvers.flatMap(\.targets)).sorted() where holdsAllUpToMark(peer) {
            for lane in handOvers where lane.targets.contains(peer) {
                handedOver[HandedOverKey(lane: lane.id, node: peer)] = lane.highest
                batch.handedOver.append(HandedOver(lane: lane.id, node: peer, seq: lane.highest))
            }
        }
        guard !batch.handedOver.isEmpty else { return }
        effects.append(.persist(takeTicket(), batch))
        updateHandOvers()
    }

    /// Whether a peer has acknowledged all that it may have of what was held when the lanes were looked at last.
    private func holdsAllUpToMark(_ peer: NodeID) -> Bool {
        guard let session = session(with: peer).flatMap({ sessions[$0] }), session.phase == .exchanging,
            !session.isComparisonDue
        else { return false }
        return DeltaClass.allCases.allSatisfy { deltaClass in
            guard let stream = session.outgoing[deltaClass], stream.cursor != .max else { return false }
            return stream.cursor >= handOverMark && stream.acknowledged >= min(stream.lastSent, handOverMark)
        }
    }

    struct HandedOverKey: Hashable, Sendable {
        let lane: LaneID
        let node: NodeID
    }
}
