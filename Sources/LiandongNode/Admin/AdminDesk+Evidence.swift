import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore

// What an operator has to look at: forks, rewinds, and what is held without being shown.
extension AdminDesk {
    /// The most rows of one answer.
    private static let pageLimit = 10_000

    private func checkPage(_ limit: Int) throws {
        guard (1...AdminDesk.pageLimit).contains(limit) else {
            throw NodeError(
                .usage,
                "--limit: \(limit) is out of range, 1 to \(AdminDesk.pageLimit) is allowed"
            )
        }
    }

    private func name(of node: NodeID) -> String { authority.nodes[node]?.name ?? "\(node)" }

    // MARK: Forks

    func forks(_ limit: Int) async throws -> ForksReport {
        try checkPage(limit)
        let (branches, alarms, dismissals) = try await node.store.read { reader in
            (try reader.forkBranches(limit: limit + 1), try reader.alarms(limit: limit + 1), try reader.dismissals())
        }
        var forks: [ForksReport.Fork] = []
        var rest = branches.prefix(limit)
        while let first = rest.first {
            let same = rest.prefix { $0.lane == first.lane && $0.seq == first.seq }
            forks.append(try await fork(first, Array(same), dismissals))
            rest = rest.dropFirst(same.count)
        }
        return ForksReport(
            asOf: now.iso8601,
            forks: forks,
            alarms: alarms.prefix(limit).map { report($0.alarm, at: $0.at, dismissals) },
            isPartial: branches.count > limit || alarms.count > limit
        )
    }

    private func fork(
        _ first: StoreReader.ForkBranch,
        _ branches: [StoreReader.ForkBranch],
        _ dismissals: [String: Dismissal]
    )
        async throws
        -> ForksReport.Fork
    {
        let origin = first.lane.origin
        let name = name(of: origin)
        let lane = LaneID(first.lane, .sodium)
        let foundAt = branches.map(\.foundAt).max() ?? first.foundAt
        let subject = Dismissal.subject(ofFork: lane, seq: first.seq)
        return ForksReport.Fork(
            node: name,
            id: "\(origin)",
            placeCode: authority.place(of: origin).map { authority.code(of: $0) } ?? "",
            lane: "\(lane)",
            audience: try await places(of: first.lane.audience),
            incarnation: "\(first.lane.incarnation)",
            seq: first.seq,
            foundAt: foundAt.iso8601,
            branches: branches.map { branch in
                ForksReport.Branch(
                    hash: "\(branch.id)",
                    from: branch.source.map { self.name(of: $0) },
                    receivedAt: branch.receivedAt.iso8601
                )
            },
            wayOut:
                "what \(name) wrote in both histories is kept and shown; see to it that only one copy of it runs, and "
                + "revoke it if nobody can say how there came to be two",
            subject: subject,
            dismissed: dismissals[subject].map(report)
        )
    }

    private func report(_ dismissal: Dismissal) -> ForksReport.Dismissed {
        ForksReport.Dismissed(by: dismissal.operatorName, at: dismissal.at.iso8601)
    }

    /// Marks one as looked at.
    func dismissFork(_ subject: String, by name: String) async throws -> DoneReport {
        let report = try await forks(AdminDesk.pageLimit)
        let known = report.forks.map(\.subject) + report.alarms.map { "\($0.kind):\($0.subject)" }
        guard known.contains(subject) else {
            throw NodeError(
                .notFound,
                "--dismiss: no fork or alarm is called \(subject); liandong forks --all names them"
            )
        }
        guard !name.isEmpty, name.utf8.count <= 200 else {
            throw NodeError(.usage, "--operator: a name of 1 to 200 bytes is needed: who has looked at it")
        }
        try await node.store.dismiss(subject, by: name)
        return done("\(subject) is dismissed; liandong forks --all shows it")
    }

    private func report(_ alarm: Alarm, at: Instant, _ dismissals: [String: Dismissal]) -> ForksReport.Alarm {
        let wayOut =
            switch alarm.kind {
            case .rewoundLane:
                "this replica was put back to an older state, or a copy of it runs: it goes on under other names, and "
                    + "what it lost comes back from the peers; see to it that no copy runs"
            case .rewoundStore:
                "this replica's file is older than what the peer has read of it: it goes on under other names; see to "
                    + "it that no copy runs"
            case .authorityFork:
                "two chains grew from one: find out which one the district's signer wrote, and make the nodes of the "
                    + "other anew"
            }
        return ForksReport.Alarm(
            kind: alarm.kind.name,
            subject: hexadecimal(alarm.subject),
            peer: name(of: alarm.peer),
            ours: alarm.ours,
            theirs: alarm.theirs,
            at: at.iso8601,
            wayOut: wayOut,
            dismissed: dismissals[Dismissal.subject(of: alarm)].map(report)
        )
    }

