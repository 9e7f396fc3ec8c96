extension SyncEngine {
    /// Deltas lost bytes: nothing that was read of them before may be sent.
    mutating func dropped(_ deltas: [CommittedDelta], at now: Instant, into effects: inout [SyncEffect]) {
        tail.replace(deltas)
        for id in sessions.keys.sorted() {
            // What is being read may have been read before; it is read again.
            for deltaClass in DeltaClass.allCases where sessions[id]?.outgoing[deltaClass]?.scan != nil {
                sessions[id]?.outgoing[deltaClass]?.scan = nil
                sessions[id]?.outgoing[deltaClass]?.isScanOld = false
            }
            sessions[id]?.pass?.repairRead = nil
            sessions[id]?.delivery?.reading = nil
            pump(id, at: now, into: &effects)
        }
    }

    /// The erasures of which bytes may still be on the disk, by lane and seq: the next beat says so.
    package mutating func noteUnfinishedErasures(_ unfinished: [LaneKey: Set<UInt64>]) {
        guard unfinished != unfinishedErasures else { return }
        for lane in Set(unfinished.keys).union(unfinishedErasures.keys)
        where unfinished[lane] != unfinishedErasures[lane] {
            dirtyAudiences.insert(lane.audience)
        }
        unfinishedErasures = unfinished
        beatIsDue = true
    }

    /// Whether a node has said that the erasure at a seq of a lane is done with, tables and disk.
    package func hasErased(_ node: NodeID, _ lane: LaneKey, seq: UInt64) -> Bool {
        if node == self.node { return unfinishedErasures[lane]?.contains(seq) != true }
        guard let part = parts[BeatPartKey(node: node, audience: lane.audience)], part.erases else { return false }
        let id = lanes[lane]?.id ?? LaneID(lane, cryptography)
        return part.positions[id] ?? 0 >= seq && part.unfinishedErasures[id].map { $0 > seq } ?? true
    }

    /// Whether those from whom this node learns of erasures have told it all they hold: a node of its place or of the
    /// one above; at the top, every node of the places below.
    package var hasHeardOfErasures: Bool {
        guard let own = authority.nodes[node]?.place else { return false }
        func isCaughtUp(_ peer: NodeID) -> Bool {
            session(with: peer).flatMap { sessions[$0]?.incoming[.interactive]?.isCaughtUp } ?? false
        }
        let others = authority.nodes.values.filter { $0.node != node && authority.revocations[$0.node] == nil }
        let parent = authority.places[own]?.parent
        let upstream = others.filter { $0.place == own || $0.place == parent }
        if !upstream.isEmpty { return upstream.contains { isCaughtUp($0.node) } }
        return others.filter { authority.places[$0.place]?.parent == own }.allSatisfy { isCaughtUp($0.node) }
    }
}

extension WireBeatPart {
    /// Of each lane the first erasure of which bytes may still be on the author's disk.
    var unfinishedErasures: [LaneID: UInt64] {
        var first: [LaneID: UInt64] = [:]
        for lane in unfinished {
            if let id = LaneID(lane.lane) { first[id] = min(first[id] ?? .max, lane.seq) }
        }
        return first
    }
}
