import Foundation
import LiandongSimulation
import Testing

@Suite struct SimulationTests {
    /// `LIANDONG_SIMULATION_SEEDS` plays more than 400.
    private static let seedCount =
        ProcessInfo.processInfo.environment["LIANDONG_SIMULATION_SEEDS"].flatMap(Int.init) ?? 400
    private static let batchSize = 100

    @Test(
        "Loses nothing, shows nothing to the wrong node and ends equal, from every seed",
        arguments: 0..<max(1, seedCount / batchSize)
    )
    func seeds(_ batch: Int) throws {
        var total = SimulationCounters()
        for seed in 0..<SimulationTests.batchSize {
            var run = try SimulationRun(SimulationPlan(seed: UInt64(batch * SimulationTests.batchSize + seed)))
            try run.run()
            total += run.counters
        }
        // A fault that never happened proves nothing; these happen in every batch. What is rarer, `stores` asks for.
        let common: [SimulationCounters.Event] = [
            .writes, .commands, .erasures, .acknowledged, .entries, .ballots,
            .givens, .carries, .opsByCarries, .joins,
            .framesLost, .framesRetransmitted, .framesStalled, .markersOnTheWire,
            .cutConnections, .severedStreams, .duplicateConnections,
            .partitions, .oneWayPartitions, .flaps, .offlineForDays,
            .crashes, .cleanStops, .lostCommits, .backupsRestored, .diskFaults, .commitsFailed, .realStores,
            .clonesOfStopped, .clonesOfRunning, .oldNodes, .upgrades, .opsNotYetKnown,
            .leaps, .clockJumps, .driftingClocks, .opsThatWaited,
            .invites, .enrolments, .revocations, .moves, .cursorsReset,
            .lateralLinks, .fallbacks, .handOvers, .kills,
            .liars, .deltasForged, .framesReplayed, .equivocations, .forksProven, .deltasMisdated,
            .deltasOmitted, .deltasFlooded, .requestsBeyond, .trespasses, .leaks,
            .reorderedResults, .duplicateDeltas, .closes, .alarms, .passes, .brokenPasses, .repairs,
        ]
        for event in common { #expect(total[event] > 0, "no \(event) in \(SimulationTests.batchSize) seeds") }
    }

    @Test("Keeps what was acknowledged, and leaks nothing, over connections that damage frames", arguments: 0..<4)
    func mangled(_ batch: Int) throws {
        var options = SimulationOptions()
        options.manglesFrames = true
        var total = SimulationCounters()
        for seed in 0..<5 {
            var run = try SimulationRun(seed: UInt64(1_000 + batch * 5 + seed), options: options)
            try run.run()
            total += run.counters
        }
        #expect(total[.framesMangled] > 0)
        #expect(total[.closes] > 0)
    }

    @Test("Real stores keep what was answered, over disks that fill up, err and lose power within a commit")
    func stores() throws {
        var total = SimulationCounters()
        for seed: UInt64 in 2_000..<2_008 {
            var options = SimulationOptions(drawnFrom: seed)
            options.stores = 2
            for kind: SimulationStep.Kind in [.crash, .failDisk, .backUp, .restoreBackup] { options.weights[kind] = 3 }
            var run = try SimulationRun(seed: seed, options: options)
            try run.run()
            total += run.counters
        }
        let rare: [SimulationCounters.Event] = [
            .realStores, .writesTorn, .commitsFailed, .anchorsRestored, .backupsRestored,
        ]
        for event in rare { #expect(total[event] > 0, "no \(event)") }
    }

    @Test("Gives the same run from the same seed, also where a store is a real one", arguments: [0, 2])
    func determinism(_ stores: Int) throws {
        var options = SimulationOptions(drawnFrom: 7)
        options.stores = stores
        var first = try SimulationRun(seed: 7, options: options)
        var second = try SimulationRun(seed: 7, options: options)
        try first.run()
        try second.run()
        #expect(first.counters == second.counters)
        var other = try SimulationRun(SimulationPlan(seed: 8))
        try other.run()
        #expect(first.counters != other.counters)
    }

    @Test("Draws a seed's options, and leaving a step out changes no other step") func plans() {
        let plan = SimulationPlan(seed: 3)
        #expect(plan == SimulationPlan(seed: 3))
        #expect(plan.options != SimulationPlan(seed: 4).options)
        let kept = plan.keeping([2, 5])
        #expect(kept.steps == [plan.steps[2], plan.steps[5]])
        #expect(kept.command == "liandong-sim --seeds 1 --start 3 --steps 2,5")
    }
}
