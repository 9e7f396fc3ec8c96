import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongJSON
import LiandongReports
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

/// What the page and the API tell of a cluster, over a desk that is told what to know.
@Suite("The cluster's page")
struct ClusterPageTests {
    private let cases = MemoryCases()
    private let access = MemoryAccess()
    private let secret = MemoryAccess.secret(1)

    private func answer(
        _ path: String,
        roles: Set<StaffRole> = [.operator],
        language: String = "zh-CN"
    ) async throws -> TestResponse {
        let staff = StaffMember(account: "o", name: "o", roles: roles, scope: PlaceID(raw: 7), way: .session)
        access.state.withLock { $0.sessions[secret] = staff }
        let fields: HTTPFields = [.acceptLanguage: language, .cookie: "session=\(secret.text)"]
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        return try await face.test(.router) { try await $0.execute(uri: path, method: .get, headers: fields) }
    }

    private func page(roles: Set<StaffRole> = [.operator], language: String = "zh-CN") async throws -> String {
        let answer = try await answer("/staff/cluster", roles: roles, language: language)
        #expect(answer.status == .ok)
        let html = String(buffer: answer.body)
        #expect(!html.contains("{{") && !html.contains(" style="))
        return html
    }

    private func isChinese(_ text: some StringProtocol) -> Bool { text.unicodeScalars.contains { $0.value >= 0x2E80 } }

    private func know(_ rows: [StatusReport.Row], _ links: [StatusReport.Link] = [], toldBy: String? = nil) {
        cases.state.withLock { $0.status = SampleStatus.report(rows, links, toldBy: toldBy) }
    }

    /// The drawing, without the words that lie behind it.
    private func drawn(_ html: String) throws -> String {
        let svg = try #require(html.firstMatch(of: /(?s)<svg class="cluster".*?<\/svg>/)).0
        return String(svg.replacing(/<title>.*?<\/title>/, with: ""))
    }

    @Test("Each state of a node is told in words, drawn and in the table, and is a matter of more than colour")
    func states() async throws {
        let states: [(StatusReport.Row, String)] = [
            (SampleStatus.row("a", at: "1"), "正常"),
            (SampleStatus.row("b", at: "2", state: "degraded", health: "degraded"), "降级"),
            (SampleStatus.row("c", at: "3", state: "degraded", health: "read-only"), "只读"),
            (SampleStatus.row("d", at: "4", state: "down", age: 7_500), "断开"),
            (SampleStatus.row("e", at: "5", state: "unknown", age: 90), "消息过时"),
            (SampleStatus.row("f", at: "6", state: "unknown", health: nil, age: nil), "未知"),
            (SampleStatus.row("g", at: "7", state: "revoked"), "已吊销"),
        ]
        know(states.map(\.0), toldBy: "a")
        let html = try await page()
        let drawing = try drawn(html)
        for (row, word) in states {
            #expect(html.contains("\(row.placeCode)</b><small>\(row.node)</small>"))
            #expect(html.contains(">\(word)</span>"), "in the table: \(word)")
            #expect(drawing.contains(">\(word)</text>") == (word != "正常"), "\(word)")
        }
        #expect(drawing.contains("d · 2小时5分前") && drawing.contains("a · 本节点"))
        #expect(html.contains("共 7 个节点：") && html.contains("<p class=\"complete warn\">"))
        let english = try drawn(try await page(language: "en"))
        for word in ["degraded", "read-only", "down", "old word", "unknown", "revoked"] {
            #expect(english.contains(">\(word)</text>"), "\(word)")
        }
        #expect(!isChinese(english))
    }

    @Test("A link says that it is down and since when, paused, or not known; one that is up says nothing")
    func links() async throws {
        know(
            ["a", "b", "c", "d", "e"].map { SampleStatus.row($0, at: $0) },
            [
                SampleStatus.link("a", "b", kind: .lateral),
                SampleStatus.link("a", "c", .down, kind: .lateral, minutes: 192),
                SampleStatus.link("a", "d", .paused, kind: .lateral),
                SampleStatus.link("a", "e", .unknown, kind: .fallback),
            ]
        )
        let html = try await page()
        let labels = try drawn(html).matches(of: /<g class="link[^>]*>.*?<\/g>/).map { String($0.0) }
        #expect(labels.count == 4)
        #expect(labels.count { $0.contains("<text") } == 3)
        #expect(labels.contains { $0.contains("link bad lateral") && $0.contains(">断开 3小时12分</text>") })
        #expect(labels.contains { $0.contains("link warn lateral") && $0.contains(">已暂停</text>") })
        #expect(labels.contains { $0.contains("link calm fallback") && $0.contains(">不详</text>") })
        know(["a", "b"].map { SampleStatus.row($0, at: $0) }, [SampleStatus.link("a", "b", .down, minutes: 0)])
        #expect(try drawn(try await page()).contains(">断开</text>"), "just now")
        #expect(html.contains("连接 4 条：") && html.contains("<td>越级</td>"))
    }

    @Test("Names are cut where there is no room, and never become markup")
    func names() async throws {
        let bad = "<script>alert(1)</script>&\"'"
        know([
            SampleStatus.row(bad, at: "1", named: bad),
            SampleStatus.row("long", at: "2", named: String(repeating: "长", count: 60)),
        ])
        let html = try await page()
        #expect(
            !html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;")
        )
        let drawing = try drawn(html)
        #expect(drawing.contains("长…</text>") && !drawing.contains(String(repeating: "长", count: 30)))
        #expect(html.contains(String(repeating: "长", count: 60)), "whole in the table")
    }

