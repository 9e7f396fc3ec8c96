import LiandongCore
import LiandongDomain
import LiandongSigning

// What must hold at any time.
extension SimulationRun {
    /// Honest peers over whole connections have nothing to reproach each other with.
    func checkClose(_ reason: CloseReason, by index: Int, to peer: Int?) throws {
        guard !options.manglesFrames, options.plantedBug == nil, nodes[index].liar == nil else { return }
        if let peer, nodes[peer].liar != nil { return }
        if nodes[index].hadDiskFault, reason.text.hasPrefix("what was sent cannot be stored") { return }
        switch reason.code {
        case .shuttingDown, .replaced, .paused, .timeout, .revoked: return
        // A node that joins with a clock far off is told so.
        case .clock: return
        case .wrongCluster, .protocolVersion, .notEnrolled, .protocolError, .authorityFork:
            throw failure("an honest peer was turned away by node \(index): \(reason.code) \(reason.text)")
        }
    }

    /// Alarms mean something: none without a cause.
    func checkAlarm(_ alarm: SyncAlarm, by index: Int) throws {
        guard !options.manglesFrames, nodes[index].liar == nil else { return }
        switch alarm {
        case .clock:
            if options.weights[.jumpClock] ?? 0 > 0 || options.clocks.mayDiffer { return }
            // A hello that was on its way while days passed.
            if counters.leaptMilliseconds > 0 { return }
        case .rewound(let lane, _, _, let peer):
            if isLiar(peer) { return }
            if lane.origin == nodes[index].id, counters[.backupsRestored] > 0 || isCloned(lane.origin) { return }
        case .unauthorised(let lane, _, _, _):
            if town.isRevoked(lane.origin) || isLiar(lane.origin) { return }
        case .evidenceQuota(let origin):
            if town.isRevoked(origin) { return }
        case .unprovenSnapshot:
            // What was revoked since, or is of a clock that is far off, is held and not shown.
            if counters[.revocations] + counters[.clockJumps] > 0 || options.clocks.mayDiffer { return }
            // What a dishonest node stamps, withholds or tells of is not what it seems either.
            if liar != nil { return }
        case .fork(let proof):
            if isLiar(proof.lane.origin) || isCloned(proof.lane.origin) { return }
        case .authorityFork, .rot, .acceptanceQuota: break
        }
        throw failure("node \(index) raised \(alarm) and no history was rewritten")
    }

    /// The most writes that wait for a replica's writer: of each session a batch and entries, and a few of the node's own.
    private static let jobLimit = 96

    /// Nothing that waits grows without end, whatever the peers send.
    func checkQueues(of index: Int) throws {
        let node = nodes[index]
        guard let engine = node.engine else { return }
        for load in engine.loads {
            if let excess = engine.excess(of: load) { throw failure("a queue of node \(index): \(excess)") }
            // The honest keep to their credit, where nobody gave them more: one delta more than the window at most.
            guard !isLiar(load.peer), !isLiar(node.id), !options.manglesFrames else { continue }
            for (deltaClass, bytes) in load.outstanding {
                let configuration = engine.configuration
                let window =
                    deltaClass == .interactive ? configuration.interactiveWindow : configuration.bulkWindow
                guard bytes <= window + largestDelta else {
                    throw failure("a queue of node \(index): an honest peer sent \(bytes) bytes for \(window)")
                }
            }
        }
        guard node.jobs.count <= SimulationRun.jobLimit else {
            throw failure("a queue of node \(index): \(node.jobs.count) writes wait")
        }
    }

    mutating func noteFork(_ proof: ForkProof, at index: Int) {
        nodes[index].forks[LanePlace(lane: proof.lane, seq: proof.seq), default: []].formUnion(proof.deltas)
    }

    /// What is on a node's disk, whenever it changed or a process begins or ends.
    func checkDisk(_ index: Int) throws {
        let node = nodes[index]
        for id in node.acknowledged.sorted() where node.replica.disk.content.numbers[id] == nil {
            throw failure("delta \(id) was acknowledged and is not on the disk of node \(index)")
        }
        try checkCursors(index)
        if node.isUp { try checkHeld(index) }
    }

