// Bytes rot on disks. Once an hour a part of what is held is checked again; what is rotten is set aside by the store and
// fetched again by passes with the peers.

extension SyncEngine {
    private static let scrubCountLimit = 2_048
    private static let scrubByteLimit = 8 << 20

    mutating func scrub(at now: Instant, into effects: inout [SyncEffect]) {
        guard now.milliseconds(since: lastScrub) >= configuration.scrubInterval else { return }
        lastScrub = now
        let request = ScrubRequest(countLimit: SyncEngine.scrubCountLimit, byteLimit: SyncEngine.scrubByteLimit)
        effects.append(.scrub(request))
    }

    mutating func scrubbed(_ outcome: ScrubOutcome, at now: Instant, into effects: inout [SyncEffect]) {
        counters.deltasScrubbed += UInt64(clamping: outcome.checkedCount)
        guard !outcome.rot.isEmpty else { return }
        counters.deltasRotten += UInt64(clamping: outcome.rot.count)
        for rot in outcome.rot { effects.append(.raise(.rot(lane: rot.lane, seq: rot.seq))) }
        unscrubbedPeers = Set(sessions.values.filter { $0.phase == .exchanging }.map(\.peer))
        tendPasses(at: now, into: &effects)
    }
}
