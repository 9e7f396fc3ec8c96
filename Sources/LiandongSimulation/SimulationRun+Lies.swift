import LiandongCore
import LiandongSigning

// The one dishonest node that a seed may have: enrolled, with keys of its own, and with peers that are honest.
extension SimulationRun {
    var liar: SimulatedNode? { nodes.first { $0.liar != nil } }

    func isLiar(_ node: NodeID) -> Bool { liar?.id == node }

    /// Whether only the dishonest node would be left of a place: it could keep from the places below what it likes.
    func isNeeded(_ index: Int) -> Bool {
        guard let liar, liar.index != index, let place = town.place(of: liar.id) else { return false }
        let others = nodes.filter { node in
            town.place(of: node.id) == place && !node.isDead && !town.isRevoked(node.id) && !isLiar(node.id)
        }
        return others.map(\.index) == [index]
    }

    /// Makes a node dishonest: a leaf, or the second node of a street, so that the honest have a way to one another.
    mutating func corrupt(_ index: Int) {
        counters.note(.liars)
        let node = nodes[index]
        node.liar = Liar(
            node: node.id,
            signer: node.replica.signer,
            vices: options.vices,
            random: SeededRandom(seed: plan.seed, .tamper)
        )
        note("node \(index) is dishonest: \(options.vices.sorted().map(\.rawValue))")
    }

    /// One act that no honest node would do.
    mutating func lie(_ random: inout SeededRandom) throws {
        guard let node = liar, node.isUp, let liar = node.liar, node.jobs.count < 4,
            node.engine?.authority.nodes[node.id] != nil, let vice = random.pick(liar.vices.sorted())
        else { return }
        switch vice {
        case .misdates: try fabricate(misdated(by: node, &random), as: .deltasMisdated, at: node)
        case .trespasses: try trespass(by: node, &random)
        case .floods:
            guard var flood = misdated(by: node, &random) else { return }
            flood.lead = 0
            flood.count = 30
            flood.stride = 1 + UInt64(random.below(3))
            try fabricate(flood, as: .deltasFlooded, at: node)
        case .equivocates:
            guard var fork = misdated(by: node, &random) else { return }
            fork.lead = 0
            fork.count = 2
            fork.stride = 0
            try fabricate(fork, as: .equivocations, at: node)
        case .leaks: try leak(by: node, liar, &random)
        case .asksBeyond:
            guard let id = conversation(of: node, &random) else { return }
            counters.note(.requestsBeyond)
            for frame in liar.demands() { inject(frame, on: id) }
        case .forges: try forge(by: node, liar, &random)
        case .replays: try replay(by: node, liar, &random)
        case .omits: return
        }
    }

    private mutating func fabricate(
        _ fabrication: Fabrication?,
        as event: SimulationCounters.Event,
        at node: SimulatedNode
    ) throws {
        guard let fabrication else { return }
        counters.note(event, by: fabrication.count)
        node.jobs.append(.fabricate(fabrication))
        try startJob(node.index)
    }

    // MARK: What it makes up

    /// An edit that its author may make, at a time that is not now.
    private mutating func misdated(by node: SimulatedNode, _ random: inout SeededRandom) -> Fabrication? {
        let height = node.engine?.authority.height ?? 0
        let known = works.records.filter { record in
            node.replica.storage.home(of: record.id) != nil
                && town.isEntitled(node.id, to: audiences[record.audience], atHeight: height)
        }
        guard let record = random.pick(known) else { return nil }
        let field = random.chance(50) ? SimulatedSchema.title : SimulatedSchema.events
        let leads: [Int64] = [
            -SimulationRun.years(1), -3_600_000, 60_000, 600_000, 30 * 3_600_000, SimulationRun.years(1), 1 << 48,
        ]
        let lead = random.pick(leads) ?? 0
        let floor = random.chance(20) ? HLC(milliseconds: reading(of: node.index).milliseconds + lead) : nil
        return Fabrication(
            audience: audiences[record.audience].audience,
            op: Op(
                record: record.id,
                field: field,
                element: field == SimulatedSchema.events ? random.next().bigEndianBytes : [],
                value: mark(for: record.audience) + random.next().bigEndianBytes,
                floor: floor
            ),
            lead: lead
        )
    }

    /// Writes where it has no right to.
    private mutating func trespass(by node: SimulatedNode, _ random: inout SeededRandom) throws {
        guard let place = town.place(of: node.id) else { return }
        let own = audience(places: [place], isBelow: false)
        let elsewhere = audiences.indices.filter { !town.isEntitled(node.id, to: audiences[$0]) }
        let strangers = works.records.filter { $0.audience != own }
        let nonce = Nonce(raw: Bytes16(high: random.next(), low: random.next()))
        func opening(_ number: Int, isFalse: Bool = false) -> Fabrication {
            let home = AudienceID(audiences[number].audience, .sodium)
            let stranger = RecordID(raw: Bytes16(high: random.next(), low: random.next()))
            return Fabrication(
                audience: audiences[number].audience,
                op: Op(
                    record: isFalse
                        ? stranger : RecordID(kind: SimulatedSchema.kind, home: home, nonce: nonce, .sodium),
                    field: SimulatedSchema.creation,
                    value: mark(for: number) + Fabrication.lie,
                    nonce: nonce
                )
            )
        }
        var lie: Fabrication?
        switch random.below(5) {
        case 0: lie = random.pick(elsewhere).map { opening($0) }
        case 1:
            // Of a record that has its home elsewhere.
            lie = random.pick(strangers).map { record in
                Fabrication(
                    audience: audiences[own].audience,
                    op: Op(
                        record: record.id,
                        field: random.chance(50) ? SimulatedSchema.title : SimulatedSchema.events,
                        element: random.chance(50) ? [] : random.next().bigEndianBytes,
                        value: mark(for: own) + Fabrication.lie
                    )
                )
            }
        case 2: lie = opening(own, isFalse: true)
        case 3: lie = opening(audience(places: [place, 0], isBelow: true))
        default:
            // By an entry of the chain that nobody has.
            var ahead = opening(own)
            ahead.epochLead = 5
            counters.note(.trespasses)
            try tell(ahead, to: conversation(of: node, &random), by: node)
            return
        }
        try fabricate(lie, as: .trespasses, at: node)
    }