    @Test("How far behind and how far off its clock a node is stands in its box where it is amiss")
    func amiss() async throws {
        know([
            SampleStatus.row("late", at: "1", behind: 12, clock: -300),
            SampleStatus.row("off", at: "2", clock: 150_000), SampleStatus.row("top", at: "3"),
        ])
        let html = try await page()
        let drawing = try drawn(html)
        #expect(drawing.contains("late · 刚刚 · 落后 12<"))
        #expect(drawing.contains("off · 刚刚 · 时钟 +150.0 s"))
        #expect(html.contains(">12（10分）</td>") && html.contains(">−0.3 s</td>") && html.contains(">—</td>"))
    }

    @Test("What is to be looked at is told to operators alone, each with the command that tells more")
    func attention() async throws {
        let matters = [
            AttentionReport.Matter(.futureDated, 3),
            AttentionReport.Matter(.fork, 1, nodes: ["baogong", "baogong"], since: "2026-11-22T01:13:00.000Z"),
            AttentionReport.Matter(.overQuota, 7, nodes: ["a", "b", "c", "d", "e", "f"]),
            AttentionReport.Matter(.stray, 0),
        ]
        cases.state.withLock { $0.matters = matters }
        let html = try await page()
        let list = try #require(html.firstMatch(of: /(?s)<ul class="matters">(.*?)<\/ul>/)?.1)
        let codes = list.matches(of: /<code>(.*?)<\/code>/).map { String($0.1) }
        #expect(
            codes == ["liandong forks", "liandong quota list", "liandong held"],
            "the gravest first, nothing of nothing"
        )
        #expect(list.contains("baogong · 自 2026-11-22 09:13") && list.contains("a、b、c、d等 6 个节点"))
        #expect(try await !page(roles: [.clerk]).contains("class=\"matters\""))
        cases.state.withLock { $0.matters = [] }
        #expect(try await page().contains("没有需要查看的事项。"))
    }

    @Test("Every kind that is to be looked at names a command, and has words in both languages")
    func kinds() async throws {
        cases.state.withLock { $0.matters = AttentionReport.Kind.allCases.map { AttentionReport.Matter($0, 1) } }
        let english = try await page(language: "en")
        let list = try #require(english.firstMatch(of: /(?s)<ul class="matters">(.*?)<\/ul>/)?.1)
        #expect(list.matches(of: /<li/).count == AttentionReport.Kind.allCases.count)
        #expect(!isChinese(list))
        #expect(AttentionReport.Kind.allCases.allSatisfy { $0.command.hasPrefix("liandong ") })
    }

    @Test("The node's broker: none, connected with what waits, or since when it is not and why")
    func broker() async throws {
        let since = "2026-11-22T01:13:00.000Z"
        let why = "cannot connect: <refused>"
        let told: [(StatusReport.Broker, String)] = [
            (.init(), "<dd>未配置</dd>"),
            (
                .init(isConnected: true, since: since, complaint: why, cause: "unreachable", waiting: 4),
                "<dd>2026-11-22 09:13 起已连接，待处理 4 条消息</dd>"
            ),
            (
                .init(isConnected: false, since: since, complaint: why, cause: "unreachable", waiting: 0),
                "<dd>2026-11-22 09:13 起未连接（无人应答）</dd>"
            ),
            (
                .init(isConnected: false, since: since, complaint: nil, cause: nil, waiting: 0),
                "<dd>2026-11-22 09:13 起未连接</dd>"
            ),
        ]
        for (broker, words) in told {
            var report = SampleStatus.report([SampleStatus.row("a", at: "1")])
            report.broker = broker
            cases.state.withLock { [report] in $0.status = report }
            #expect(try await page().contains(words), "\(broker)")
            let status = try JSONValue(parsing: Array(try await answer("/api/v1/status").body.readableBytesView))
            let flaw = SchemaCheck.firstFlaw(of: status, by: Schemas.reference("Status"))
            #expect(flaw == nil && status["broker"]?["configured"] == .bool(broker.configured), "\(flaw ?? "")")
            #expect((status["broker"]?["complaint"] != nil) == (broker.complaint != nil))
        }
        #expect(told[1].0.complaint == nil, "why it was not connected before is no matter now")
    }

    @Test("The API tells what the page tells, by its schema, and what to look at to operators alone")
    func api() async throws {
        know(
            [SampleStatus.row("a", at: "1"), SampleStatus.row("b", at: "2", health: nil)],
            [SampleStatus.link("a", "b", .down)]
        )
        cases.state.withLock {
            $0.matters = [AttentionReport.Matter(.fork, 1, nodes: ["a"], since: "2026-11-22T01:13:00.000Z")]
        }
        for (path, schema) in [("status", "Status"), ("attention", "Attention")] {
            let told = try await answer("/api/v1/\(path)")
            #expect(told.status == .ok)
            let value = try JSONValue(parsing: Array(told.body.readableBytesView))
            let flaw = SchemaCheck.firstFlaw(of: value, by: Schemas.reference(schema))
            #expect(flaw == nil, "\(path): \(flaw ?? "")")
        }
        #expect(try await answer("/api/v1/attention", roles: [.clerk]).status == .forbidden)
        #expect(try await answer("/api/v1/status", roles: [.clerk]).status == .ok)
    }
}
