/// Why a node holds a connection to a peer, or should.
package enum LinkKind: String, Sendable, Hashable, CaseIterable {
    /// A node of the place above.
    case parent
    /// Another node of the same place.
    case sibling
    /// A node of a place right below.
    case child
    /// A neighbour that the operator of one end named: a shortcut, and a second way when the place above is down.
    case lateral
    /// A node above that takes over what was written for an audience which this node has left.
    case handOver = "hand-over"
    /// A node further up (or, seen from there, further down), while no node of the place between can be reached.
    case fallback
}

/// Whom a node dials, and why: a function of the chain, of what the operator named, and of what could be reached for how
/// long.
///
/// Entitlement has no part in it: whoever is connected is sent what the sender's chain entitles it to, and nothing else.
struct DialPolicy: Sendable {
    /// What of a peer's connection matters here.
    enum Reach: Sendable, Equatable {
        case down
        /// Deltas flow.
        case up(dialledHere: Bool)

        var isUp: Bool { self != .down }
    }

    /// The node and what is around it.
    struct Surroundings {
        let node: NodeID
        let authority: AuthorityState
        /// The peers that the operator named.
        let lateral: Set<NodeID>
        /// The peers whose links are out of service here.
        let paused: Set<NodeID>
        /// Nodes that have yet to take something over.
        let handOver: Set<NodeID>
        let reach: (NodeID) -> Reach
    }

    /// Since when no node of a place above has been reached.
    private var unreachableSince: [PlaceID: Instant] = [:]

    /// Nothing that is counted from lies in the future.
    mutating func clockWentBack(to now: Instant) { unreachableSince = unreachableSince.mapValues { min($0, now) } }

    /// The peers to hold connections to, those of paused links included.
    ///
    /// All nodes of the place above; of its own place those with a greater id; the named neighbours, unless their
    /// connection to this node is up; the nodes that take something over; and, while no node of the place above can be
    /// reached for `patience` milliseconds, or has none, those of the next place above, and so on.
    mutating func peers(_ around: Surroundings, patience: Int64, at now: Instant) -> [NodeID: LinkKind] {
        let authority = around.authority
        guard let place = authority.place(of: around.node), authority.revocations[around.node] == nil else {
            return [:]
        }
        let ancestors = Array(authority.line(of: place).dropFirst())
        unreachableSince = unreachableSince.filter { ancestors.contains($0.key) }
        var peers: [NodeID: LinkKind] = [:]
        func add(_ nodes: some Sequence<NodeID>, _ kind: LinkKind) {
            for peer in nodes where peer != around.node && peers[peer] == nil { peers[peer] = kind }
        }
        add(ancestors.first.map { authority.nodes(of: $0) } ?? [], .parent)
        add(authority.nodes(of: place).filter { $0 > around.node }, .sibling)
        let neighbours = around.lateral.filter { peer in
            // Where both ends name each other, one connection is enough: whoever was dialled leaves it at that.
            authority.nodes[peer] != nil && authority.revocations[peer] == nil
                && around.reach(peer) != .up(dialledHere: false)
        }
        add(neighbours.sorted(), .lateral)
        add(around.handOver.sorted(), .handOver)
        for (below, place) in zip(ancestors, ancestors.dropFirst()) {
            guard isBeyondReach(below, around, patience: patience, at: now) else { break }
            add(authority.nodes(of: place), .fallback)
        }
        return peers
    }

    /// Whether a place above has no nodes, or none of them could be reached for a while.
    ///
    /// What was taken out of service on purpose is not passed by.
    private mutating func isBeyondReach(
        _ place: PlaceID,
        _ around: Surroundings,
        patience: Int64,
        at now: Instant
    ) -> Bool {
        let nodes = around.authority.nodes(of: place)
        guard !nodes.isEmpty else { return true }
        let inService = nodes.filter { !around.paused.contains($0) }
        guard !inService.isEmpty, !nodes.contains(where: { around.reach($0).isUp }) else {
            unreachableSince[place] = nil
            return false
        }
        let since = unreachableSince[place] ?? now
        unreachableSince[place] = since
        return now.milliseconds(since: since) >= patience
    }
}
