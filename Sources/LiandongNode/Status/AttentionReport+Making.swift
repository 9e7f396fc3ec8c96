import LiandongCore
import LiandongReports
import LiandongStore

extension AttentionReport {
    /// In short what `forks`, `held`, `quota list` and `erasures` tell at length.
    init(
        _ forks: ForksReport,
        _ held: HeldReport,
        _ quotas: QuotasReport,
        _ erasures: ErasuresReport,
        unfinished: StatusReport.Erasures,
        alarms raised: [SyncAlarm],
        _ authority: AuthorityState,
        at now: Instant
    ) {
        let open = forks.forks.filter { $0.dismissed == nil }
        let alarms = forks.alarms.filter { $0.dismissed == nil }
        let late = erasures.erasures.filter { !$0.late.isEmpty }
        let over = quotas.origins.filter { $0.state == "waiting" }
        let muted = quotas.origins.filter { $0.state == "muted" }
        var matters = [
            Matter(.fork, open.count, nodes: open.map(\.node), since: open.map(\.foundAt).min()),
            Matter(.erasuresOutstanding, erasures.mayBeOutstanding ? 1 : 0),
            Matter(.erasuresUnfinished, unfinished.unfinished),
            Matter(
                .erasuresLate,
                late.count,
                nodes: late.flatMap { $0.late.map(\.node) },
                since: late.map(\.erasedAt).min()
            ),
            Matter(
                .quarantined,
                held.quarantined.reduce(0) { $0 + $1.deltas },
                nodes: held.quarantined.map(\.node)
            ),
            Matter(.refusedDeltas, Int(clamping: held.refusedCount), nodes: held.refused.map(\.node)),
            Matter(
                .overQuota,
                over.reduce(0) { $0 + $1.deltasWaiting + $1.turnedAway },
                nodes: over.map(\.name),
                since: over.flatMap { $0.lanes.map(\.since) }.min()
            ),
            Matter(.muted, muted.count, nodes: muted.map(\.name)),
            Matter(.toTakeOver, held.toTakeOver.count, nodes: held.toTakeOver.flatMap(\.nodes)),
            Matter(.handOver, held.handOver.count, nodes: held.handOver.map(\.node)),
        ]
        for kind in [Kind.rewoundLane, .rewoundStore, .authorityFork] {
            let those = alarms.filter { $0.kind == kind.rawValue }
            matters.append(Matter(kind, those.count, nodes: those.map(\.peer), since: those.map(\.at).min()))
        }
        matters += Matter.all(of: raised, authority)
        // Reasons of `held` go by the same words.
        matters += held.counts.compactMap { reason, count in Kind(rawValue: reason).map { Matter($0, count) } }
        self.init(matters, at: now)
    }
}

extension AttentionReport.Matter {
    /// Those alarms of the engine that nothing else keeps.
    fileprivate static func all(of alarms: [SyncAlarm], _ authority: AuthorityState) -> [Self] {
        var nodes: [AttentionReport.Kind: [NodeID]] = [:]
        for alarm in alarms {
            switch alarm {
            case .rot(let lane, _): nodes[.rot, default: []].append(lane.origin)
            case .unprovenSnapshot(let source, _): nodes[.unprovenSnapshot, default: []].append(source)
            case .clock(let peer, _):
                // Each hello raises one, with another offset.
                if !nodes[.clock, default: []].contains(peer) { nodes[.clock, default: []].append(peer) }
            case .fork, .rewound, .authorityFork, .unauthorised, .evidenceQuota, .acceptanceQuota: break
            }
        }
        return nodes.map { kind, nodes in
            Self(kind, nodes.count, nodes: nodes.map { authority.nodes[$0]?.name ?? "\($0)" })
        }
    }
}

extension Node {
    /// The most forks and alarms that are looked through, and the most records of each kind that are counted.
    private static let attentionLimit = 1_000

    /// What the operator has to look at, as the commands have it.
    func attentionReport() async throws -> AttentionReport {
        let desk = AdminDesk(node: self)
        return AttentionReport(
            try await desk.forks(Node.attentionLimit),
            try await desk.held(AdminRequest.HeldQuery(limit: Node.attentionLimit, after: nil)),
            try await desk.quotas(),
            try await desk.erasures(nil),
            unfinished: StatusReport.Erasures(store),
            alarms: await engine.alarms,
            store.authority,
            at: desk.now
        )
    }
}
