import LiandongCore

// Ways beside the tree, and nodes that are gone for good.
extension SimulationRun {
    /// An operator names any other node as a neighbour.
    mutating func link(_ random: inout SeededRandom) throws {
        let enrolled = nodes.indices.filter { town.place(of: nodes[$0].id) != nil && !nodes[$0].isDead }
        guard let index = random.pick(enrolled), let other = random.pick(enrolled), index != other else { return }
        counters.note(.lateralLinks)
        note("node \(index) is linked to \(other)")
        nodes[index].lateral.insert(nodes[other].id)
        if nodes[index].isUp { try tell(index, .linked(nodes[other].id)) }
    }

    /// A node other than the signer ends and is never seen again; at least half of all stay.
    mutating func kill(_ random: inout SeededRandom) throws {
        let living = nodes.indices.dropFirst().filter { !nodes[$0].isDead }
        guard living.count * 2 > nodes.count, let index = random.pick(living), !isNeeded(index) else { return }
        counters.note(.kills)
        nodes[index].isDead = true
        note("node \(index) is gone for good")
        try crash(index, downFor: 1 << 50)
    }

    mutating func noteTargets(_ targets: [DialTarget], of index: Int) {
        nodes[index].targets = targets.map(\.node)
        let isFallback = targets.contains { nodes[index].engine?.linkKind(of: $0.node) == .fallback }
        if isFallback { counters.note(.fallbacks) }
    }
}
