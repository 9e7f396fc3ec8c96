import ArgumentParser
import Foundation
import LiandongSimulation

/// Plays seeds of the simulator, for as long as one likes.
@main
struct LiandongSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "liandong-sim",
        abstract: "Plays seeded districts under faults; exit code 1 when a check did not hold.",
        discussion: "docs/testing.md tells what is checked and how to go on from a failing seed."
    )

    @Option(help: "How many seeds to play.")
    var seeds: UInt64 = 100

    @Option(help: "The first seed.")
    var start: UInt64 = 0

    @Flag(help: "Go on after a failing seed.")
    var keepGoing = false

    @Flag(help: "Print the reason of a failure only: neither what led to it nor a smaller plan.")
    var brief = false

    @Flag(help: "Print what led to a failure as it was, without looking for a smaller plan.")
    var whole = false

    @Option(help: "Keep only these steps of the plan: numbers with commas between them.")
    var steps: String?

    @Option(help: "Take these faults of the world away: \(SimulationOptions.Calm.allCases.map(\.rawValue)).")
    var calm: String?

    @Option(help: "So many nodes keep what they hold in real stores, whatever the seed says: 0, 1 or 2.")
    var stores: Int?

    @Option(help: "Plant a mistake: \(SimulationOptions.PlantedBug.allCases.map(\.rawValue)).")
    var bug: String?

    func run() throws {
        var total = SimulationCounters()
        var failed: [UInt64] = []
        let began = ContinuousClock.now
        for seed in start..<(start + seeds) {
            var run = try SimulationRun(try plan(seed))
            do { try run.run() } catch let failure as SimulationFailure {
                try explain(failure)
                failed.append(seed)
            }
            total += run.counters
            if !failed.isEmpty, !keepGoing { break }
        }
        report(total, ContinuousClock.now - began, failed)
        if !failed.isEmpty { throw ExitCode(1) }
    }

    private func plan(_ seed: UInt64) throws -> SimulationPlan {
        let planted = try bug.map { try named($0, "--bug") as SimulationOptions.PlantedBug }
        var options = SimulationOptions(drawnFrom: seed, plantedBug: planted)
        if let stores { options.stores = stores }
        var plan = SimulationPlan(seed: seed, options: options)
        for word in calm?.split(separator: ",") ?? [] {
            plan = plan.calmed(by: try named(String(word), "--calm"))
        }
        guard let steps else { return plan }
        let numbers = try steps.split(separator: ",").map { word in
            guard let number = Int(word) else { throw ValidationError("--steps: \(word) is no number of a step") }
            return number
        }
        return plan.keeping(Set(numbers))
    }

    private func named<Value: RawRepresentable & CaseIterable>(_ word: String, _ option: String) throws -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: word) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(option): \(word) is not known; choose of \(known)")
        }
        return value
    }

    private func explain(_ failure: SimulationFailure) throws {
        guard !brief else { return say("seed \(failure.seed): \(failure.reason)") }
        guard !whole else {
            return say("seed \(failure.seed): \(failure.reason)\n" + failure.trace.joined(separator: "\n"))
        }
        var shrinking = Shrinking(failure)
        try shrinking.run()
        say("\(shrinking.failure)")
        let count = shrinking.failure.plan.steps.count
        let all = failure.plan.steps.count
        say("shrunk to \(count) of \(all) steps in \(shrinking.runCount) runs; to play it again:")
        say("  \(shrinking.failure.plan.command)")
    }

    private func report(_ total: SimulationCounters, _ duration: Duration, _ failed: [UInt64]) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        let awake = Double(total.simulatedMilliseconds - total.leaptMilliseconds) / 3_600_000
        let leapt = Double(total.leaptMilliseconds) / 3_600_000
        for event in SimulationCounters.Event.allCases { say("\(event.rawValue): \(total[event])") }
        say("simulated hours: \(awake.rounded(to: 2)) lived through, \(leapt.rounded(to: 0)) leapt over")
        say("simulated hours a second: \((awake / seconds).rounded(to: 3)) lived through")
        say("failed seeds: \(failed.isEmpty ? "none" : failed.map(String.init).joined(separator: ", "))")
    }

    /// At once: whoever ends a long run early is not to lose what it found.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
}

extension Double {
    fileprivate func rounded(to places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