    // MARK: What it says

    /// An open connection of the node.
    private func conversation(of node: SimulatedNode, _ random: inout SeededRandom) -> SessionID? {
        random.pick(
            network.connections.keys.sorted().filter { id in
                network.connections[id]?.owner == node.index && live(id) != nil
                    && node.engine?.takesLongFrames(id) == true
            }
        )
    }

    private mutating func tell(_ fabrication: Fabrication, to id: SessionID?, by node: SimulatedNode) throws {
        guard let id, let ledger = node.replica.ledger, let liar = node.liar else { return }
        for delta in fabrication.deltas(by: ledger, node.replica.signer, at: reading(of: node.index)) {
            for frame in liar.unasked(delta, of: fabrication.audience) { inject(frame, on: id) }
        }
    }

    /// In an honest node's name, with its own key.
    private mutating func forge(by node: SimulatedNode, _ liar: Liar, _ random: inout SeededRandom) throws {
        guard var forged = misdated(by: node, &random),
            let victim = random.pick(nodes.filter { $0.liar == nil && town.place(of: $0.id) != nil })
        else { return }
        forged.origin = victim.id
        forged.lead = 0
        counters.note(.deltasForged)
        try tell(forged, to: conversation(of: node, &random), by: node)
    }

    /// What it holds and the peer may not have.
    private mutating func leak(by node: SimulatedNode, _ liar: Liar, _ random: inout SeededRandom) throws {
        guard let id = conversation(of: node, &random), let peer = peer(of: id) else { return }
        let secrets = node.replica.disk.content.deltas.sorted { $0.key < $1.key }.map(\.value.delta).filter { delta in
            audienceNumbers[delta.lane.audience].map { !town.isEntitled(nodes[peer].id, to: audiences[$0]) } ?? false
        }
        guard let delta = random.pick(secrets), let number = audienceNumbers[delta.lane.audience] else { return }
        counters.note(.leaks)
        for frame in liar.unasked(delta, of: audiences[number].audience) { inject(frame, on: id) }
    }

    /// A delta of long ago.
    private mutating func replay(by node: SimulatedNode, _ liar: Liar, _ random: inout SeededRandom) throws {
        guard let id = conversation(of: node, &random) else { return }
        let held = node.replica.disk.content.deltas.sorted { $0.key < $1.key }.map(\.value.delta)
        guard let delta = random.pick(held), let number = audienceNumbers[delta.lane.audience] else { return }
        counters.note(.framesReplayed)
        for frame in liar.unasked(delta, of: audiences[number].audience) { inject(frame, on: id) }
    }

    // MARK: What must hold in spite of it

    /// What an honest node took in of others is what their authors wrote, and what they had the right to write.
    func checkOrigin(_ stored: StoredDelta, at index: Int) throws {
        let header = stored.delta.header
        let place = LanePlace(lane: header.lane, seq: header.seq)
        guard isLiar(header.lane.origin) else {
            guard let known = identities[place] else {
                throw failure("node \(index) holds seq \(place.seq) of a lane, which its author had not made durable")
            }
            guard known.contains(stored.delta.id) else {
                throw failure("node \(index) holds \(stored.delta.id), which its author never wrote")
            }
            return
        }
        guard let number = audienceNumbers[header.lane.audience],
            town.isEntitled(header.lane.origin, to: audiences[number], atHeight: header.epoch.district)
                || town.isRevoked(header.lane.origin)
        else { throw failure("node \(index) holds a delta whose author had no right to its audience") }
        let cells = nodes[index].replica.storage.content.cells
        for (position, op) in stored.delta.ops.enumerated() {
            guard case .held(_, let bytes) = op, let op = try? Op(decoding: bytes), isLie(op.value) else { continue }
            let isShown = cells[op.record]?.contains { $0.delta == stored.number && $0.index == position } ?? false
            if isShown { throw failure("node \(index) shows in record \(op.record) what its author had no grant for") }
        }
    }

    private func isLie(_ value: [UInt8]) -> Bool {
        value.dropFirst(SimulatedMark.byteCount).starts(with: Fabrication.lie)
    }

    /// Nothing that was never granted is shown, whatever came after it.
    func checkNoLieIsShown(_ node: SimulatedNode) throws {
        for (record, entries) in node.replica.storage.content.cells {
            if entries.contains(where: { isLie($0.value) }) {
                throw failure("node \(node.index) shows in record \(record) what its author had no grant for")
            }
        }
    }

    /// Whoever holds both ends of a fork has said so.
    mutating func checkForks(_ node: SimulatedNode) throws {
        var held: [LanePlace: Set<DeltaID>] = [:]
        for stored in node.replica.disk.content.deltas.values {
            held[LanePlace(lane: stored.delta.lane, seq: stored.delta.header.seq), default: []].insert(stored.delta.id)
        }
        for (place, ids) in held where ids.count > 1 {
            counters.note(.forksProven)
            guard node.forks[place]?.isSuperset(of: ids) == true else {
                throw failure("node \(node.index) holds \(ids.count) deltas of one lane and seq, and never said so")
            }
        }
    }
}
