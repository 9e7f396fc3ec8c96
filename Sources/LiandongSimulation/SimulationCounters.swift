/// What really happened in a run: a fault that never occurs proves nothing.
package struct SimulationCounters: Sendable, Hashable, CustomStringConvertible {
    /// Something worth counting: work, a fault, a rare state.
    package enum Event: String, Sendable, CaseIterable {
        // Work.
        case writes, commands, refusedCommands, erasures, acknowledged, entries, ballots, ballotsUncounted, disputes
        case erasuresFollowing
        case givens, carries, opsByCarries, joins, lefts, leftOut
        // The network.
        case framesDelivered, framesLost, framesMangled, framesRetransmitted, framesStalled, markersOnTheWire
        case cutConnections, severedStreams, duplicateConnections, partitions, oneWayPartitions, flaps, offlineForDays
        // Processes, disks and clocks.
        case crashes, cleanStops, lostCommits, backupsRestored, renewals, leaps, clockJumps, driftingClocks
        case opsThatWaited, diskFaults, commitsFailed, realStores, writesTorn, commitsRecovered, anchorsRestored
        case clonesOfStopped, clonesOfRunning
        case oldNodes, upgrades, opsNotYetKnown
        // The chain.
        case invites, enrolments, revocations, quarantined, moves, cursorsReset
        // Ways beside the tree.
        case lateralLinks, fallbacks, handOvers, kills
        // Dishonest nodes.
        case liars, deltasForged, framesReplayed, equivocations, forksProven, deltasMisdated, deltasOmitted
        case deltasFlooded, requestsBeyond, trespasses, leaks
        // The engine.
        case snapshotPages, snapshotsProven
        case reorderedResults, duplicateDeltas, closes, alarms, passes, brokenPasses, repairs
    }

    private var counts: [Event: Int] = [:]
    /// Milliseconds of the world's clock, and those of them that were leapt over.
    package var simulatedMilliseconds: Int64 = 0
    package var leaptMilliseconds: Int64 = 0

    package init() {}

    package subscript(_ event: Event) -> Int { counts[event] ?? 0 }

    mutating func note(_ event: Event, by count: Int = 1) {
        guard count > 0 else { return }
        counts[event, default: 0] += count
    }

    package static func += (a: inout SimulationCounters, b: SimulationCounters) {
        a.counts.merge(b.counts, uniquingKeysWith: +)
        a.simulatedMilliseconds += b.simulatedMilliseconds
        a.leaptMilliseconds += b.leaptMilliseconds
    }

    /// The events that never happened.
    package var missing: [Event] { Event.allCases.filter { self[$0] == 0 } }

    package var description: String {
        Event.allCases.map { "\($0.rawValue) \(self[$0])" }.joined(separator: ", ")
    }
}
