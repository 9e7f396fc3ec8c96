/// Makes a failing plan smaller while it still fails.
///
/// Steps draw from seeds of their own, so leaving some out changes nothing in what the others do.
package struct Shrinking {
    /// The smallest plan found, and how it fails.
    package private(set) var failure: SimulationFailure
    /// How many runs were played.
    package private(set) var runCount = 0
    private let runLimit: Int

    /// - Parameter runLimit: so many runs at most.
    package init(_ failure: SimulationFailure, runLimit: Int = 200) {
        self.failure = failure
        self.runLimit = runLimit
    }

    package mutating func run() throws {
        try calm()
        // Delta debugging (Zeller and Hildebrandt, 2002): ever smaller parts of the steps are left out.
        var size = max(1, failure.plan.steps.count / 2)
        while true {
            var hasDropped = false
            var start = 0
            while start < failure.plan.steps.count {
                var plan = failure.plan
                plan.steps.removeSubrange(start..<min(start + size, plan.steps.count))
                if try fails(plan) { hasDropped = true } else { start += size }
                guard runCount < runLimit else { return }
            }
            if size > 1 { size /= 2 } else if !hasDropped { return }
        }
    }

    /// Takes the network's and the clocks' faults away, one by one.
    private mutating func calm() throws {
        for calm in SimulationOptions.Calm.allCases {
            let plan = failure.plan.calmed(by: calm)
            if plan.options != failure.plan.options { _ = try fails(plan) }
        }
    }

    /// Whether a plan fails too; then it is the smallest so far.
    private mutating func fails(_ plan: SimulationPlan) throws -> Bool {
        runCount += 1
        var run = try SimulationRun(plan)
        do { try run.run() } catch let found as SimulationFailure {
            failure = found
            return true
        }
        return false
    }
}

extension SimulationOptions {
    /// A fault of the world that can be taken away from a whole run.
    package enum Calm: String, Sendable, CaseIterable {
        case links, clocks, loss, doubles, severing, drift, flushes, stores, lies, versions

        func apply(to options: inout SimulationOptions) {
            switch self {
            case .links: options.links = .init()
            case .clocks: options.clocks = .init()
            case .loss: options.links.lossPercent = 0
            case .doubles: options.links.doublePercent = 0
            case .severing: options.links.seversStreams = false
            case .drift: options.clocks.driftLimit = 0
            case .flushes: options.flushLimit = 1
            case .stores: options.stores = 0
            case .lies: options.vices = []
            case .versions: options.previous = nil
            }
        }
    }
}

extension SimulationPlan {
    /// The same plan without a fault of the world.
    package func calmed(by calm: SimulationOptions.Calm) -> SimulationPlan {
        var plan = self
        calm.apply(to: &plan.options)
        plan.calms.append(calm)
        return plan
    }

    /// Leaves out all steps but those with the given numbers.
    package func keeping(_ numbers: Set<Int>) -> SimulationPlan {
        var plan = self
        plan.steps = steps.filter { numbers.contains($0.number) }
        return plan
    }

    /// What plays this plan again.
    package var command: String {
        var words = ["liandong-sim", "--seeds 1", "--start \(seed)"]
        if !calms.isEmpty { words.append("--calm " + calms.map(\.rawValue).joined(separator: ",")) }
        if steps.count < options.stepCount {
            words.append("--steps " + steps.map { "\($0.number)" }.joined(separator: ","))
        }
        let drawn = SimulationOptions(drawnFrom: seed, plantedBug: options.plantedBug)
        if options.stores != drawn.stores, !calms.contains(.stores) { words.append("--stores \(options.stores)") }
        if let bug = options.plantedBug { words.append("--bug \(bug.rawValue)") }
        return words.joined(separator: " ")
    }
}
