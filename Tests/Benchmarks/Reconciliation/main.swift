import Foundation
import LiandongCore

/// Compares ways to find the difference of two replicas of a million deltas: bytes, turns, time.
let count = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 1_000_000

func row(_ method: String, _ which: Case, _ cost: Cost) {
    let found = cost.found == which.count ? "" : " found \(cost.found)!"
    let kilobytes = String(format: "%.2f", Double(cost.byteCount) / 1_000)
    print(
        "| \(method) | \(which.name) | \(kilobytes) | \(cost.turns) | \(String(format: "%.4f", cost.seconds)) |\(found)"
    )
}

for laneCount in [200, 2_000, 20_000] {
    var random = SplitMix(seed: 42)
    let workload = Workload(count: count, laneCount: laneCount, random: &random)
    print("\n\(count) deltas in \(laneCount) lanes\n")
    let began = ContinuousClock.now
    let held = LaneMethod.summaries(of: workload, without: [])
    let perDelta = String(format: "%.2f", seconds(since: began) / Double(count) * 1e6)
    print("The lanes' digests cost \(perDelta) µs a delta, without the rows; \(held.count) lanes hold deltas.\n")
    print("| method | differences | kB | turns | s, both sides |\n| --- | --- | ---: | ---: | ---: |")
    for which in Case.all {
        let missing = workload.missing(which, random: &random)
        let (first, second) = (
            LaneMethod.summaries(of: workload, without: missing.first),
            LaneMethod.summaries(of: workload, without: missing.second)
        )
        row("lanes", which, try LaneMethod.run(first, second))
        // The other two do not know of lanes: once is enough.
        guard laneCount == 2_000 else { continue }
        let ranges = (
            RangeMethod(workload, without: missing.first), RangeMethod(workload, without: missing.second)
        )
        for parameters in [RangeMethod.negentropy, RangeMethod.short] {
            row(parameters.name, which, RangeMethod.run(ranges.0, ranges.1, parameters))
        }
        let sketches = (
            SketchMethod(workload, without: missing.first), SketchMethod(workload, without: missing.second)
        )
        row("rateless sketch", which, SketchMethod.run(sketches.0, sketches.1))
    }
}
