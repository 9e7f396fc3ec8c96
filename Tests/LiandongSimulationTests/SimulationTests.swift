import Foundation
import LiandongSimulation
import Testing

@Suite struct SimulationTests {
    /// `LIANDONG_SIMULATION_SEEDS` plays more than 200.
    private static let seedCount =
        ProcessInfo.processInfo.environment["LIANDONG_SIMULATION_SEEDS"].flatMap(Int.init) ?? 200
    private static let batchSize = 25

    @Test(
        "Loses nothing, shows nothing to the wrong node and ends equal, from every seed",
        arguments: 0..<max(1, seedCount / batchSize)
    )
    func seeds(_ batch: Int) throws {
        var total = SimulationCounters()
        for seed in 0..<SimulationTests.batchSize {
            var run = try SimulationRun(seed: UInt64(batch * SimulationTests.batchSize + seed))
            try run.run()
            total += run.counters
        }
        // A fault that never happened proves nothing.
        #expect(total.acknowledged > 100)
        #expect(total.entries > 0)
        #expect(total.crashes > 0)
        #expect(total.lostCommits > 0)
        #expect(total.cutConnections > 0)
        #expect(total.duplicateConnections > 0)
        #expect(total.partitions > 0)
        #expect(total.framesLost > 0)
        #expect(total.markersOnTheWire > 0)
        #expect(total.reorderedResults > 0)
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
        #expect(total.framesMangled > 0)
        #expect(total.closes > 0)
    }

    @Test("Finds each planted bug within twenty seeds", arguments: SimulationOptions.PlantedBug.allCases)
    func plantedBugs(_ bug: SimulationOptions.PlantedBug) throws {
        var options = SimulationOptions()
        options.plantedBug = bug
        var found: SimulationFailure?
        for seed in 0..<20 where found == nil {
            var run = try SimulationRun(seed: UInt64(seed), options: options)
            do { try run.run() } catch let failure as SimulationFailure { found = failure }
        }
        let failure = try #require(found)
        switch bug {
        case .acknowledgesBeforeCommit: #expect(failure.reason.contains("was acknowledged and is not on the disk"))
        case .cursorAheadOfData: #expect(failure.reason.contains("after healing"))
        case .ignoresEntitlement: #expect(failure.reason.contains("what is for audience"))
        }
    }

    @Test("Gives the same run from the same seed") func determinism() throws {
        var first = try SimulationRun(seed: 7)
        var second = try SimulationRun(seed: 7)
        try first.run()
        try second.run()
        #expect(first.counters == second.counters)
    }
}
