import HTTPTypes
import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports

// The dashboard: figures drawn by the server, and how complete they are.
extension PageRoutes {
    func addDashboardPages(to router: Router<HTTPFace.Context>) {
        add("/staff/dashboard", to: router, get: { try await dashboard($0) })
    }

    private struct DashboardPage {
        let cards: [Card]
        let rates: [Rate]
        let trend: TrendChart
        let states: [Bar]
        let services: [Bar]
        let completeness: String
        let tone: String
        let silent: [Node]
        let asOf: String

        struct Card {
            let name: String
            let count: Int
            let link: String
            let tone: String
        }

        /// A ring that is filled as far as the rate goes; its circumference is 100.
        struct Rate {
            let name: String
            let meaning: String
            let percent: String
            let filled: Int
            let of: String
        }

        struct Bar {
            let name: String
            let count: Int
            /// 0 to 100.
            let width: Int
        }

        struct Node {
            let name: String
            let words: String
        }
    }

    private func dashboard(_ request: PageRequest) async throws -> Response {
        let staff = try request.visitor.requireStaff(token: nil)
        let found = try await desk.dashboard(in: staff.scope)
        let text = text(request)
        let nodes = found.nodes ?? []
        let silent = nodes.filter { $0.state != "ok" && $0.state != "degraded" }
        let heard = nodes.count - silent.count
        let page = DashboardPage(
            cards: cards(found, text),
            rates: rates(found.rates, text),
            trend: TrendChart(found.days),
            states: PageRoutes.bars(found.open.map { (text.status($0.status), $0.count) }),
            services: PageRoutes.bars(found.services.map { (text.service($0.service), $0.count) }),
            completeness: nodes.isEmpty
                ? text(Localized("本节点之外没有其他节点。", "There is no other node."))
                : text(
                    Localized(
                        "上下级 \(nodes.count) 个节点，\(heard) 个有最新消息。",
                        "\(heard) of \(nodes.count) nodes above and below were heard of just now."
                    )
                ),
            tone: silent.isEmpty ? "good" : "warn",
            silent: silent.map { node in
                let age = node.ageSeconds.map { seconds in
                    let since = text.duration(seconds: seconds)
                    return text(
                        node.state == "down"
                            ? Localized("断开 \(since)", "cut off for \(since)")
                            : Localized("\(since)无消息", "silent for \(since)")
                    )
                }
                return .init(
                    name: "\(node.place.name) \(node.node)",
                    words: age ?? text(Localized("尚无消息", "not heard of yet"))
                )
            },
            asOf: text.time(found.asOf)
        )
        return await self.page(.dashboard, page, titled: text(Localized("看板", "Dashboard")), request)
    }

    private func cards(_ found: DashboardReport, _ text: PageText) -> [DashboardPage.Card] {
        let today = found.days.last
        return [
            .init(
                name: text(Localized("在办", "Open")),
                count: found.open.reduce(0) { $0 + $1.count },
                link: "/staff?view=open",
                tone: ""
            ),
            .init(
                name: text(Localized("已超时", "Overdue")),
                count: found.overdue,
                link: "/staff?view=overdue",
                tone: found.overdue > 0 ? "bad" : ""
            ),
            .init(
                name: text(Localized("争议与冲突", "Disputes, conflicts")),
                count: found.disputed,
                link: "/staff?view=disputed",
                tone: found.disputed > 0 ? "warn" : ""
            ),
            .init(
                name: text(Localized("今日新增", "Today")),
                count: today?.requested ?? 0,
                link: "/staff?view=open",
                tone: ""
            ),
            .init(
                name: text(Localized("今日办结", "Handled today")),
                count: today?.handled ?? 0,
                link: "/staff?view=closed",
                tone: ""
            ),
        ]
    }

    private func rates(_ rates: DashboardReport.Rates, _ text: PageText) -> [DashboardPage.Rate] {
        func rate(_ name: Localized, _ meaning: Localized, _ rate: DashboardReport.Rate) -> DashboardPage.Rate {
            let percent = rate.whole > 0 ? (rate.part * 100 + rate.whole / 2) / rate.whole : nil
            return .init(
                name: text(name),
                meaning: text(meaning),
                percent: percent.map { "\($0)%" } ?? "—",
                filled: percent ?? 0,
                of: "\(rate.part) / \(rate.whole)"
            )
        }
        return [
            rate(
                Localized("响应率", "Response"),
                Localized("24小时内受理", "taken up within 24 hours"),
                rates.response
            ),
            rate(
                Localized("解决率", "Resolution"),
                Localized("到期或办完的诉求中已解决的", "handled, of those handled, declined or past their time"),
                rates.resolution
            ),
            rate(
                Localized("满意率", "Satisfaction"),
                Localized("评价四星及以上", "four stars or five, of those rated"),
                rates.satisfaction
            ),
        ]
    }

    private static func bars(_ counts: [(name: String, count: Int)]) -> [DashboardPage.Bar] {
        let most = max(1, counts.map(\.count).max() ?? 1)
        return counts.map { .init(name: $0.name, count: $0.count, width: $0.count * 100 / most) }
    }
}

/// Two bars a day, in a box of 720 × 180.
struct TrendChart: Sendable {
    private static let (width, height, slot) = (720, 180, 24)

    let days: [Day]
    /// The greatest value, which the upper line stands for.
    let most: Int
    let first: String
    let last: String

    struct Day: Sendable {
        let day: String
        let requested: Int
        let handled: Int
        /// Where its bars begin and how high they are.
        let x: Int
        let x2: Int
        let y: Int
        let height: Int
        let y2: Int
        let height2: Int
    }

    init(_ days: [DashboardReport.Day]) {
        let most = max(1, days.map { max($0.requested, $0.handled) }.max() ?? 1)
        self.most = most
        self.first = days.first.map { String($0.day.suffix(5)) } ?? ""
        self.last = days.last.map { String($0.day.suffix(5)) } ?? ""
        self.days = days.enumerated().map { index, day in
            let (high, high2) = (day.requested * Self.height / most, day.handled * Self.height / most)
            return Day(
                day: day.day,
                requested: day.requested,
                handled: day.handled,
                x: index * Self.slot + 3,
                x2: index * Self.slot + 12,
                y: Self.height - high,
                height: high,
                y2: Self.height - high2,
                height2: high2
            )
        }
    }
}
