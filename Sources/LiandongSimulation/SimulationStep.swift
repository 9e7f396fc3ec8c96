/// One thing that a run does to its world, planned before the world exists.
///
/// It draws from its own seed, so that leaving another step out changes nothing in it.
package struct SimulationStep: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        // Work.
        case write, order, act, consult, vote, policy
        // The network.
        case breakLink, cutLink, cutOneWay, flap, isolate, healLink
        // Processes, disks and clocks.
        case crash, leap, jumpClock, backUp, restoreBackup, failDisk
        // The chain.
        case invite, move, revoke
        // More ways than the tree's, fewer nodes.
        case link, kill
        // What a dishonest node does.
        case lie
        // What is personal goes.
        case erase
        // Records go to places outside of their home.
        case give
        // Processes end in order.
        case stop
        // A copy of a node runs beside it.
        case clone
        // A node of a build before goes over to the current one.
        case upgrade
        // Records are taken back from places that they were given to.
        case narrow
    }

    /// Its place in the plan, kept when others are dropped.
    package let number: Int
    /// Milliseconds after the start.
    package let at: Int64
    package let kind: Kind
    package let seed: UInt64
}

/// All that a run will do, drawn from its seed: equal plans give equal runs, event for event.
package struct SimulationPlan: Sendable, Hashable {
    package let seed: UInt64
    package var options: SimulationOptions
    package internal(set) var steps: [SimulationStep]
    /// What was taken away from the options, in that order.
    package internal(set) var calms: [SimulationOptions.Calm] = []

    package init(seed: UInt64, options: SimulationOptions) {
        self.seed = seed
        self.options = options
        var random = SeededRandom(seed: seed, .plan)
        let kinds = SimulationStep.Kind.allCases.flatMap { kind in
            repeatElement(kind, count: max(options.weights[kind] ?? 0, 0))
        }
        self.steps = (0..<options.stepCount).map { number in
            SimulationStep(
                number: number,
                at: 300 + Int64(number) * options.stepSpacing + random.delay(0...options.stepSpacing),
                kind: random.pick(kinds) ?? .write,
                seed: random.next()
            )
        }
    }

    /// The plan that a seed stands for.
    package init(seed: UInt64) { self.init(seed: seed, options: SimulationOptions(drawnFrom: seed)) }
}
