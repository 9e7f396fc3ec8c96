import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongDomain
import LiandongReports
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

/// The pages of voting, notices and the counter over a desk that takes nothing in; `Tests/Pages` walks those of nodes.
@Suite("Voting, notices and the counter")
struct VotePageTests {
    private let cases = MemoryCases()
    private let id = String(repeating: "07", count: 16)

    private func report(
        closesAt: String = "2999-01-01T01:00:00.000Z",
        withCodes: Int? = 2,
        hidden: Bool = true
    ) throws -> ConsultationReport {
        let roll = withCodes.map {
            #""roll": {"entries": 3, "with_codes": \#($0), "counts_hidden": \#(hidden)},"#
        }
        let tally = hidden ? "" : #"{"option": "1", "title": "赞成", "ballots": 7}"#
        let json = """
            {
                "schema": "liandong.consultation/1", "as_of": "2026-11-22T01:00:00.000Z", "id": "\(id)",
                "place": {"code": "1", "name": "包公社区"}, "title": "是否加装电梯", "text": "说明",
                "created_at": "2026-11-20T01:00:00.000Z", "closes_at": "\(closesAt)",
                "options": [{"code": "1", "title": "赞成"}, {"code": "2", "title": "反对"}], "rule": "r", \(roll ?? "")
                "is_provisional": true, "counted": 1, "tally": [\(tally)], "uncounted": [],
                "uncounted_count": 0, "opinions": [], "opinion_count": 0, "verifying": false
            }
            """
        return try ReportCoding.decoder.decode(ConsultationReport.self, from: Data(json.utf8))
    }

