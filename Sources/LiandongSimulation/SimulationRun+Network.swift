import LiandongCore

extension SimulationRun {
    func live(_ id: SessionID) -> Network.Connection? {
        guard let connection = network.connections[id], nodes[connection.owner].life == connection.ownerLife else {
            return nil
        }
        return connection
    }

    // MARK: Dialling

    mutating func dial() {
        for node in nodes where node.isUp {
            for target in node.targets {
                // Of two that run under one name, whichever answers.
                let peers = nodes.indices.filter { nodes[$0].id == target }
                if let peer = peers.count > 1 ? answering(peers) : peers.first { dial(peer, from: node) }
            }
        }
    }

    private mutating func dial(_ peer: Int, from node: SimulatedNode) {
        guard peer != node.index, nodes[peer].isUp, !network.isCut(peer, node.index),
            !network.blocked.contains(.init(from: peer, to: node.index)),
            !network.blocked.contains(.init(from: node.index, to: peer))
        else { return }
        let isOpen = network.connections.values.contains {
            $0.owner == node.index && nodes[$0.peer].id == nodes[peer].id && network.connections[$0.other] != nil
        }
        if isOpen {
            guard !isHealing, links.chance(options.links.doublePercent) else { return }
            counters.note(.duplicateConnections)
        }
        guard isPatienceOver(.init(from: node.index, to: peer)) else { return }
        // Now and then the parent dials as well: of the two, one stays.
        let (dialler, listener) = isOpen && links.chance(50) ? (peer, node.index) : (node.index, peer)
        connect(dialler, listener)
    }

    private mutating func connect(_ dialler: Int, _ listener: Int) {
        let (a, b) = (SessionID(raw: network.nextSession), SessionID(raw: network.nextSession + 1))
        network.nextSession += 2
        let at = now + delay()
        network.connections[a] = .init(
            owner: dialler,
            ownerLife: nodes[dialler].life,
            other: b,
            peer: listener,
            arrival: at
        )
        network.connections[b] = .init(
            owner: listener,
            ownerLife: nodes[listener].life,
            other: a,
            peer: dialler,
            arrival: at
        )
        schedule.add(.opened(a, dialled: true), at: at)
        schedule.add(.opened(b, dialled: false), at: at)
        note("node \(dialler) dials \(listener): sessions \(a.raw) and \(b.raw)")
    }

    /// How long a segment takes: a lost one is sent again, later each time.
    private mutating func delay() -> Int64 {
        var delay = links.delay(1...options.links.delayLimit)
        guard !isHealing else { return min(delay, 60) }
        var timeout: Int64 = 200
        while links.chance(options.links.lossPercent), timeout < 3_000 {
            counters.note(.framesRetransmitted)
            delay += timeout
            timeout *= 2
        }
        return delay
    }

    // MARK: Frames

    mutating func send(_ frame: [UInt8], on id: SessionID) throws {
        guard let connection = network.connections[id], let other = network.connections[connection.other] else {
            return
        }
        var frames = [frame]
        if let liar = nodes[connection.owner].liar {
            let peer = nodes[other.owner].id
            frames = liar.tamper(with: frame, on: id, to: peer, cluster: town.authority.cluster, &counters)
        } else {
            try checkOnTheWire(frame, from: connection.owner, to: other.owner)
        }
        if options.manglesFrames, !isHealing, links.chance(2) { mangle(&frames) }
        for frame in frames { transmit(frame, from: connection.owner, to: connection.other) }
    }

    /// Sends what no engine wanted sent.
    mutating func inject(_ frame: [UInt8], on id: SessionID) {
        guard let connection = network.connections[id] else { return }
        transmit(frame, from: connection.owner, to: connection.other)
    }

    /// Who is at the other end.
    func peer(of id: SessionID) -> Int? { network.connections[id]?.peer }

    /// - Parameter frame: nil is the end of what is sent.
    private mutating func transmit(_ frame: [UInt8]?, from sender: Int, to id: SessionID) {
        guard let end = network.connections[id] else { return }
        if network.blocked.contains(.init(from: sender, to: end.owner)) {
            counters.note(.framesStalled)
            network.connections[id]?.stalled.append(frame)
            return
        }
        let at = max(end.arrival, now + delay())
        network.connections[id]?.arrival = at
        schedule.add(frame.map { .delivered(id, $0) } ?? .ended(id), at: at)
    }

