import LiandongCore
import LiandongReports
import LiandongSigning
import Testing

@testable import LiandongNode

/// What an operator has to look at, out of what the commands tell at length.
@Suite("What there is to look at") struct AttentionReportTests {
    private let now = Instant(milliseconds: 0)

    private func fork(_ node: String, foundAt: String, isDismissed: Bool = false) -> ForksReport.Fork {
        ForksReport.Fork(
            node: node,
            id: node,
            placeCode: "1",
            lane: "l",
            audience: [],
            incarnation: "i",
            seq: 1,
            foundAt: foundAt,
            branches: [],
            wayOut: "",
            subject: "l:1",
            dismissed: isDismissed ? ForksReport.Dismissed(by: "李工", at: "") : nil
        )
    }

    private func alarm(_ kind: String, isDismissed: Bool = false) -> ForksReport.Alarm {
        ForksReport.Alarm(
            kind: kind,
            subject: "01",
            peer: "p",
            ours: 1,
            theirs: 2,
            at: "2026-11-22T02:00:00.000Z",
            wayOut: "",
            dismissed: isDismissed ? ForksReport.Dismissed(by: "李工", at: "") : nil
        )
    }

    private func held(_ counts: [String: Int] = [:], quarantined: [HeldReport.Quarantined] = []) -> HeldReport {
        HeldReport(
            asOf: "",
            counts: counts,
            ops: [],
            next: nil,
            quarantined: quarantined,
            refused: [],
            refusedCount: 0,
            handOver: [],
            letGo: [HeldReport.LetGo(record: "", at: "", by: "", to: [], late: 0)],
            toTakeOver: []
        )
    }

    private func origin(_ name: String, _ state: String, waiting: Int) -> QuotasReport.Row {
        QuotasReport.Row(
            node: name,
            name: name,
            placeCode: "1",
            state: state,
            recordsToday: 1,
            bytesToday: 1,
            bulkBytesToday: 0,
            deltasWaiting: waiting,
            bytesWaiting: 0,
            turnedAway: waiting > 0 ? 1 : 0,
            lanes: waiting > 0
                ? [QuotasReport.Lane(audience: [], deltas: 1, records: 1, bytes: 1, since: "2026-11-22T01:00:00.000Z")]
                : []
        )
    }

    private func erasure(late: [String], at: String) -> ErasuresReport.Row {
        ErasuresReport.Row(
            record: "r",
            audience: [],
            erasedAt: at,
            by: nil,
            reason: "withdrawn",
            confirmed: 1,
            entitled: 1 + late.count,
            late: late.map { ErasuresReport.Late(node: $0, id: $0, placeCode: "1", ageSeconds: nil, reason: "") }
        )
    }

    private func report(
        forks: [ForksReport.Fork] = [],
        alarms: [ForksReport.Alarm] = [],
        held: HeldReport? = nil,
        origins: [QuotasReport.Row] = [],
        erasures: [ErasuresReport.Row] = [],
        unfinished: StatusReport.Erasures = StatusReport.Erasures(),
        raised: [SyncAlarm] = []
    ) -> AttentionReport {
        AttentionReport(
            ForksReport(asOf: "", forks: forks, alarms: alarms, isPartial: false),
            held ?? self.held(),
            QuotasReport(asOf: "", recordsADay: 1, bytesADay: 1, bulkBytesADay: 1, origins: origins),
            ErasuresReport(asOf: "", mayBeOutstanding: unfinished.mayBeOutstanding, erasures: erasures),
            unfinished: unfinished,
            alarms: raised,
            AuthorityState(),
            at: now
        )
    }

    @Test("Where all is well there is nothing, whatever was dismissed, is within its quota or has been taken back")
    func nothing() {
        let found = report(
            forks: [fork("a", foundAt: "", isDismissed: true)],
            alarms: [alarm("rewound-lane", isDismissed: true)],
            held: held(["stray": 0]),
            origins: [origin("a", "within", waiting: 0), origin("b", "let in", waiting: 0)],
            erasures: [erasure(late: [], at: "")]
        )
        #expect(found.matters.isEmpty, "\(found.matters)")
    }

