import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongWeb
import NIOCore
import Synchronization
import Testing

@Suite("Who asks, and from which page")
struct AccessMiddlewareTests {
    private let desk = MemoryDesk()
    private let access = MemoryAccess()
    private let path = "/api/v1/session"
    private let secret = MemoryAccess.secret(1)

    private var face: HTTPFace.Server { .forTests(desk, access: access) }

    private func withSession() { access.state.withLock { $0.sessions[secret] = MemoryAccess.anna } }

    // MARK: The form's token

    @Test("A session changes nothing without its form token, and what lacks it is refused before the route")
    func formTokens() async throws {
        withSession()
        let cookie = "session=\(secret.text)"
        let other = MemoryAccess.secret(2).formToken
        try await face.test(.router) { client in
            for headers in [
                try Asked.fields(["Cookie": cookie]),
                try Asked.fields(["Cookie": cookie, "X-CSRF-Token": other]),
                try Asked.fields(["Cookie": cookie, "X-CSRF-Token": ""]),
                try Asked.fields(["Cookie": cookie, "X-CSRF-Token": String(secret.formToken.dropLast())]),
                try Asked.fields(["Cookie": cookie, "X-CSRF-Token": secret.text]),
            ] {
                let answer = try await client.execute(uri: path, method: .delete, headers: headers)
                #expect(answer.status == .forbidden)
                #expect(try answer.object["type"] as? String == "urn:liandong:access:csrf")
                #expect(answer.headers[.setCookie] == nil)
            }
            #expect(access.state.withLock { $0.sessions.count } == 1)
            let right = try Asked.fields(["Cookie": cookie, "X-CSRF-Token": secret.formToken])
            #expect(try await client.execute(uri: path, method: .delete, headers: right).status == .noContent)
        }
    }

    @Test(
        "The hidden field of a form does as well, and the body is still there for the route",
        arguments: [
            ("application/x-www-form-urlencoded", "csrf=TOKEN&a=b", 415),
            ("application/x-www-form-urlencoded", "a=b&csrf=TOKEN", 415),
            ("application/x-www-form-urlencoded", "a=b", 403),
            ("application/x-www-form-urlencoded", "csrf=TOKEN&csrf=other", 403),
            ("application/x-www-form-urlencoded", "csrf=%ff", 403),
            (
                "multipart/form-data; boundary=xyz",
                "--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nTOKEN\r\n--xyz--\r\n", 415
            ),
            (
                "multipart/form-data; boundary=xyz",
                "--xyz\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nTOKEN\r\n--xyz--\r\n", 403
            ),
            ("multipart/form-data", "--xyz\r\n", 403),
            ("application/json", "{\"csrf\":\"TOKEN\"}", 403),
        ]
    )
    func hiddenField(type: String, body: String, status: Int) async throws {
        withSession()
        try await face.test(.router) { client in
            let answer = try await client.execute(
                uri: path,
                method: .post,
                headers: try Asked.fields(["Cookie": "session=\(secret.text)", "Content-Type": type]),
                body: ByteBuffer(string: body.replacing("TOKEN", with: secret.formToken))
            )
            // The route itself wants JSON: 415 says that the token was good.
            #expect(answer.status.code == status)
        }
    }

    @Test("Who has no session needs no form token, nor does a cookie of a session that has ended")
    func noSession() async throws {
        try await face.test(.router) { client in
            for headers in [try Asked.json(), try Asked.json(["Cookie": "session=\(MemoryAccess.secret(9).text)"])] {
                let answer = try await client.execute(
                    uri: path,
                    method: .post,
                    headers: headers,
                    body: ByteBuffer(string: Asked.good)
                )
                #expect(answer.status == .created)
            }
        }
    }

    // MARK: Origin

