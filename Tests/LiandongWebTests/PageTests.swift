import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongDomain
import NIOCore
import Synchronization
import Testing

@testable import LiandongWeb

/// The pages over a desk without records; a browser walks those of real nodes (`Tests/Pages`).
@Suite("Pages")
struct PageTests {
    private let cases = MemoryCases()

    private var face: HTTPFace.Server { .forTests(MemoryDesk(), cases: cases) }

    @Test("Every word that a template asks for is there, and every word there is asked for")
    func words() {
        let texts = PageRenderer.Template.allCases.map(\.text).joined()
        let asked = Set(texts.matches(of: /\{\{[#^]?w\.(\w+)\}\}/).map { String($0.1) })
        let known = PageWords.table.map(\.key)
        #expect(Set(known).count == known.count, "each word once")
        #expect(asked.subtracting(known).isEmpty, "\(asked.subtracting(known).sorted())")
        #expect(Set(known).subtracting(asked).isEmpty, "\(Set(known).subtracting(asked).sorted())")
        for (key, words) in PageWords.table { #expect(!words.zh.isEmpty && !words.en.isEmpty, "\(key)") }
    }

    @Test("Shows every page in both languages, small, and in the frame", arguments: ["zh-CN", "en"])
    func pages(language: String) async throws {
        try await face.test(.router) { client in
            for path in ["/", "/request?service=0301", "/orders", "/consultations", "/staff/sign-in"] {
                let answer = try await client.execute(uri: path, method: .get, headers: [.acceptLanguage: language])
                #expect(answer.status == .ok, "\(path)")
                #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
                #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
                let html = String(buffer: answer.body)
                #expect(html.contains(language == "en" ? "<html lang=\"en\">" : "<html lang=\"zh-Hans\">"))
                #expect(html.contains("</html>") && !html.contains("{{"))
                #expect(answer.body.readableBytes < 30_000, "\(path): \(answer.body.readableBytes)")
            }
            for path in ["/assets/site.css", "/assets/site.js"] {
                let asset = try await client.execute(uri: path, method: .get)
                #expect(asset.status == .ok)
                let tag = try #require(asset.headers[.eTag])
                let again = try await client.execute(uri: path, method: .get, headers: [.ifNoneMatch: tag])
                #expect(again.status == .notModified && again.body.readableBytes == 0)
            }
        }
    }

    @Test("Staff see every page of the desk; what stays up to date can be told apart", arguments: ["zh-CN", "en"])
    func desk(language: String) async throws {
        let access = MemoryAccess()
        let secret = MemoryAccess.secret(1)
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        try await face.test(.router) { client in
            for path in [
                "/staff", "/staff/alarms", "/staff/map", "/staff/dashboard", "/staff/consultations",
                "/staff/consultations?new=1", "/staff/cluster",
            ] {
                let headers: HTTPFields = [.acceptLanguage: language, .cookie: "session=\(secret.text)"]
                let answer = try await client.execute(uri: path, method: .get, headers: headers)
                #expect(answer.status == .ok, "\(path)")
                let html = String(buffer: answer.body)
                #expect(html.contains("</html>") && !html.contains("{{") && !html.contains(" style="))
                for tag in html.matches(of: /<[^>]*data-live=[^>]*>/) {
                    #expect(tag.0.contains("id=\""), "\(path): \(tag.0)")
                }
            }
        }
    }

    @Test(
        "The menu leads to what the account's roles open, and to nothing else",
        arguments: [[.clerk], [.register], [.operator], Set(StaffRole.allCases)] as [Set<StaffRole>]
    )
    func menu(roles: Set<StaffRole>) async throws {
        let access = MemoryAccess()
        let secret = MemoryAccess.secret(1)
        let staff = StaffMember(account: "a", name: "a", roles: roles, scope: PlaceID(raw: 7), way: .session)
        access.state.withLock { $0.sessions[secret] = staff }
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        try await face.test(.router) { client in
            func ask(_ path: String) async throws -> TestResponse {
                try await client.execute(uri: path, method: .get, headers: [.cookie: "session=\(secret.text)"])
            }
            let html = String(buffer: try await ask("/staff/alarms").body)
            for path in ["/staff/counter", "/staff/residents", "/staff/notices", "/staff/map"] {
                let isOpen = try await ask(path).status == .ok
                #expect(html.contains("<a href=\"\(path)\"") == isOpen, "\(path)")
            }
            #expect(html.contains("<a href=\"/staff/counter\"") == roles.contains(.clerk))
            #expect(html.contains("<a href=\"/staff/residents\"") == roles.contains(.register))
        }
    }

    @Test("The work list asks what its address says, and a number leads to its order")
    func workList() async throws {
        let access = MemoryAccess()
        let secret = MemoryAccess.secret(1)
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        let face = HTTPFace.Server.forTests(MemoryDesk(), cases: cases, access: access)
        let cookie: HTTPFields = [.cookie: "session=\(secret.text)"]
        try await face.test(.router) { client in
            func get(_ path: String) async throws -> TestResponse {
                try await client.execute(uri: path, method: .get, headers: cookie)
            }
            let number = "4412020010010126112200001"
            let found = try await get("/staff?q=441202001001%200126112200001")
            #expect(found.status == .seeOther && found.headers[.location] == "/staff/orders/\(number)")
            let mine = try await get("/staff?view=mine&q=%E8%B7%AF%E7%81%AF&service=0303")
            #expect(mine.status == .ok)
            let query = cases.state.withLock(\.queries).last
            #expect(query?.hand == "anna" && query?.isOpen == true && query?.text == "路灯")
            #expect(query?.services == ["0303"] && query?.holder == nil && query?.isOverdue == false)
            let links = String(buffer: mine.body)
            #expect(links.contains("/staff?view=overdue&amp;service=0303&amp;q=%E8%B7%AF%E7%81%AF"))
            #expect(try await get("/staff?view=overdue").status == .ok)
            #expect(cases.state.withLock(\.queries).last?.isOverdue == true)
            #expect(try await get("/staff?place=nowhere").status == .notFound)
        }
    }

    @Test("A language that is picked stays, at the page it was picked on")
    func language() async throws {
        try await face.test(.router) { client in
            let picked = try await client.execute(uri: "/request?service=0301&lang=en", method: .get)
            #expect(picked.status == .seeOther && picked.headers[.location] == "/request?service=0301")
            #expect(picked.headers[.setCookie]?.hasPrefix("lang=en; Path=/") == true)
            let cookie = "other=1; lang=en"
            let page = try await client.execute(uri: "/", method: .get, headers: [.cookie: cookie])
            #expect(String(buffer: page.body).contains("<html lang=\"en\">"))
        }
    }

    @Test("What is not there, or not allowed, is a page of words with its status; staff pages lead to the sign-in")
    func problems() async throws {
        try await face.test(.router) { client in
            let missing = try await client.execute(uri: "/orders/123", method: .get)
            #expect(missing.status == .notFound)
            #expect(String(buffer: missing.body).contains("<h1>没有找到</h1>"))
            let service = try await client.execute(uri: "/request?service=x", method: .get)
            #expect(service.status == .notFound)
            let put = try await client.execute(uri: "/orders/123", method: .put)
            #expect(put.status == .methodNotAllowed && put.headers[.allow] == "GET, POST, HEAD")
            for path in ["/staff", "/staff/cluster", "/staff/orders/1", "/staff/residents?q=x"] {
                let staff = try await client.execute(uri: path, method: .get)
                #expect(staff.status == .seeOther, "\(path)")
                #expect(staff.headers[.location]?.hasPrefix("/staff/sign-in?next=/staff") == true)
            }
        }
    }

    @Test("What is refused on a page is said in the page's language, details and way out too")
    func refusals() async throws {
        let long = String(repeating: "x", count: 4_001)
        let requests: [(String, HTTPRequest.Method, String)] = [
            ("/orders/123", .get, ""), ("/consultations/07", .get, ""), ("/notices/07", .get, ""),
            ("/request?service=x", .get, ""), ("/orders/1", .post, "query_code=1"),
            ("/request", .post, "service_code=0301&description=\(long)&address_string=a"),
            ("/request", .post, "service_code=0301&description=d"),
            ("/request", .post, "service_code=0301&description=d&lat=1&long=abc"),
            ("/request", .post, "service_code=0301&description=d&address_string=a&phone=abc"),
            ("/request", .post, "service_code=0301&description=d&address_string=a"),
            ("/staff/sign-in", .post, "account=anna&password=wrong"),
        ]
        try await face.test(.router) { client in
            for (path, method, form) in requests {
                var told: [String] = []
                for language in ["zh-CN", "en"] {
                    var headers: HTTPFields = [.acceptLanguage: language]
                    if method == .post { headers[.contentType] = "application/x-www-form-urlencoded" }
                    let answer = try await client.execute(
                        uri: path,
                        method: method,
                        headers: headers,
                        body: ByteBuffer(string: form)
                    )
                    #expect((400..<500).contains(answer.status.code), "\(path) \(form.prefix(60)): \(answer.status)")
                    let html = String(buffer: answer.body)
                    let part = html.firstMatch(of: /(?s)<div class="problem"[^>]*>(.*?)<\/div>/)?.1
                    let page = html.firstMatch(of: /(?s)<main[^>]*>(.*?)<\/main>/)?.1
                    told.append(String(part ?? page ?? "").replacing(/<[^>]*>/, with: ""))
                }
                #expect(told[0].firstMatch(of: /[A-Za-z]{4,}/) == nil, "\(path): \(told[0])")
                #expect(told[1].unicodeScalars.allSatisfy { !(0x4E00...0x9FFF).contains($0.value) }, "\(told[1])")
            }
        }
    }

    @Test(
        "Nothing that is sent comes back as markup",
        arguments: [
            "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{page}}{{{page}}}", "'; DROP TABLE",
            // One grapheme cluster with what stands before it, or behind it.
            "\u{600}<script>alert(1)</script>", "\"\u{301}onfocus=alert(1)", "\u{600}<img src=x onerror=alert(1)>",
        ]
    )
    func hostile(_ text: String) async throws {
        let escaped = try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        try await face.test(.router) { client in
            let form =
                "service_code=0301&step=edit&description=\(escaped)&address_string=\(escaped)&first_name=\(escaped)"
            let requests: [(String, HTTPRequest.Method, String)] = [
                ("/request", .post, form),
                ("/staff/sign-in?next=\(escaped)", .get, ""),
                ("/orders?number=\(escaped)", .get, ""),
                ("/orders/\(escaped)", .get, ""),
                ("/staff/sign-in", .post, "account=\(escaped)&password=\(escaped)&next=\(escaped)"),
            ]
            for (path, method, body) in requests {
                let answer = try await client.execute(
                    uri: path,
                    method: method,
                    headers: method == .post ? [.contentType: "application/x-www-form-urlencoded"] : [:],
                    body: ByteBuffer(string: body)
                )
                #expect(answer.status.code < 500, "\(method) \(path): \(answer.status)")
                let html = Data(answer.body.readableBytesView)
                for mark in ["<script>alert", "<img src=x", "\"\u{301}onfocus"] {
                    #expect(html.range(of: Data(mark.utf8)) == nil, "\(method) \(path)")
                }
            }
        }
    }

    @Test("Every form that changes something carries the session's word, as whoever is signed in may send any")
    func formTokens() {
        for template in PageRenderer.Template.allCases {
            for form in template.text.components(separatedBy: "<form").dropFirst() {
                let form = form.components(separatedBy: "</form>").first ?? ""
                guard form.contains("method=\"post\"") else { continue }
                #expect(form.contains("name=\"csrf\""), "\(template)")
            }
        }
    }

    @Test(
        "Signing in leads to a page of staff and nowhere else",
        arguments: [
            ("/staff/cluster", "/staff/cluster"), ("https://example.com", "/staff"), ("//example.com", "/staff"),
            ("/staff/sign-out", "/staff"), ("/staff\r\nX: y", "/staff"),
        ]
    )
    func next(_ given: String, _ kept: String) async throws {
        let escaped = try #require(given.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        try await face.test(.router) { client in
            let page = try await client.execute(uri: "/staff/sign-in?next=\(escaped)", method: .get)
            #expect(String(buffer: page.body).contains("name=\"next\" value=\"\(kept)\""))
        }
    }
}