    mutating func delivered(_ frame: [UInt8], on id: SessionID) throws {
        guard let connection = live(id) else {
            counters.note(.framesLost)
            return
        }
        counters.note(.framesDelivered)
        let isCreditless = options.plantedBug == .ignoresCredit
        try tell(connection.owner, .received(id, frame: isCreditless ? Liar.withoutEndOfCredit(frame) : frame))
    }

    private mutating func mangle(_ frames: inout [[UInt8]]) {
        counters.note(.framesMangled)
        guard var frame = frames.first, !frame.isEmpty else { return }
        switch links.below(4) {
        case 0: frames = []
        case 1: frames.append(frame)
        case 2:
            frame[links.below(frame.count)] ^= UInt8(1 + links.below(255))
            frames = [frame]
        default: frames = [Array(frame.prefix(links.below(frame.count)))]
        }
    }

    // MARK: Ends

    /// Ends a connection from one end; what was sent before still arrives.
    mutating func end(_ id: SessionID) {
        guard let connection = network.connections.removeValue(forKey: id) else { return }
        nodes[connection.owner].liar?.forget(id)
        transmit(nil, from: connection.owner, to: connection.other)
    }

    /// A process is gone: its connections end at the other ends.
    mutating func endConnections(of index: Int) {
        for id in network.connections.keys.sorted() where network.connections[id]?.owner == index { end(id) }
    }

    /// Cuts every connection of a pair: with all that is on its way, or each end after a part of it.
    mutating func cutConnections(of pair: Network.Pair) throws {
        let ids = network.connections.keys.sorted().filter { id in
            guard let end = network.connections[id], let other = network.connections[end.other] else { return false }
            return Network.Pair(end.owner, other.owner) == pair
        }
        for id in ids {
            guard let connection = network.connections[id] else { continue }
            if options.links.seversStreams {
                counters.note(.severedStreams)
                schedule.add(.ended(id), at: now + links.delay(0...options.links.delayLimit))
                continue
            }
            counters.note(.cutConnections)
            let isLive = live(id) != nil
            network.connections[id] = nil
            if isLive { try tell(connection.owner, .closed(id)) }
        }
    }

    /// What had stalled goes on its way, where the way is free again; some of the connections have been given up.
    mutating func releaseStalled(where isMeant: (Network.Way) -> Bool) throws {
        for id in network.connections.keys.sorted() {
            guard let end = network.connections[id], !end.stalled.isEmpty,
                let sender = network.connections[end.other]?.owner,
                isMeant(.init(from: sender, to: end.owner))
            else {
                // The other end is gone: nothing of it arrives any more but the end itself.
                if let end = network.connections[id], !end.stalled.isEmpty, network.connections[end.other] == nil {
                    network.connections[id]?.stalled = []
                    schedule.add(.ended(id), at: max(end.arrival, now + 1))
                }
                continue
            }
            network.connections[id]?.stalled = []
            for frame in end.stalled { transmit(frame, from: sender, to: id) }
        }
    }

    // MARK: Lines

    mutating func cutLine(_ pair: Network.Pair) throws {
        network.cut.insert(pair)
        note("\(pair.low) and \(pair.high) are cut off")
        try cutConnections(of: pair)
    }

    mutating func flip(_ pair: Network.Pair, isCut: Bool) throws {
        guard !isHealing else { return }
        if isCut { try cutLine(pair) } else { network.cut.remove(pair) }
    }

    /// The oldest fault of a line, in the order of the nodes, is mended.
    mutating func healLine() throws {
        if let way = network.blocked.min(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
            network.blocked.remove(way)
            note("\(way.from) reaches \(way.to) again")
            try releaseStalled { $0 == way }
        } else if let pair = network.cut.min() {
            network.cut.remove(pair)
            note("\(pair.low) and \(pair.high) are connected again")
        }
    }

    mutating func isolate(_ index: Int) throws {
        network.offline.insert(index)
        note("node \(index) is offline")
        for other in nodes.indices where other != index { try cutConnections(of: .init(index, other)) }
    }

    mutating func rejoin(_ index: Int) throws {
        if network.offline.remove(index) != nil { note("node \(index) is online again") }
    }
}
