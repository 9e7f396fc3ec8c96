import Foundation
import LiandongSimulation
import Testing

@Suite struct SimulationTests {
    /// `LIANDONG_SIMULATION_SEEDS` plays more than 200.
    private static let seedCount =
        ProcessInfo.processInfo.environment["LIANDONG_SIMULATION_SEEDS"].flatMap(Int.init) ?? 200
    private static let batchSize = 50

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
        // A fault that never happened proves nothing; these happen in every batch.
        let common: [SimulationCounters.Event] = [
            .writes, .commands, .acknowledged, .entries, .ballots, .framesLost, .framesRetransmitted, .framesStalled,
            .markersOnTheWire, .cutConnections, .severedStreams, .duplicateConnections, .partitions,
            .oneWayPartitions, .flaps, .offlineForDays, .crashes, .lostCommits, .backupsRestored, .leaps, .clockJumps,
            .driftingClocks, .opsThatWaited, .invites, .enrolments, .revocations, .moves, .cursorsReset, .lateralLinks,
            .fallbacks, .handOvers, .kills,
            .reorderedResults, .duplicateDeltas, .closes, .alarms,
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

    @Test("Gives the same run from the same seed") func determinism() throws {
        var first = try SimulationRun(SimulationPlan(seed: 7))
        var second = try SimulationRun(SimulationPlan(seed: 7))
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
