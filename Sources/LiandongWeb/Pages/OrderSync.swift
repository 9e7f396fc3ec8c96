import LiandongCore
import LiandongDomain
import LiandongReports

/// Which nodes hold an order: 已同步, 等待, 不详 or 正在核验; of each node that is to hold it since when it does, or why not.
struct OrderSync: Sendable {
    let words: String
    let tone: String
    let rows: [Row]

    struct Row: Sendable {
        let place: String
        let words: String
        let tone: String
    }

    /// - Parameter trace: nil where nothing is known.
    init(_ trace: TraceReport?, isVerifying: Bool, _ authority: AuthorityState, _ text: PageText) {
        let nodes = (trace?.nodes ?? []).filter(\.entitled)
        let waiting = nodes.count { $0.holds != true }
        let state: Localized =
            if isVerifying {
                Localized("正在核验", "being verified")
            } else if nodes.isEmpty {
                Localized("不详", "not known")
            } else if waiting > 0 {
                Localized("\(waiting) 个节点等待中", "\(waiting) nodes wait")
            } else {
                Localized("已同步", "in sync")
            }
        self.words = text(state)
        self.tone = isVerifying || nodes.isEmpty || waiting > 0 ? "warn" : "good"
        let nodesOfPlace = Dictionary(grouping: nodes, by: \.placeCode)
        self.rows = nodes.map { node in
            let place = authority.place(code: node.placeCode)?.name ?? node.placeCode
            let isAlone = nodesOfPlace[node.placeCode]?.count == 1
            return Row(
                place: isAlone ? place : "\(place) \(node.node)",
                words: OrderSync.words(of: node, text),
                tone: node.holds == true ? "up" : "wait"
            )
        }
    }

    private static func words(of node: TraceReport.Row, _ text: PageText) -> String {
        let said = node.saidAt.map { text.time($0) }
        let words: Localized =
            switch (node.holds, node.missing, said) {
            case (true?, _, _):
                node.committedAt.map { text.time($0) }.map { Localized("已同步 \($0)", "in sync \($0)") }
                    ?? Localized("已同步", "in sync")
            case (false?, let missing?, let said?):
                Localized("等待：缺 \(missing) 条更新（\(said) 的消息）", "waits: lacks \(missing) deltas, by its word of \(said)")
            case (false?, _, _): Localized("等待", "waits")
            case (nil, _, let said?):
                Localized("不详：最近消息 \(said)，未提及", "not known: last heard of \(said), with no word of this")
            case (nil, _, nil): Localized("不详：尚无消息", "not known: not heard of yet")
            }
        return text(words)
    }
}
