import LiandongSimulation
import Testing

@Suite("Planted bugs") struct PlantedBugTests {
    private static let seedLimit: UInt64 = 500

    /// The first failure of the seeds with a bug planted.
    private func find(_ bug: SimulationOptions.PlantedBug) throws -> SimulationFailure? {
        for seed in 0..<PlantedBugTests.seedLimit {
            let options = SimulationOptions(drawnFrom: seed, plantedBug: bug)
            var run = try SimulationRun(SimulationPlan(seed: seed, options: options))
            do { try run.run() } catch let failure as SimulationFailure { return failure }
        }
        return nil
    }

    @Test(
        "Each is found within 500 seeds, by a check that has to do with it",
        arguments: SimulationOptions.PlantedBug.allCases
    )
    func found(_ bug: SimulationOptions.PlantedBug) throws {
        let failure = try #require(try find(bug))
        let signs = PlantedBugTests.signs(of: bug)
        #expect(signs.contains { failure.reason.contains($0) }, "\(failure.reason)")
    }

    /// What the checks may say of a bug: whichever is the first to see it.
    private static func signs(of bug: SimulationOptions.PlantedBug) -> [String] {
        let differs = ["not equal", "is not what its deltas give"]
        return switch bug {
        case .acknowledgesBeforeCommit: ["was acknowledged and is not on the disk"]
        case .cursorAheadOfData, .dropsLastOfBatch, .skipsRestOfScan, .keepsCursorsWhenMoved: ["cursor"]
        // What was shown before it came is never borne out.
        case .reconcilesAllLanesButOne, .forgetsRemovesInRepairs: ["cursor", "unprovenSnapshot"]
        case .ignoresEntitlement, .carriesWholeDelta: ["what is for audience"]
        case .countsReplays: ["raised fork"]
        case .keepsSuperseded, .forgetsRemoves, .forgetsWaitingOps, .forgetsQuarantine, .neverWakes,
            .dropsUnknownKinds:
            differs
        case .keepsEpochOfBackup: ["cursor", "not equal", "which ends before"]
        case .keepsIncarnationOfBackup: ["twice", "fork", "rewound"]
        case .keepsNamesOfClone: ["go on under one name"]
        case .sendsBeforeCommit: ["which its author had not made durable"]
        case .changesBytes: differs + ["are not what its deltas give", "never wrote"]
        case .acceptsBadSignatures: ["never wrote", "not made durable"]
        case .dropsForks: ["cursor", "not equal"]
        case .hidesForks: ["never said so"]
        case .mergesStrays: differs + ["had no grant for"]
        case .ignoresFailedCommits: ["cursor", "not equal"]
        case .forgetsFlush: ["its store", "deltas that", "entries of the chain that"]
        case .ignoresCredit: ["a queue of node"]
        case .resurrectsErased: ["what was erased"]
        case .forgetsLefts: differs + ["which has left it"]
        }
    }

    @Test("A failing plan is shrunk to few steps, and fails again from what is printed") func shrinking() throws {
        let failure = try #require(try find(.acknowledgesBeforeCommit))
        var shrinking = Shrinking(failure, runLimit: 60)
        try shrinking.run()
        let small = shrinking.failure.plan
        #expect(small.steps.count * 2 < failure.plan.steps.count)
        #expect(small.command.contains("--bug acknowledgesBeforeCommit"))
        var again = try SimulationRun(small)
        let second = #expect(throws: SimulationFailure.self) { try again.run() }
        #expect(second?.reason == shrinking.failure.reason)
    }
}