    @Test("Forks and alarms are told with their nodes and since when, the gravest first")
    func forks() {
        let forks = [
            fork("b", foundAt: "2026-11-22T03:00:00.000Z"), fork("a", foundAt: "2026-11-22T02:00:00.000Z"),
            fork("c", foundAt: "2026-11-22T01:00:00.000Z", isDismissed: true),
        ]
        let found = report(
            forks: forks,
            alarms: [alarm("authority-fork"), alarm("rewound-store")],
            held: held(["stray": 2])
        )
        let at = "2026-11-22T02:00:00.000Z"
        #expect(
            found.matters == [
                AttentionReport.Matter(.fork, 2, nodes: ["a", "b"], since: at),
                AttentionReport.Matter(.rewoundStore, 1, nodes: ["p"], since: at),
                AttentionReport.Matter(.authorityFork, 1, nodes: ["p"], since: at),
                AttentionReport.Matter(.stray, 2),
            ]
        )
    }

    @Test("Every reason that ops are held for is told of")
    func reasons() {
        let reasons = ["record-unknown", "stray", "future-dated", "unknown-field", "refused", "undecodable"]
        let quarantined = [HeldReport.Quarantined(node: "q", id: "q", deltas: 4, bytes: 9)]
        let counts = Dictionary(reasons.map { ($0, 1) }) { first, _ in first }
        let found = report(held: held(counts, quarantined: quarantined)).matters
        #expect(Set(found.map(\.kind.rawValue)) == Set(reasons + ["quarantined"]))
        #expect(found.first { $0.kind == .quarantined }?.count == 4)
        #expect(found.allSatisfy { $0.command == "liandong held" })
    }

    @Test("What waits over a quota counts what was turned away too; who is muted is named")
    func quotas() {
        let found = report(origins: [
            origin("b", "waiting", waiting: 5), origin("m", "muted", waiting: 9), origin("w", "within", waiting: 0),
        ])
        let since = "2026-11-22T01:00:00.000Z"
        #expect(
            found.matters == [
                AttentionReport.Matter(.overQuota, 6, nodes: ["b"], since: since),
                AttentionReport.Matter(.muted, 1, nodes: ["m"]),
            ]
        )
    }

    @Test("Erasures that are not everywhere name the nodes that lack them")
    func erasures() {
        let rows = [
            erasure(late: ["x"], at: "2026-11-22T02:00:00.000Z"),
            erasure(late: ["x", "y"], at: "2026-11-22T01:00:00.000Z"),
            erasure(late: [], at: "2026-11-21T01:00:00.000Z"),
        ]
        let found = report(erasures: rows, unfinished: StatusReport.Erasures(mayBeOutstanding: true, unfinished: 3))
        #expect(
            found.matters == [
                AttentionReport.Matter(.erasuresOutstanding, 1),
                AttentionReport.Matter(.erasuresUnfinished, 3),
                AttentionReport.Matter(.erasuresLate, 2, nodes: ["x", "y"], since: "2026-11-22T01:00:00.000Z"),
            ]
        )
    }

    @Test("Alarms of the engine that no command keeps are told of; a clock that is off once a peer")
    func raised() {
        let (peer, other) = (NodeKeys.generate().nodeID, NodeKeys.generate().nodeID)
        let found = report(raised: [
            .clock(peer: peer, offsetMilliseconds: 200_000), .clock(peer: peer, offsetMilliseconds: 200_001),
            .unprovenSnapshot(source: other, records: 7), .authorityFork(peer: peer, height: 3),
        ])
        #expect(
            found.matters == [
                AttentionReport.Matter(.unprovenSnapshot, 1, nodes: ["\(other)"]),
                AttentionReport.Matter(.clock, 1, nodes: ["\(peer)"]),
            ]
        )
    }
}