    // MARK: Held back

    func held(_ query: AdminRequest.HeldQuery) async throws -> HeldReport {
        try checkPage(query.limit)
        let after = try AdminDesk.position(query.after)
        let (counts, ops, quarantined) = try await node.store.read { reader in
            (
                try reader.heldCounts(), try reader.heldOps(after: after, limit: query.limit + 1),
                try reader.quarantined()
            )
        }
        let (refused, refusedCount, handOvers) = await node.engine.inspect {
            ($0.refused, $0.counters.deltasRefused, $0.handOvers.filter(\.isPending))
        }
        var rows: [HeldReport.HeldOp] = []
        for op in ops.prefix(query.limit) { rows.append(try await row(op)) }
        var lanes: [HeldReport.HandOver] = []
        for lane in handOvers.prefix(query.limit) { lanes.append(try await row(lane)) }
        let (letGo, scattered) = try await node.store.read { reader in
            (try reader.recordsLetGo(limit: query.limit), try reader.scatteredRecords(limit: query.limit))
        }
        return HeldReport(
            asOf: now.iso8601,
            counts: Dictionary(counts.map { ($0.key.word, $0.value) }) { $0 + $1 },
            ops: rows,
            next: ops.count > query.limit ? rows.last?.op : nil,
            quarantined: quarantined.map {
                HeldReport.Quarantined(
                    node: name(of: $0.origin),
                    id: "\($0.origin)",
                    deltas: $0.deltas,
                    bytes: $0.bytes
                )
            },
            refused: refused.map {
                HeldReport.Refused(
                    node: name(of: $0.lane.origin),
                    id: "\($0.lane.origin)",
                    seq: $0.seq,
                    from: name(of: $0.peer),
                    reason: $0.refusal.rawValue
                )
            },
            refusedCount: refusedCount,
            handOver: lanes,
            letGo: letGo.map { row($0) },
            toTakeOver: scattered.map { row($0) }
        )
    }

    private func row(_ record: StoreReader.RecordLetGo) -> HeldReport.LetGo {
        HeldReport.LetGo(
            record: "\(record.record)",
            at: record.at.iso8601,
            by: name(of: record.author),
            to: record.further.members.map { authority.code(of: $0.place) },
            late: record.late
        )
    }

    private func row(_ record: StoreReader.ScatteredRecord) -> HeldReport.ToTakeOver {
        HeldReport.ToTakeOver(
            record: "\(record.record)",
            number: record.number,
            ops: record.lanes.count,
            nodes: Set(record.lanes.map(\.origin)).sorted().map { name(of: $0) },
            to: record.current.members.map { authority.code(of: $0.place) }
        )
    }

    private func row(_ op: StoreReader.HeldOp) async throws -> HeldReport.HeldOp {
        HeldReport.HeldOp(
            op: "\(op.parked.delta).\(op.parked.index)",
            record: "\(op.parked.record)",
            reason: op.parked.reason.word,
            due: op.parked.dueAt.map { Instant(milliseconds: $0.milliseconds).iso8601 },
            node: name(of: op.origin),
            audience: try await places(of: op.audience),
            receivedAt: op.receivedAt.iso8601
        )
    }

    private func row(_ lane: HandOver) async throws -> HeldReport.HandOver {
        HeldReport.HandOver(
            node: name(of: lane.lane.origin),
            lane: "\(lane.id)",
            audience: try await places(of: lane.lane.audience),
            deliveredTo: lane.delivered,
            heldTo: lane.highest,
            to: lane.targets.map { name(of: $0) }
        )
    }

    /// DELTA.INDEX of the last op of the page before.
    private static func position(_ text: String?) throws -> (delta: Int64, index: Int64) {
        guard let text else { return (0, 0) }
        let parts = text.split(separator: ".").map(String.init)
        guard parts.count == 2, let delta = Int64(parts[0]), let index = Int64(parts[1]) else {
            throw NodeError(
                .usage,
                "--after: \"\(text)\" is no position; give the one that the page before named"
            )
        }
        return (delta, index)
    }
}

extension ParkedOp.Reason {
    /// As reports name it.
    fileprivate var word: String {
        switch self {
        case .unknownHome: "record-unknown"
        case .stray: "stray"
        case .notDue, .farFuture: "future-dated"
        case .unknownField: "unknown-field"
        case .refused: "refused"
        case .undecodable: "undecodable"
        }
    }
}