    /// Everything that came since the last look, in memory or on disk.
    func checkHeld(_ index: Int) throws {
        let node = nodes[index]
        let storage = node.replica.storage
        node.checkedArrivals = min(node.checkedArrivals, storage.content.arrivals.count)
        for (_, stored) in storage.arrivals(after: LSN(node.checkedArrivals)) {
            // What a node sends is durable there first.
            if stored.source != nil, node.liar == nil { try checkOrigin(stored, at: index) }
            try checkErased(stored, at: index)
            // A dishonest node may claim to know anything; what it got of others is another matter.
            if stored.source == nil, node.liar != nil { continue }
            try checkEntitled(stored, at: index)
        }
        node.checkedArrivals = storage.content.arrivals.count
    }

    /// Nothing that was erased at a node is held there, whenever it comes.
    func checkErased(_ stored: StoredDelta, at index: Int) throws {
        let erased = nodes[index].replica.storage.content.erasures
        guard !erased.isEmpty else { return }
        for case .held(_, let bytes) in stored.delta.ops {
            guard let op = try? Op(decoding: bytes), op.change != .erase,
                SimulatedSchema.current.fields[op.field]?.isPersonal == true
            else { continue }
            var places = [stored.delta.lane.audience]
            // What was erased where it was written is not held where it was carried to either.
            if op.change == .carry, let excerpt = try? Excerpt(decoding: op.value) {
                places.append(AudienceID(excerpt.audience, .sodium))
            }
            guard erased.contains(where: { $0.target.record == op.record && places.contains($0.target.audience) })
            else { continue }
            throw failure("node \(index) holds what was erased of record \(op.record)")
        }
    }

    /// A cursor says that everything before it was received: what the peer had there, and the node may hold, is held.
    private func checkCursors(_ index: Int) throws {
        let node = nodes[index]
        let disk = node.replica.disk
        // Who damages its frames says of itself what is not so, and harms its own stream.
        guard !town.isRevoked(node.id), !options.manglesFrames, node.liar == nil else { return }
        for cursor in disk.cursors {
            guard !clonedEpochs.contains(cursor.storeEpoch),
                let peer = nodes.first(where: { $0.replica.disk.storeEpoch == cursor.storeEpoch }), peer.liar == nil,
                !peer.replica.isPutBack
            else { continue }
            let theirs = peer.replica.disk.content
            guard cursor.lsn <= LSN(theirs.arrivals.count) else {
                throw failure("node \(index) has a cursor at \(cursor.lsn) of node \(peer.index), which ends before")
            }
            let key = SimulatedNode.CheckedCursor(
                epoch: cursor.storeEpoch,
                deltaClass: cursor.deltaClass,
                height: disk.authority.height
            )
            let start = node.checkedCursors[key] ?? 0
            let new = theirs.arrivals.prefix(Int(cursor.lsn)).dropFirst(Int(start))
            for arrival in new {
                // What came from one of two that run under one name is not sent to the other: passes bring it.
                if isCloned(node.id), theirs.deltas[arrival]?.source == node.id { continue }
                guard let stored = theirs.deltas[arrival], case let delta = stored.delta,
                    delta.lane.deltaClass == cursor.deltaClass,
                    disk.content.numbers[delta.id] == nil, let number = audienceNumbers[delta.lane.audience],
                    town.isEntitled(node.id, to: audiences[number], atHeight: disk.authority.height)
                else { continue }
                throw failure(
                    "the cursor of node \(index) says that it has \(delta.id) of node \(peer.index), and it has not: "
                        + "\(name(of: delta.lane.origin)) wrote it, \(name(of: stored.source)) brought it there as "
                        + "number \(stored.number) of \(cursor.lsn)"
                )
            }
            node.checkedCursors[key] = cursor.lsn
        }
    }

    private func name(of node: NodeID?) -> String {
        node.flatMap { node in nodes.first { $0.id == node }.map { "node \($0.index)" } } ?? "nobody"
    }

    /// No two deltas of honest nodes have one place in one lane.
    mutating func noteIdentities(_ deltas: [Delta], of index: Int) throws {
        for delta in deltas {
            try noteWritten(delta, by: index)
            let byteCount = CommittedDelta(lsn: 0, delta: delta, source: nil).byteCount
            largestDelta = max(largestDelta, UInt64(clamping: byteCount))
            let place = LanePlace(lane: delta.lane, seq: delta.header.seq)
            if let known = identities[place]?.first, known != delta.id, nodes[index].liar == nil,
                !isCloned(delta.lane.origin)
            {
                throw failure("node \(index) gave seq \(place.seq) of a lane twice: \(known) and \(delta.id)")
            }
            identities[place, default: []].insert(delta.id)
        }
    }
}
