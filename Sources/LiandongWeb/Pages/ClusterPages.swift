import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// The cluster as this node knows it: drawn, and the same as tables; beside it what the operator has to look at.
extension PageRoutes {
    func addClusterPages(to router: Router<HTTPFace.Context>) {
        add("/staff/cluster", to: router, get: { try await cluster($0) })
    }

    private struct ClusterPage {
        let asOf: String
        let summary: String
        let tone: String
        let drawing: ClusterView
        let rows: [ClusterWords.Node]
        let links: [ClusterWords.Link]
        let facts: [PageFact]
        /// Nil for who is no operator.
        let attention: Attention?

        struct Attention {
            let matters: [Matter]
            let isAny: Bool
        }

        struct Matter {
            let title: String
            let count: Int
            let tone: String
            /// Which nodes, and since when.
            let more: String
            let command: String
        }
    }

    private func cluster(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let text = text(request)
        let status = await desk.status()
        let authority = desk.authority
        let places = authority.places.values.map { place in
            ClusterDrawing.Place(
                code: place.code,
                name: place.name,
                parent: place.parent.map { authority.code(of: $0) }
            )
        }
        let drawing = ClusterDrawing(status, places: places)
        let words = ClusterWords(status, text)
        let attention = staff.has(.operator) ? try await desk.attention() : nil
        let page = ClusterPage(
            asOf: text.time(status.asOf),
            summary: words.summary,
            tone: words.isWell ? "good" : "warn",
            drawing: ClusterView(drawing, words, places: places),
            // As the tree has them: each place behind the one above it.
            rows: drawing.boxes.compactMap { $0.node.flatMap { words.nodes[$0] } },
            links: status.links.map { words.words(of: $0) },
            facts: facts(status, text) + [revoked(authority, text)].compactMap(\.self),
            attention: attention.map { report in
                ClusterPage.Attention(
                    matters: report.matters.map { matter($0, text) },
                    isAny: !report.matters.isEmpty
                )
            }
        )
        return await self.page(.cluster, page, titled: text(Localized("节点", "Cluster")), request)
    }

    // MARK: Beside the drawing

    private func matter(_ matter: AttentionReport.Matter, _ text: PageText) -> ClusterPage.Matter {
        let shown = matter.nodes.prefix(4).joined(separator: text(Localized("、", ", ")))
        let rest = matter.nodes.count - 4
        let nodes =
            rest > 0 ? text(Localized("\(shown)等 \(matter.nodes.count) 个节点", "\(shown) and \(rest) more")) : shown
        let since = matter.since.map { text(Localized("自 \(text.time($0))", "since \(text.time($0))")) }
        return ClusterPage.Matter(
            title: text(matter.kind.title),
            count: matter.count,
            tone: matter.kind.tone,
            more: [nodes, since ?? ""].filter { !$0.isEmpty }.joined(separator: " · "),
            command: matter.command
        )
    }

    /// The nodes that stand in no drawing any more.
    private func revoked(_ authority: AuthorityState, _ text: PageText) -> PageFact? {
        let nodes = authority.revocations.filter { !$0.value.isContinued }.keys.sorted()
        let names = nodes.map { node in
            let place = authority.place(of: node).flatMap { authority.places[$0]?.name } ?? ""
            return "\(place) \(authority.nodes[node]?.name ?? "\(node)")"
        }
        return PageFact(
            text(Localized("已吊销", "Revoked")),
            names.isEmpty ? nil : names.joined(separator: text(Localized("、", ", ")))
        )
    }

    /// Complaints are English; this is what their causes are in Chinese.
    private static let brokerCauses = [
        "unreachable": "无人应答", "refused": "被拒绝登录", "silent": "未按时答复", "misconfigured": "程序或配置有误",
        "notTaken": "本节点暂时无法收下，消息留在代理",
    ]

    private func broker(_ broker: StatusReport.Broker, _ text: PageText) -> String {
        guard broker.configured else { return text(Localized("未配置", "none")) }
        let since = broker.since.map(text.time) ?? ""
        guard broker.connected else {
            let cause = broker.cause.map { PageRoutes.brokerCauses[$0] ?? "见节点日志" } ?? ""
            let why = broker.complaint.map { text(Localized("（\(cause)）", ": \($0)")) } ?? ""
            return text(Localized("\(since) 起未连接\(why)", "not connected since \(since)\(why)"))
        }
        return text(
            Localized(
                "\(since) 起已连接，待处理 \(broker.waiting) 条消息",
                "connected since \(since), \(broker.waiting) messages waiting"
            )
        )
    }

