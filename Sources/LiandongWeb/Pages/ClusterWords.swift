import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

/// How a cluster's status is worded, for its drawing and its tables alike.
struct ClusterWords: Sendable {
    /// A node, by all that is known of it.
    struct Node: Sendable {
        let id: String
        let place: String
        let node: String
        let tier: String
        let state: String
        let tone: String
        let isWell: Bool
        let isHere: Bool
        let heard: String
        let behind: String
        let links: String
        let clock: String
        /// Off by more than the guard lets pass.
        let isClockOff: Bool
        let version: String
        /// What is worth a second line: whose word is how old, and what is amiss.
        let brief: String

        /// All of it in one line.
        let whole: String
    }

    struct Link: Sendable {
        let upper: String
        let lower: String
        let kind: String
        let state: String
        let tone: String
        let since: String
        let toldBy: String
        /// Beside the line; nil while it is up.
        let label: String?
        let whole: String
    }

    let nodes: [String: Node]
    private let status: StatusReport
    let text: PageText

    init(_ status: StatusReport, _ text: PageText) {
        self.status = status
        self.text = text
        let nodes = status.nodes.map { ClusterWords.node($0, isHere: $0.id == status.toldBy, text) }
        self.nodes = Dictionary(nodes.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Whether every node and every link is as it should be.
    var isWell: Bool { nodes.values.allSatisfy(\.isWell) && status.links.allSatisfy { $0.state == .up } }

    /// How many nodes and links there are in each state, the most first.
    var summary: String {
        let states = status.nodes.compactMap { nodes[$0.id]?.state }
        let links = status.links.map { text(ClusterWords.words(of: $0.state).words) }
        let (nodeCounts, linkCounts) = (counted(states), counted(links))
        return text(
            Localized(
                "共 \(states.count) 个节点：\(nodeCounts)。" + (links.isEmpty ? "" : "连接 \(links.count) 条：\(linkCounts)。"),
                "Nodes: \(states.count), \(nodeCounts). "
                    + (links.isEmpty ? "" : "Links: \(links.count), \(linkCounts).")
            )
        )
    }

    /// How many there are of each, the most first.
    private func counted(_ words: [String]) -> String {
        Dictionary(grouping: words, by: \.self).map { ($0.key, $0.value.count) }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
            .map { "\($0) \($1)" }.joined(separator: text(Localized("，", ", ")))
    }

    // MARK: Nodes

    private static func node(_ row: StatusReport.Row, isHere: Bool, _ text: PageText) -> Node {
        let (words, tone) = state(of: row)
        let state = text(words)
        let heard =
            isHere
            ? text(Localized("本节点", "this node"))
            : row.ageSeconds.map { age in
                age < 60
                    ? text(Localized("刚刚", "just now"))
                    : text(Localized("\(text.duration(seconds: age))前", "\(text.duration(seconds: age)) ago"))
            } ?? text(Localized("从未", "never"))
        let isClockOff = row.clockOffsetMilliseconds.map { $0.magnitude > UInt64(ClockGuard.tolerance) } ?? false
        let clock = row.clockOffsetMilliseconds.map { offset(milliseconds: $0) } ?? "—"
        let behindFor = text.duration(seconds: row.behindSeconds)
        let behind =
            row.behindOps > 0
            ? text(Localized("\(row.behindOps)（\(behindFor)）", "\(row.behindOps) (\(behindFor))")) : "0"
        let late = row.behindOps > 0 ? text(Localized("落后 \(row.behindOps)", "\(row.behindOps) behind")) : ""
        let off = isClockOff ? text(Localized("时钟 \(clock)", "clock \(clock)")) : ""
        let place = row.placeName.isEmpty ? row.placeCode : row.placeName
        let whole = text(
            Localized(
                "\(place) \(row.node)：\(state)；最近消息：\(heard)；落后 \(behind)；连接 \(row.linksUp)/\(row.linksTotal)；时钟差 \(clock)",
                "\(place) \(row.node): \(state); last word: \(heard); behind: \(behind); links \(row.linksUp)/\(row.linksTotal); "
                    + "clock \(clock)"
            )
        )
        return Node(
            id: row.id,
            place: place,
            node: row.node,
            tier: row.tier,
            state: state,
            tone: tone,
            isWell: row.state == "ok",
            isHere: isHere,
            heard: heard,
            behind: behind,
            links: "\(row.linksUp)/\(row.linksTotal)",
            clock: clock,
            isClockOff: isClockOff,
            version: row.version ?? "",
            brief: [row.node, heard, late, off].filter { !$0.isEmpty }.joined(separator: " · "),
            whole: whole
        )
    }

    private static func state(of row: StatusReport.Row) -> (words: Localized, tone: String) {
        switch (row.state, row.health) {
        case ("ok", _): (Localized("正常", "ok"), "good")
        case ("degraded", "read-only"?): (Localized("只读", "read-only"), "warn")
        case ("degraded", _): (Localized("降级", "degraded"), "warn")
        case ("down", _): (Localized("断开", "down"), "bad")
        case ("revoked", _): (Localized("已吊销", "revoked"), "bad")
        default:
            row.ageSeconds == nil
                ? (Localized("未知", "unknown"), "calm") : (Localized("消息过时", "old word"), "warn")
        }
    }

    /// "+0.3 s"; minutes where it is far off.
    private static func offset(milliseconds: Int64) -> String {
        let tenths = milliseconds.magnitude / 100
        let sign = tenths == 0 ? "" : milliseconds > 0 ? "+" : "−"
        return tenths < 6_000 ? "\(sign)\(tenths / 10).\(tenths % 10) s" : "\(sign)\(tenths / 600) min"
    }

    // MARK: Links

    func words(of link: StatusReport.Link) -> Link {
        let (upper, lower, teller) = (name(of: link.upper), name(of: link.lower), name(of: link.toldBy))
        let (words, tone) = ClusterWords.words(of: link.state)
        let (state, kind, since) = (text(words), text(ClusterWords.words(of: link.kind)), text.time(link.since))
        let label: String? =
            switch link.state {
            case .up: nil
            case .down: [state, elapsed(since: link.since)].filter { !$0.isEmpty }.joined(separator: " ")
            case .paused, .unknown: state
            }
        return Link(
            upper: upper,
            lower: lower,
            kind: kind,
            state: state,
            tone: tone,
            since: since,
            toldBy: teller,
            label: label,
            whole: text(
                Localized(
                    "\(upper) – \(lower)（\(kind)）：\(state)，自 \(since)，据 \(teller)",
                    "\(upper) – \(lower) (\(kind)): \(state) since \(since), as \(teller) has it"
                )
            )
        )
    }

    private func name(of node: String) -> String {
        nodes[node].map { "\($0.place) \($0.node)" } ?? String(node.prefix(12))
    }

    /// Up to the report's own time; nothing where either is no time, and in the first minute.
    private func elapsed(since: String) -> String {
        guard let from = GeoReportTime.instant(since), let to = GeoReportTime.instant(status.asOf) else { return "" }
        let seconds = Double(to.milliseconds(since: from)) / 1_000
        return seconds < 60 ? "" : text.duration(seconds: seconds)
    }

    static func words(of state: StatusReport.Link.State) -> (words: Localized, tone: String) {
        switch state {
        case .up: (Localized("连通", "up"), "good")
        case .down: (Localized("断开", "down"), "bad")
        case .paused: (Localized("已暂停", "paused"), "warn")
        case .unknown: (Localized("不详", "unknown"), "calm")
        }
    }

    private static func words(of kind: StatusReport.Link.Kind) -> Localized {
        switch kind {
        case .tree: Localized("上下级", "up and down")
        case .sibling: Localized("同一地点", "one place")
        case .lateral: Localized("横向", "lateral")
        case .fallback: Localized("越级", "further up")
        }
    }
}
