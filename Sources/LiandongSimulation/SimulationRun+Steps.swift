import LiandongCore

extension SimulationRun {
    /// Does one step of the plan, with the draws that are the step's own.
    mutating func take(_ step: SimulationStep) throws {
        var random = SeededRandom(seed: step.seed, .step)
        switch step.kind {
        case .write: try write(&random)
        case .order: try submitOrder(&random)
        case .act: try actOnOrder(&random)
        case .consult: try consult(&random)
        case .vote: try vote(&random)
        case .policy: try appendPolicy(step.number)
        case .breakLink:
            guard let pair = randomPair(&random) else { return }
            note("the connection of \(pair.low) and \(pair.high) breaks")
            try cutConnections(of: pair)
        case .cutLink:
            guard let pair = randomPair(&random) else { return }
            counters.note(.partitions)
            try cutLine(pair)
        case .cutOneWay: blockWay(&random)
        case .flap: flap(&random)
        case .isolate: try isolate(for: &random)
        case .healLink: try healLine()
        case .crash: try crash(random.below(nodes.count), downFor: random.delay(50...3_000))
        case .leap: sleep(&random)
        case .jumpClock: jumpClock(&random)
        case .backUp: try backUp(random.below(nodes.count))
        case .restoreBackup: try restoreBackup(&random)
        case .failDisk: failDisk(&random)
        case .invite: try invite(&random)
        case .move: try move(&random)
        case .revoke: try revoke(&random)
        case .link: try link(&random)
        case .kill: try kill(&random)
        case .lie: try lie(&random)
        case .erase: try erase(&random)
        case .give: try give(&random)
        case .clone: try clone(&random)
        case .upgrade: try upgrade(&random)
        case .narrow: try narrow(&random)
        case .stop: try stop(random.below(nodes.count), downFor: random.delay(50...3_000))
        }
    }

    // MARK: Lines

    /// A node below the district and one of its parent place.
    private func randomPair(_ random: inout SeededRandom) -> Network.Pair? {
        let child = nodes[random.below(nodes.count)]
        guard let place = town.place(of: child.id), let parent = town.parent(of: place),
            let other = random.pick(nodes.indices.filter { town.place(of: nodes[$0].id) == parent })
        else { return nil }
        return Network.Pair(child.index, other)
    }

    private mutating func blockWay(_ random: inout SeededRandom) {
        guard let pair = randomPair(&random) else { return }
        let goesUp = random.chance(50)
        let way = Network.Way(from: goesUp ? pair.low : pair.high, to: goesUp ? pair.high : pair.low)
        counters.note(.oneWayPartitions)
        network.blocked.insert(way)
        note("\(way.from) no longer reaches \(way.to)")
    }

    /// A line that goes and comes.
    private mutating func flap(_ random: inout SeededRandom) {
        guard let pair = randomPair(&random) else { return }
        counters.note(.flaps)
        var at = now
        for _ in 0..<(3 + random.below(5)) {
            schedule.add(.flip(pair, isCut: true), at: at)
            at += random.delay(10...300)
            schedule.add(.flip(pair, isCut: false), at: at)
            at += random.delay(100...800)
        }
    }

    /// A leaf that nobody reaches for days, while it and the others go on working.
    private mutating func isolate(for random: inout SeededRandom) throws {
        let leaves = nodes.indices.filter { index in
            guard let place = town.place(of: nodes[index].id), town.parent(of: place) != nil else { return false }
            return !(0..<town.placeCount).contains { town.parent(of: $0) == place }
        }
        guard let leaf = random.pick(leaves) else { return }
        counters.note(.offlineForDays)
        try isolate(leaf)
        leap(by: random.delay(86_400_000...(5 * 86_400_000)))
        schedule.add(.rejoin(leaf), at: now + random.delay(1_000...options.stepSpacing * 30 + 1_000))
    }

    // MARK: Processes, disks and clocks

    mutating func crash(_ index: Int, downFor pause: Int64) throws {
        guard nodes[index].isUp else { return }
        counters.note(.crashes)
        counters.note(.duplicateDeltas, by: Int(clamping: nodes[index].engine?.counters.duplicates ?? 0))
        let (hadWork, lostWrites) = nodes[index].crash()
        if hadWork { counters.note(.lostCommits) }
        counters.note(.writesTorn, by: lostWrites)
        note("node \(index) crashes")
        try checkDisk(index)
        endConnections(of: index)
        schedule.add(.restart(index), at: now + pause)
    }

    /// Ends a process in order, when its writer has nothing to do: it goes on under the names of before.
    mutating func stop(_ index: Int, downFor pause: Int64) throws {
        guard nodes[index].isUp, !nodes[index].replica.isWriting else { return }
        counters.note(.cleanStops)
        try nodes[index].stop()
        note("node \(index) stops")
        try checkDisk(index)
        endConnections(of: index)
        schedule.add(.restart(index), at: now + pause)
    }

    private mutating func sleep(_ random: inout SeededRandom) {
        leap(by: random.delay(60_000...86_400_000))
        note("time passes")
    }

    /// By seconds, an hour or a year, either way.
    private mutating func jumpClock(_ random: inout SeededRandom) {
        let index = random.below(nodes.count)
        let sizes: [Int64] = [5_000, 3_600_000, 3_600_000, SimulationRun.years(1)]
        let size = random.pick(sizes) ?? 0
        let jump = random.chance(50) ? size : -size
        counters.note(.clockJumps)
        nodes[index].clock.skew += jump
        note("the clock of node \(index) jumps by \(jump) ms")
    }

    /// For seconds: what is asked of the node meanwhile is refused, and its peers are sent away.
    private mutating func failDisk(_ random: inout SeededRandom) {
        let index = random.below(nodes.count)
        let fault = random.pick(DiskFault.allCases)
        counters.note(.diskFaults)
        if let store = nodes[index].replica.store {
            let count = random.delay(1...20)
            store.disk.fail(fault == .full ? .full : .ioError, after: random.delay(0...80), count: count)
        } else {
            nodes[index].replica.fault = fault
        }
        nodes[index].hadDiskFault = true
        schedule.add(.diskMended(index), at: now + random.delay(100...10_000))
        note("node \(index): \(fault.map { "\($0)" } ?? "")")
    }

    private mutating func backUp(_ index: Int) throws {
        nodes[index].backup = nodes[index].replica.disk
        try nodes[index].replica.store?.backUp()
        note("node \(index) is backed up")
    }

    /// Puts a backup back, of whatever time.
    ///
    /// Not the signer's: a chain that went back and is gone on with has two ends, which no rule can mend.
    private mutating func restoreBackup(_ random: inout SeededRandom) throws {
        let candidates = nodes.indices.dropFirst().filter { nodes[$0].backup != nil && !nodes[$0].isDead }
        guard let index = random.pick(candidates), let backup = nodes[index].backup else { return }
        try crash(index, downFor: random.delay(50...3_000))
        counters.note(.backupsRestored)
        note("node \(index) goes back to its backup")
        if let store = nodes[index].replica.store {
            let isAnchor = random.chance(40)
            guard try store.restoreBackup(ofAnchor: isAnchor) else { return }
            // An anchor file of before beside the newest data: nothing is lost.
            if isAnchor {
                counters.note(.anchorsRestored)
                return
            }
        }
        nodes[index].wentBack(to: backup)
    }
}
