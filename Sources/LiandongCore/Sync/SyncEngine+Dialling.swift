// Which connections there should be: the policy is in DialPolicy, its effects are here.

extension SyncEngine {
    func isParent(_ peer: NodeID) -> Bool {
        guard let place = authority.place(of: node), let parent = authority.places[place]?.parent else { return false }
        return authority.place(of: peer) == parent
    }

    /// Whether a peer serves a place above this node's.
    func servesAbove(_ peer: NodeID) -> Bool {
        guard let place = authority.place(of: node), let other = authority.place(of: peer), other != place else {
            return false
        }
        return authority.isWithin(place, other)
    }

    /// Why there is, or should be, a connection to a peer.
    package func linkKind(of peer: NodeID) -> LinkKind {
        if let kind = dialKinds[peer] { return kind }
        guard let here = authority.place(of: node), let there = authority.place(of: peer) else { return .lateral }
        if there == here { return .sibling }
        if isParent(peer) { return .parent }
        if authority.places[there]?.parent == here { return .child }
        return !lateral.contains(peer) && (servesAbove(peer) || authority.isWithin(there, here)) ? .fallback : .lateral
    }

    /// Where a node was last known to listen: by its beat, else by its enrolment, else by the join token.
    package func addresses(of peer: NodeID) -> [String] {
        if let addresses = beatStates[peer]?.addresses, !addresses.isEmpty { return addresses }
        if let addresses = authority.nodes[peer]?.addresses, !addresses.isEmpty { return addresses }
        if let joining = configuration.joining, joining.parent == peer { return joining.addresses }
        return []
    }

    mutating func updateDialling(at now: Instant, into effects: inout [SyncEffect]) {
        let before = dialKinds
        dialKinds = isStopping ? [:] : peersToDial(at: now)
        let targets = dialKinds.keys.filter { !paused.contains($0) }.sorted().compactMap { peer in
            let addresses = addresses(of: peer)
            return addresses.isEmpty ? nil : DialTarget(node: peer, addresses: addresses)
        }
        if targets != dialled {
            dialled = targets
            effects.append(.dial(targets))
        }
        // A way around that is needed no more is given up; the parent that was asked to be let in by says more yet.
        let dropped = Set(before.keys).subtracting(dialKinds.keys)
        guard !dropped.isEmpty, !isStopping else { return }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], session.dialled, dropped.contains(session.peer),
                session.peer != configuration.joining?.parent
            else { continue }
            close(id, .init(.replaced, "this way is needed no more"), at: now, into: &effects)
        }
    }

    private mutating func peersToDial(at now: Instant) -> [NodeID: LinkKind] {
        guard authority.place(of: node) != nil else {
            return configuration.joining.map { [$0.parent: .parent] } ?? [:]
        }
        var reached: [NodeID: DialPolicy.Reach] = [:]
        for session in sessions.values where session.phase == .exchanging {
            // Of two sessions of a pair for a moment: either says that the peer is there.
            reached[session.peer] = .up(dialledHere: session.dialled)
        }
        let around = DialPolicy.Surroundings(
            node: node,
            authority: authority,
            lateral: lateral,
            paused: paused,
            handOver: Set(handOvers.flatMap(\.targets)),
            reach: { reached[$0] ?? .down }
        )
        return policy.peers(around, patience: configuration.fallbackPatience, at: now)
    }
}
