/// What a simulated run may do, and what is broken in it on purpose.
package struct SimulationOptions: Sendable {
    /// How many writes and faults happen before the world heals.
    package var stepCount = 120
    /// Frames are also dropped, doubled, swapped and damaged within connections, which TLS over TCP never does: only
    /// safety is checked then, not convergence.
    package var manglesFrames = false
    package var plantedBug: PlantedBug?

    package init() {}

    /// A mistake that the checks must find.
    package enum PlantedBug: Sendable, CaseIterable {
        /// A write is acknowledged before its commit is durable.
        case acknowledgesBeforeCommit
        /// A cursor is durable before the deltas that it says were received.
        case cursorAheadOfData
        /// A sender does not look at entitlement.
        case ignoresEntitlement
    }
}

/// What really happened in a run: a fault that never occurs proves nothing.
package struct SimulationCounters: Sendable, Hashable {
    package var writes = 0
    package var acknowledged = 0
    package var entries = 0
    package var crashes = 0
    /// Crashes with a commit under way, whose work was lost.
    package var lostCommits = 0
    package var cutConnections = 0
    package var duplicateConnections = 0
    package var partitions = 0
    package var framesDelivered = 0
    package var framesLost = 0
    package var framesMangled = 0
    package var markersOnTheWire = 0
    /// Results of effects that came in another order than the effects were asked for.
    package var reorderedResults = 0
    package var duplicateDeltas = 0
    package var closes = 0

    package init() {}

    package static func += (a: inout SimulationCounters, b: SimulationCounters) {
        a.writes += b.writes
        a.acknowledged += b.acknowledged
        a.entries += b.entries
        a.crashes += b.crashes
        a.lostCommits += b.lostCommits
        a.cutConnections += b.cutConnections
        a.duplicateConnections += b.duplicateConnections
        a.partitions += b.partitions
        a.framesDelivered += b.framesDelivered
        a.framesLost += b.framesLost
        a.framesMangled += b.framesMangled
        a.markersOnTheWire += b.markersOnTheWire
        a.reorderedResults += b.reorderedResults
        a.duplicateDeltas += b.duplicateDeltas
        a.closes += b.closes
    }
}

/// A check that did not hold, with the seed that shows it again and what led there.
package struct SimulationFailure: Error, CustomStringConvertible {
    package let seed: UInt64
    package let reason: String
    package let trace: [String]

    package var description: String {
        "seed \(seed): \(reason)\n" + trace.suffix(60).joined(separator: "\n")
    }
}

/// SplitMix64 (Steele et al., 2014): small, seeded, the same on every machine.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameter stream: one for each concern, so that a draw more in one changes nothing in another.
    package init(seed: UInt64, stream: UInt64) {
        state = seed &* 0xD134_2543_DE82_EF95 &+ stream &* 0xA24B_AED4_963E_E407
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }
    mutating func delay(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
