import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongDomain
import LiandongOpen311
import LiandongReports
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

/// What pages of staff make of what the desk tells.
@Suite("Pages of staff")
struct DeskPageTests {
    private let cases = MemoryCases()
    private let access = MemoryAccess()
    private let secret = MemoryAccess.secret(1)
    private let text = PageText(language: .chinese, catalogue: .current)

    private func answer(_ path: String, _ headers: HTTPFields? = nil) async throws -> TestResponse {
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        let fields = headers ?? [.acceptLanguage: "zh-CN", .cookie: "session=\(secret.text)"]
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        return try await face.test(.router) { try await $0.execute(uri: path, method: .get, headers: fields) }
    }

    private func sync(_ nodes: [TraceReport.Row]?, isVerifying: Bool = false) -> OrderSync {
        let trace = nodes.map { TraceReport(asOf: "", record: "", audience: [], nodes: $0) }
        return OrderSync(trace, isVerifying: isVerifying, AuthorityState(), text)
    }

    private func row(
        _ node: String,
        at place: String,
        isEntitled: Bool = true,
        holds: Bool?,
        missing: Int? = nil,
        saidAt: String? = nil
    ) -> TraceReport.Row {
        TraceReport.Row(
            node: node,
            id: node,
            placeCode: place,
            entitled: isEntitled,
            holds: holds,
            committedAt: holds == true ? "2026-11-22T01:00:00.000Z" : nil,
            missing: missing,
            saidAt: saidAt,
            reason: "in English"
        )
    }

    @Test("Where more have a name than are shown, the search says so")
    func namesakes() async throws {
        let clerk = StaffMember(account: "reg", name: "登记员", roles: [.register], scope: PlaceID(raw: 7), way: .session)
        access.state.withLock { $0.sessions[secret] = clerk }
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        try await face.test(.router) { client in
            for (name, areMore) in [("王", true), ("王小二", false)] {
                let found = try await client.execute(
                    uri: "/staff/residents",
                    method: .post,
                    headers: [
                        .acceptLanguage: "zh-CN", .cookie: "session=\(secret.text)",
                        .contentType: "application/x-www-form-urlencoded",
                    ],
                    body: ByteBuffer(string: "csrf=\(secret.formToken)&q=\(PageRequest.escaped(name))")
                )
                #expect(found.status == .ok)
                #expect(String(buffer: found.body).contains("同名的不止这 50 条登记") == areMore)
            }
        }
    }

