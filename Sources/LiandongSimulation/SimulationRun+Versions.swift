import LiandongCore

// Builds that know less than the current one, and their upgrades.
extension SimulationRun {
    /// Whether a node is served by a build before the current one.
    private func isOld(_ index: Int) -> Bool {
        nodes[index].replica.schema.version < SimulatedSchema.current.version
    }

    /// One of the nodes is upgraded: its process ends, in order or not, and the current build starts from its disk.
    mutating func upgrade(_ random: inout SeededRandom) throws {
        guard let index = random.pick(nodes.indices.filter { isOld($0) && !nodes[$0].isDead }) else { return }
        let pause = random.delay(50...3_000)
        if random.chance(50) { try stop(index, downFor: pause) }
        try upgrade(index, downFor: pause)
    }

    /// Upgrades a node that was not yet; what its build kept unread is read when it starts.
    mutating func upgrade(_ index: Int, downFor pause: Int64 = 50) throws {
        guard isOld(index) else { return }
        counters.note(.upgrades)
        let parked = nodes[index].replica.disk.content.parked
        counters.note(.opsNotYetKnown, by: parked.count { $0.reason == .unknownField })
        if nodes[index].isUp { try crash(index, downFor: pause) }
        note("node \(index) is upgraded")
        nodes[index].replica.schema = SimulatedSchema.current
    }
}