    @Test(
        "What another site's page sends is refused, with and without a session",
        arguments: [
            (["Origin": "https://evil.example"], false), (["Origin": "null"], false),
            (["Origin": "http://localhost.evil.example"], false), (["Origin": "http://localhost:81"], false),
            (["Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"], false),
            (["Sec-Fetch-Site": "cross-site"], false), (["Sec-Fetch-Site": "same-site"], false),
            (["Sec-Fetch-Site": "same-origin"], true), (["Sec-Fetch-Site": "none"], true), ([:], true),
            (["Origin": "http://localhost"], true), (["Origin": "https://LOCALHOST"], true),
            (["Origin": "https://liandong.example.cn"], true), (["Origin": "http://liandong.example.cn"], false),
        ] as [(KeyValuePairs<String, String>, Bool)]
    )
    func origins(fields: KeyValuePairs<String, String>, isOurs: Bool) async throws {
        let face = HTTPFace.Server.forTests(
            desk,
            access: access,
            publicAddress: "https://liandong.example.cn/liandong/"
        )
        try await face.test(.router) { client in
            for uri in [path, "/open311/v2/requests.json", "/nowhere"] {
                let answer = try await client.execute(
                    uri: uri,
                    method: .post,
                    headers: try Asked.fields(fields),
                    body: ByteBuffer(string: "x")
                )
                #expect((answer.status == .forbidden) == !isOurs, "\(uri) \(answer.status)")
                if !isOurs, uri == path {
                    #expect(try answer.object["type"] as? String == "urn:liandong:access:origin")
                }
                let read = try await client.execute(uri: "/healthz", method: .get, headers: try Asked.fields(fields))
                #expect(read.status == .ok, "reading is for everybody")
            }
        }
    }

    // MARK: Tokens for programs

    @Test("A token needs no form token; one that is none is refused; a cookie beside it counts for nothing")
    func tokens() async throws {
        let scopes: Set<TokenScope> = [TokenScope(.orders, .write), TokenScope(.status, .read)]
        let program = StaffMember(
            account: "anna",
            name: "安娜",
            roles: [.clerk],
            scope: PlaceID(raw: 7),
            way: .token(id: "t1", scopes: scopes)
        )
        access.state.withLock { $0.tokens[MemoryAccess.secret(5)] = program }
        withSession()
        let good = MemoryAccess.secret(5).token
        #expect(good.hasPrefix("liandong_") && good.count == 52)
        try await face.test(.router) { client in
            let shown = try await client.execute(
                uri: path,
                method: .get,
                headers: try Asked.fields(["Authorization": "bearer \(good)"])
            )
            #expect(shown.status == .ok)
            #expect(try shown.object["scopes"] as? [String] == ["orders:write", "status:read"])
            #expect(try shown.object["csrf_token"] == nil)
            let change = try await client.execute(
                uri: "\(path)/password",
                method: .post,
                headers: try Asked.json(["Authorization": "Bearer \(good)"]),
                body: ByteBuffer(string: "{}")
            )
            #expect(change.status == .forbidden)
            #expect(try change.object["type"] as? String == "urn:liandong:access:scope")
            for bad in ["Bearer \(MemoryAccess.secret(6).token)", "Bearer x", "Basic YTpi", "Bearer", ""] {
                let refused = try await client.execute(
                    uri: path,
                    method: .get,
                    headers: try Asked.fields(["Authorization": bad, "Cookie": "session=\(secret.text)"])
                )
                #expect(refused.status == .unauthorized, "\(bad)")
                #expect(refused.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
                #expect(!String(buffer: refused.body).contains("liandong_"))
            }
            // What devices and Open311's clients send in that field is theirs.
            let outside = try await client.execute(
                uri: "/open311/v2/services.json",
                method: .get,
                headers: try Asked.fields(["Authorization": "Bearer x"])
            )
            #expect(outside.status == .ok)
        }
    }

    // MARK: What every answer says

    @Test("Every answer tells browsers what to refuse, errors too")
    func securityHeaders() async throws {
        withSession()
        let names = [
            "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
            "Permissions-Policy",
        ]
        let cookie = try Asked.fields(["Cookie": "session=\(secret.text)"])
        try await face.test(.router) { client in
            for uri in ["/healthz", "/nowhere", path, "/api/v1/nothing", "/open311/v2/requests.json"] {
                let answer = try await client.execute(uri: uri, method: .get)
                for name in names { #expect(answer.headers[try Asked.name(name)] != nil, "\(uri) \(name)") }
                let policy = answer.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
                let signedIn = try await client.execute(uri: uri, method: .get, headers: cookie)
                #expect(signedIn.headers[.cacheControl] == "no-store", "\(uri)")
            }
            #expect(try await client.execute(uri: "/healthz", method: .get).headers[.cacheControl] == nil)
        }
    }

    @Test("What is not there under /api/ is a problem in JSON, without what was asked for as markup")
    func problems() async throws {
        try await face.test(.router) { client in
            let answer = try await client.execute(uri: "/api/v1/%3Cb%3E", method: .get)
            #expect(answer.status == .notFound)
            #expect(answer.headers[.contentType] == "application/problem+json")
            let object = try answer.object
            #expect(object["type"] as? String == "about:blank" && object["title"] as? String == "Not Found")
            #expect(object["status"] as? Int == 404 && object["detail"] is String)
        }
    }
}
