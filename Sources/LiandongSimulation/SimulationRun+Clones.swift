import LiandongCore

// Copies of a node's disk that run beside the original, as when an operator copies a virtual machine.
extension SimulationRun {
    /// One copy and what it began with.
    struct Clone {
        let original: Int
        let copy: Int
        let incarnation: Incarnation
        /// What both held of the lanes of that incarnation.
        let held: Set<DeltaID>
    }

    func isCloned(_ node: NodeID) -> Bool { clones.contains { nodes[$0.copy].id == node } }

    /// Starts a copy of a node's disk beside it: of now or of the last backup, of a node that was stopped in order first
    /// (then nothing tells either of the other, and both go on under the same names) or of one that runs.
    ///
    /// Not the signer's: its chain would have two ends.
    mutating func clone(_ random: inout SeededRandom) throws {
        let candidates = nodes.filter { node in
            node.index > 0 && node.liar == nil && !node.isDead && node.replica.store == nil && !isCloned(node.id)
                && town.place(of: node.id) != nil && !town.isRevoked(node.id)
                && node.replica.disk.authority.nodes[node.id] != nil
        }
        guard nodes.count < SimulationRun.nodeLimit, let original = random.pick(candidates) else { return }
        let isStopped = random.chance(50)
        if isStopped, original.isUp, !original.replica.isWriting {
            try stop(original.index, downFor: random.delay(50...3_000))
        }
        var disk = original.replica.disk
        if random.chance(30), let backup = original.backup { disk = backup }
        let signer = original.replica.signer
        let index = try addNode(signer, chain: [], authority: AuthorityState(), joining: original.joining)
        let copy = nodes[index]
        copy.replica.disk = disk
        copy.replica.schema = original.replica.schema
        copy.lateral = original.lateral
        copy.forks = original.forks
        copy.acknowledged = original.acknowledged.filter { disk.content.numbers[$0] != nil }
        let held = disk.content.deltas.values.map(\.delta).filter { delta in
            delta.lane.origin == original.id && delta.lane.incarnation == disk.incarnation
        }
        clones.append(
            Clone(
                original: original.index,
                copy: copy.index,
                incarnation: disk.incarnation,
                held: Set(held.map(\.id))
            )
        )
        if disk.isClean { clonedEpochs.insert(disk.storeEpoch) }
        counters.note(disk.isClean ? .clonesOfStopped : .clonesOfRunning)
        note("node \(copy.index) is a copy of node \(original.index)\(disk.isClean ? ", stopped in order" : "")")
        try start(copy.index)
    }

    // MARK: Connections

    /// When a node may dial another again, one of which runs twice: they take each other's place at their peers, and
    /// wait longer each time, as the transport does.
    struct Patience {
        var failures = 0
        var until: Int64
    }

    /// Whether a node dials now; if so, the next time is put off.
    mutating func isPatienceOver(_ way: Network.Way) -> Bool {
        guard isCloned(nodes[way.from].id) || isCloned(nodes[way.to].id) else { return true }
        var patience = network.patience[way] ?? Patience(until: now)
        guard patience.until <= now else { return false }
        // A session that lasted begins anew.
        if now - patience.until > 10_000 { patience.failures = 0 }
        patience.until = now + links.delay(10...min(15_000, 100 << min(Int64(patience.failures), 8)))
        patience.failures += 1
        network.patience[way] = patience
        return true
    }

    /// Which of two that run under one name answers at their address: at the end each in its turn, since nobody can
    /// become equal with one that nobody reaches.
    mutating func answering(_ peers: [Int]) -> Int? {
        guard isHealing else { return links.pick(peers) }
        return peers[Int(now / SimulationRun.turn) % peers.count]
    }

    /// How long each of two that run under one name is at their address, in milliseconds.
    static let turn: Int64 = 15_000

    /// The other one's turn: whoever is connected to either dials anew.
    ///
    /// Time passes too: what two that wrote under one name pass over, the hourly passes find.
    mutating func changeTurns() throws {
        for clone in clones {
            for index in [clone.original, clone.copy] {
                for other in nodes.indices where other != index { try cutConnections(of: .init(index, other)) }
            }
        }
        if !clones.isEmpty { leap(by: 1_800_000) }
    }

    // MARK: At the end

    /// Neither goes on under names that the other wrote under as well.
    func checkClones() throws {
        for clone in clones {
            let (original, copy) = (nodes[clone.original], nodes[clone.copy])
            guard original.isUp, copy.isUp, let here = original.replica.ledger?.incarnation,
                here == copy.replica.ledger?.incarnation
            else { continue }
            let written = copy.replica.disk.content.deltas.values.map(\.delta).filter { delta in
                delta.lane.origin == copy.id && delta.lane.incarnation == here && !clone.held.contains(delta.id)
            }
            guard written.isEmpty else {
                throw failure("node \(original.index) and its copy \(copy.index) go on under one name")
            }
        }
    }
}
