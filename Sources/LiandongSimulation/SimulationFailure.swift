/// A check that did not hold, with the plan that shows it again and what led there.
package struct SimulationFailure: Error, CustomStringConvertible {
    package let plan: SimulationPlan
    package let reason: String
    package let trace: [String]

    package var seed: UInt64 { plan.seed }

    package var description: String {
        "seed \(seed): \(reason)\n" + trace.suffix(60).joined(separator: "\n")
    }
}