    private func ask(
        _ path: String,
        _ method: HTTPRequest.Method = .get,
        _ form: String = "",
        headers: HTTPFields = [:],
        access: MemoryAccess = MemoryAccess()
    ) async throws -> TestResponse {
        var headers = headers
        if method == .post { headers[.contentType] = "application/x-www-form-urlencoded" }
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        return try await face.test(.router) { [headers] client in
            try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: form))
        }
    }

    @Test("A roll's consultation leads to the vote, and tells its counts once it is over")
    func consultation() async throws {
        let open = try report()
        cases.state.withLock { $0.consultation = open }
        let page = String(buffer: try await ask("/consultations/\(id)").body)
        #expect(page.contains("href=\"/consultations/\(id)/vote\"") && page.contains("已投 1 票，名册共 3 项"))
        #expect(!page.contains("<table>") && !page.contains("持身份证"))
        let over = try report(closesAt: "2026-01-01T01:00:00.000Z", hidden: false)
        cases.state.withLock { $0.consultation = over }
        let later = String(buffer: try await ask("/consultations/\(id)").body)
        #expect(!later.contains("/vote\"") && later.contains("<table>") && later.contains(">7<"))
        #expect(later.contains("/receipt\""))
    }

    @Test("Nobody can vote where there is no roll, no code yet, or no time left; each is said")
    func shut() async throws {
        for (found, words) in [
            (try report(withCodes: nil), "没有名册"), (try report(withCodes: 0), "还没有发放"),
            (try report(closesAt: "2026-01-01T01:00:00.000Z"), "已经结束"),
        ] {
            cases.state.withLock { $0.consultation = found }
            for method in [HTTPRequest.Method.get, .post] {
                let page = try await ask("/consultations/\(id)/vote", method, "entry=a&code=1&step=cast&option=1")
                #expect(
                    String(buffer: page.body).contains(words) && !String(buffer: page.body).contains("name=\"code\"")
                )
            }
        }
        #expect(cases.state.withLock(\.guesses).isEmpty && cases.state.withLock(\.performers).isEmpty)
        cases.state.withLock { $0.consultation = nil }
        #expect(try await ask("/consultations/\(id)/vote").status == .notFound)
    }

    @Test("Every step asks for entry and code anew; a wrong one and an unknown entry have the same answer")
    func guesses() async throws {
        let open = try report()
        cases.state.withLock {
            $0.consultation = open
            $0.voters = [RollVoter(entry: "3-2-501", code: "123456789012")]
        }
        var bodies: Set<String> = []
        for step in ["open", "choose", "cast"] {
            for form in ["entry=3-2-501&code=1", "entry=9-9-999&code=123456789012"] {
                let page = try await ask("/consultations/\(id)/vote", .post, "\(form)&step=\(step)&option=1")
                #expect(page.status == .forbidden)
                let html = String(buffer: page.body)
                #expect(!html.contains("123456789012"), "the code is not sent back")
                #expect(html.contains("名册中没有这一项，或投票码不符"))
                bodies.insert(html.replacing("3-2-501", with: "").replacing("9-9-999", with: ""))
            }
        }
        #expect(bodies.count == 1)
        #expect(cases.state.withLock(\.guesses).count == 6)
        #expect(cases.state.withLock(\.performers).isEmpty)
    }

    @Test("With the right code something has to be chosen, and is shown before it is cast")
    func choosing() async throws {
        let open = try report()
        cases.state.withLock {
            $0.consultation = open
            $0.voters = [RollVoter(entry: "3-2-501", code: "123456789012")]
        }
        let form = "entry=3-2-501&code=123456789012"
        let nothing = try await ask("/consultations/\(id)/vote", .post, "\(form)&step=choose")
        #expect(nothing.status == .badRequest)
        #expect(String(buffer: nothing.body).contains("type=\"radio\" name=\"option\" value=\"2\""))
        let cast = try await ask("/consultations/\(id)/vote", .post, "\(form)&step=cast&option=2&key=k")
        #expect(cast.status == .notFound, "this desk takes nothing in")
        #expect(cases.state.withLock(\.performers) == [.resident])
    }

    @Test("A receipt is found however its number is typed, and says nothing of the choice")
    func receipt() async throws {
        let open = try report()
        let json = """
            {
                "schema": "liandong.ballot/1", "as_of": "2026-11-22T01:00:00.000Z", "consultation": "\(id)",
                "id": "00000000000000ab", "at": "2026-11-22T01:00:00.000Z", "place": {"code": "1", "name": "包公社区"},
                "counts": false, "reason": "not-first", "is_provisional": true
            }
            """
        let ballot = try ReportCoding.decoder.decode(BallotReport.self, from: Data(json.utf8))
        cases.state.withLock {
            $0.consultation = open
            $0.ballot = ballot
        }
        for number in ["00000000000000ab", "0000%200000-0000%2000AB"] {
            let page = try await ask("/consultations/\(id)/receipt?number=\(number)")
            let html = String(buffer: page.body)
            #expect(page.status == .ok && html.contains("未计入") && html.contains("此前已投过票"))
            #expect(!html.contains("赞成") && !html.contains("反对"))
        }
        for number in ["1", "zz", "00000000000000ac"] {
            #expect(try await ask("/consultations/\(id)/receipt?number=\(number)").status == .notFound)
        }
        let api = try await ask("/api/v1/consultations/\(id)/ballots/00000000000000ab")
        #expect(api.status == .ok && !String(buffer: api.body).contains("option"))
    }

    @Test("By the API: the same answer for a wrong code and an unknown entry, and nothing is performed")
    func api() async throws {
        let open = try report()
        cases.state.withLock { $0.consultation = open }
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases)
        try await face.test(.router) { client in
            var bodies: Set<String> = []
            for (entry, code) in [("3-2-501", "1"), ("9-9-999", "123456789012")] {
                let answer = try await client.execute(
                    uri: "/api/v1/consultations/\(id)/votes",
                    method: .post,
                    headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: #"{"entry":"\#(entry)","code":"\#(code)","option":"1"}"#)
                )
                #expect(answer.status == .forbidden)
                bodies.insert(String(buffer: answer.body))
            }
            #expect(bodies.count == 1)
        }
        #expect(cases.state.withLock(\.guesses).count == 2 && cases.state.withLock(\.performers).isEmpty)
    }

    @Test("Codes are for operators; clerks are refused before anything is looked at")
    func roles() async throws {
        let access = MemoryAccess()
        let secret = MemoryAccess.secret(1)
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        let open = try report()
        cases.state.withLock { $0.consultation = open }
        let headers: HTTPFields = [.cookie: "session=\(secret.text)"]
        let form = "csrf=\(secret.formToken)&act=codes"
        let page = try await ask("/staff/consultations/\(id)", .post, form, headers: headers, access: access)
        #expect(page.status == .forbidden)
        #expect(cases.state.withLock(\.performers).isEmpty)
    }

    @Test("A notice that is not shown yet, or was taken back, is not there for everyone")
    func notice() async throws {
        for (state, status) in [
            ("current", HTTPResponse.Status.ok), ("over", .ok), ("coming", .notFound), ("withdrawn", .notFound),
        ] {
            let json = """
                {
                    "schema": "liandong.notice/1", "as_of": "2026-11-22T01:00:00.000Z", "id": "\(id)",
                    "place": {"code": "1", "name": "包公社区"}, "title": "<b>停水</b>", "text": "第一段\\n第二段",
                    "published_at": "2026-11-20T01:00:00.000Z", "from": "2026-11-20T01:00:00.000Z",
                    "until": "2026-12-20T01:00:00.000Z", "state": "\(state)", "verifying": false
                }
                """
            let notice = try ReportCoding.decoder.decode(NoticeReport.self, from: Data(json.utf8))
            cases.state.withLock { $0.notice = notice }
            let page = try await ask("/notices/\(id)")
            #expect(page.status == status, "\(state)")
            #expect(try await ask("/api/v1/notices/\(id)").status == status, "\(state)")
            #expect(!String(buffer: page.body).contains("<b>停水"))
        }
    }

    @Test("At the counter nothing is taken in without consent, and what was typed stays in the form")
    func counter() async throws {
        let access = MemoryAccess()
        let secret = MemoryAccess.secret(1)
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        let headers: HTTPFields = [.cookie: "session=\(secret.text)"]
        let form = "csrf=\(secret.formToken)&service_code=0303&description=light&address_string=street&first_name=zhang"
        let refused = try await ask("/staff/counter", .post, "\(form)&step=send", headers: headers, access: access)
        #expect(refused.status == .badRequest)
        #expect(String(buffer: refused.body).contains("value=\"zhang\""))
        #expect(cases.state.withLock(\.performers).isEmpty)
        let agreed = "\(form)&step=send&agreed=yes"
        let sent = try await ask("/staff/counter", .post, agreed, headers: headers, access: access)
        #expect(sent.status == .notFound, "this desk takes nothing in")
        #expect(cases.state.withLock(\.performers).map(\.name) == ["anna"])
        let next = String(buffer: try await ask("/staff/counter?service=0303", headers: headers, access: access).body)
        #expect(!next.contains("zhang") && next.contains("autocomplete=\"off\"") && next.contains("data-private"))
        #expect(try await ask("/staff/counter").status == .seeOther)
    }
}