    @Test("Where an order is: nothing known is no good news, and each row is told in Chinese")
    func whereItIs() {
        for unknown in [nil, [], [row("a", at: "1", isEntitled: false, holds: false)]] as [[TraceReport.Row]?] {
            let told = sync(unknown)
            #expect(told.words == "不详" && told.tone == "warn" && told.rows.isEmpty)
        }
        let rows = [
            row("a", at: "1", holds: true, missing: 0),
            row("b", at: "2", holds: false, missing: 2, saidAt: "2026-11-22T01:13:00.000Z"),
            row("c", at: "3", holds: nil, saidAt: "2026-11-22T01:14:00.000Z"),
            row("d", at: "4", holds: nil),
        ]
        let told = sync(rows)
        #expect(told.words == "3 个节点等待中" && told.tone == "warn")
        #expect(
            told.rows.map(\.words) == [
                "已同步 2026-11-22 09:00", "等待：缺 2 条更新（2026-11-22 09:13 的消息）", "不详：最近消息 2026-11-22 09:14，未提及",
                "不详：尚无消息",
            ]
        )
        #expect(told.rows.map(\.tone) == ["up", "wait", "wait", "wait"])
        let whole = sync([rows[0]])
        #expect(whole.words == "已同步" && whole.tone == "good")
        let verifying = sync([rows[0]], isVerifying: true)
        #expect(verifying.words == "正在核验" && verifying.tone == "warn")
    }

    @Test("Two nodes of one place are told apart, and one alone goes by its place")
    func nodesOfOnePlace() {
        let told = sync([
            row("east", at: "1", holds: true), row("west", at: "1", holds: nil), row("far", at: "2", holds: true),
        ])
        #expect(told.rows.map(\.place) == ["1 east", "1 west", "2"])
    }

    @Test("The count of a consultation is told in Chinese: the rule, and why a ballot is not counted")
    func consultation() async throws {
        let reasons = ["not-first", "late", "unknown-option"]
        let ballots = reasons.map { #"{"ballot": "b", "at": "2026-11-22T01:00:00.000Z", "reason": "\#($0)"}"# }
        let json = """
            {
                "schema": "liandong.consultation/1", "as_of": "2026-11-22T01:00:00.000Z", "id": "07",
                "place": {"code": "1", "name": "包公社区"}, "title": "是否加装电梯", "text": "说明",
                "created_at": "2026-11-20T01:00:00.000Z", "closes_at": "2026-11-23T01:00:00.000Z",
                "options": [{"code": "1", "title": "赞成"}], "rule": "first ballot by HLC counts",
                "is_provisional": true, "counted": 1,
                "tally": [{"option": "1", "title": "赞成", "ballots": 1}], "uncounted": [\(ballots.joined(separator: ","))],
                "uncounted_count": 3, "opinions": [], "opinion_count": 0, "verifying": false
            }
            """
        let report = try ReportCoding.decoder.decode(ConsultationReport.self, from: Data(json.utf8))
        cases.state.withLock { $0.consultation = report }
        let page = try await answer("/staff/consultations/\(String(repeating: "07", count: 16))")
        #expect(page.status == .ok)
        let html = String(buffer: page.body)
        let results = try #require(html.firstMatch(of: /(?s)<div id="results"[^>]*>(.*)<section class="card"><p/)?.1)
        let words = results.replacing(/<[^>]*>/, with: "")
        #expect(words.contains("最早的一张计入") && words.contains("此前已投过票"))
        #expect(words.firstMatch(of: /[A-Za-z]+/) == nil, "\(words)")
    }

    @Test("A consultation is open until its time or its closing, whichever comes first")
    func open() {
        let end = Instant(milliseconds: 1_000)
        func row(closed: Bool) -> ConsultationsReport.Row {
            ConsultationsReport.Row(
                id: "",
                place: PlaceReport(code: "1", name: ""),
                title: "",
                closed: closed,
                closesAt: end.iso8601,
                counted: 0,
                verifying: false
            )
        }
        #expect(row(closed: false).isOpen(at: Instant(milliseconds: 999)))
        #expect(!row(closed: false).isOpen(at: end))
        #expect(!row(closed: true).isOpen(at: Instant(milliseconds: 999)))
    }

    @Test("Where more orders are open than are drawn, the late ones are asked for, and the page says what it counts")
    func map() async throws {
        func order(_ number: Int, isLate: Bool = false) -> String {
            """
            {
                "number": "\(number)", "status": "accepted", "is_open": true, "service": "0303", "accepted_at": "1",
                "place": "1", "holder": "1", "offered_to": [], "disputed": false, "conflicted": false, "round": 1, "requested_at": "",
                "updated_at": "", "due": "", "overdue": \(isLate), "text": "", "verifying": false
            }
            """
        }
        func found(_ orders: [String], next: String?) throws -> OrdersReport {
            let rows = try ReportCoding.decoder.decode(
                [OrdersReport.Row].self,
                from: Data("[\(orders.joined(separator: ","))]".utf8)
            )
            return OrdersReport(orders: rows, next: next, at: Instant(milliseconds: 0))
        }
        func drawn() async throws -> DeskMap {
            try await DeskMap(cases, of: PlaceID(raw: 7), withAlarms: false, at: Instant(milliseconds: 0))
        }
        let newest = [order(3, isLate: true), order(2)]
        let only = try found(newest, next: nil)
        cases.state.withLock { $0.found = [only] }
        let all = try await drawn()
        #expect(all.orders.map(\.number) == ["2", "3"] && !all.isMore)
        #expect(cases.state.withLock(\.queries).map(\.isOverdue) == [false])

        let answers = [
            try found(newest, next: "n"), try found([order(3, isLate: true), order(1, isLate: true)], next: nil),
        ]
        cases.state.withLock { $0.found = answers[...] }
        let some = try await drawn()
        #expect(some.orders.map(\.number) == ["2", "3", "1"] && some.isMore && some.report.more)
        #expect(cases.state.withLock(\.queries).map(\.isOverdue) == [false, false, true])
        for (open, isLimited) in [(640, true), (500, false)] {
            cases.state.withLock { $0.loads = [PlaceLoad(place: PlaceID(raw: 7), open: open, overdue: 21)] }
            let page = String(buffer: try await answer("/staff/map").body)
            #expect(page.contains("在办 \(open) 件") && page.contains("图上最多画 500 件") == isLimited)
        }
        #expect(cases.state.withLock(\.queries).count == 3, "what is drawn is the script's to ask for")
    }

    @Test("The dashboard tells a token of the nodes where it may read their status, and of the figures without")
    func dashboard() async throws {
        for (scopes, isTold) in [(["orders:read"], false), (["orders:read", "status:read"], true)] {
            let staff = StaffMember(
                account: "p",
                name: "p",
                roles: [.clerk],
                scope: PlaceID(raw: 7),
                way: .token(id: "t", scopes: Set(scopes.compactMap { TokenScope($0) }))
            )
            access.state.withLock { $0.tokens[secret] = staff }
            let told = try await answer("/api/v1/dashboard", [.authorization: "Bearer \(secret.token)"])
            #expect(told.status == .ok)
            let members = try #require(
                try JSONSerialization.jsonObject(with: Data(told.body.readableBytesView)) as? [String: Any]
            )
            #expect((members["nodes"] != nil) == isTold && members["rates"] != nil, "\(scopes)")
        }
    }

    @Test("A session that ends is said on every page of staff by its script, which has the words at hand")
    func ended() async throws {
        let html = String(buffer: try await answer("/staff").body)
        #expect(html.contains("id=\"ended\"") && html.contains("登录已结束，请重新登录。"))
    }
}