    private func facts(_ status: StatusReport, _ text: PageText) -> [PageFact] {
        [
            PageFact(
                text(Localized("签发节点", "Signer")),
                status.signer.map { signer in
                    let state: Localized =
                        if signer.reachable {
                            Localized("可达", "reachable")
                        } else if let since = signer.unreachableSince.map(text.time) {
                            Localized("\(since) 起失联", "out of reach since \(since)")
                        } else {
                            Localized("尚无消息", "not heard of yet")
                        }
                    return "\(signer.node) · \(text(state))"
                }
            ),
            PageFact(text(Localized("MQTT 消息代理", "MQTT broker")), broker(status.broker, text)),
            PageFact(
                text(Localized("快照", "Snapshot")),
                status.verifyingSince.map {
                    text(Localized("\(text.time($0)) 起核验中", "being verified since \(text.time($0))"))
                }
            ),
            PageFact(
                text(Localized("删除", "Erasures")),
                status.erasures.mayBeOutstanding
                    ? text(
                        Localized(
                            "数据目录是恢复的，尚未从上级得知其间删除了什么",
                            "the data was put back, and nobody above has told yet what was erased since"
                        )
                    )
                    : status.erasures.unfinished > 0
                        ? text(
                            Localized(
                                "\(status.erasures.unfinished) 项尚未从磁盘清除",
                                "\(status.erasures.unfinished) not yet off the disk"
                            )
                        ) : text(Localized("已全部清除", "none unfinished"))
            ),
        ].compactMap(\.self)
    }
}

extension AttentionReport.Kind {
    /// As pages show it.
    fileprivate var title: Localized {
        switch self {
        case .fork: Localized("分叉：同一节点写出两套历史", "forks: two histories of one node")
        case .rewoundLane, .rewoundStore: Localized("本节点数据回退或另有副本在运行", "this replica went back in time, or a copy runs")
        case .authorityFork: Localized("授权链不一致", "authority chains that differ")
        case .rot: Localized("磁盘损坏的数据", "deltas that rotted on the disk")
        case .unprovenSnapshot: Localized("未获证实的快照", "snapshots that were not borne out")
        case .clock: Localized("时钟相差过大的节点", "nodes whose clock is too far off")
        case .erasuresOutstanding: Localized("恢复的数据中可能仍有已删除内容", "data put back may hold what was erased")
        case .erasuresUnfinished: Localized("尚未从本机磁盘清除的删除", "erasures not yet off this disk")
        case .erasuresLate: Localized("尚未到达所有节点的删除", "erasures not confirmed by every node")
        case .undecodable: Localized("无法读取的更新", "ops that cannot be read")
        case .refused: Localized("被拒绝的更新", "ops that were refused")
        case .stray: Localized("写入无关范围的更新", "strays: ops outside their record's places")
        case .unknownField: Localized("新版本写入、待升级后生效的更新", "ops of a newer build, waiting for an upgrade")
        case .recordUnknown: Localized("等待所属记录的更新", "ops waiting for their record")
        case .futureDated: Localized("时间在未来、待到期生效的更新", "future-dated ops, waiting for their time")
        case .quarantined: Localized("已吊销节点的隔离数据", "deltas of revoked nodes, in quarantine")
        case .refusedDeltas: Localized("越权而拒收的数据", "deltas turned away, their origin having no right")
        case .overQuota: Localized("超出代办配额、等待放行的数据", "deltas over their origin's quota, waiting")
        case .muted: Localized("已静默的节点", "nodes that are muted")
        case .toTakeOver: Localized("需要接管的记录", "records to take over")
        case .handOver: Localized("正在移交的数据", "lanes being handed over")
        }
    }

    fileprivate var tone: String {
        switch self {
        case .fork, .rewoundLane, .rewoundStore, .authorityFork, .rot, .unprovenSnapshot, .erasuresOutstanding: "bad"
        case .clock, .erasuresUnfinished, .erasuresLate, .undecodable, .refused, .stray, .unknownField, .quarantined,
            .refusedDeltas, .overQuota, .toTakeOver:
            "warn"
        // They end by themselves, or are as somebody wanted them.
        case .recordUnknown, .futureDated, .muted, .handOver: "calm"
        }
    }
}
