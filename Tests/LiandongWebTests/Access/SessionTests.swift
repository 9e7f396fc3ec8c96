import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LiandongCore
import LiandongWeb
import NIOCore
import Synchronization
import Testing

/// What a browser or a program sends.
struct Asked {
    static let good = #"{"account":"anna","password":"correct horse battery"}"#

    static func name(_ text: String) throws -> HTTPField.Name { try #require(HTTPField.Name(text)) }

    /// Header fields by their names.
    static func fields(_ pairs: KeyValuePairs<String, String>) throws -> HTTPFields {
        var fields: HTTPFields = [:]
        for (key, value) in pairs { fields.append(HTTPField(name: try name(key), value: value)) }
        return fields
    }

    static func json(_ pairs: KeyValuePairs<String, String> = [:]) throws -> HTTPFields {
        var fields = try fields(pairs)
        fields[.contentType] = "application/json"
        return fields
    }
}

extension TestResponse {
    var object: [String: Any] {
        get throws {
            try #require(try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
        }
    }

    /// Status, fields and body together, but for the length of nothing and the date.
    var everything: String {
        let fields = headers.filter { $0.name != .date }.map { "\($0.name): \($0.value)" }.sorted()
        return ([String(status.code)] + fields + [String(buffer: body)]).joined(separator: "\n")
    }
}

@Suite("Sessions")
struct SessionTests {
    private let desk = MemoryDesk()
    private let access = MemoryAccess()
    private let path = "/api/v1/session"

    private func face(publicAddress: String? = nil) -> HTTPFace.Server {
        .forTests(desk, access: access, publicAddress: publicAddress)
    }

    @Test(
        "Signing in gives a cookie by how the node is reached, and the token that forms carry",
        arguments: [
            (nil, "session=", "; Path=/; HttpOnly; SameSite=Strict"),
            ("https://liandong.example.cn", "__Host-session=", "; Path=/; HttpOnly; SameSite=Strict; Secure"),
        ] as [(String?, String, String)]
    )
    func signIn(publicAddress: String?, name: String, attributes: String) async throws {
        try await face(publicAddress: publicAddress).test(.router) { client in
            let answer = try await client.execute(
                uri: path,
                method: .post,
                headers: try Asked.json(),
                body: ByteBuffer(string: Asked.good)
            )
            #expect(answer.status == .created)
            let secret = MemoryAccess.secret(1)
            #expect(answer.headers[values: .setCookie] == ["\(name)\(secret.text)\(attributes)"])
            #expect(answer.headers[.cacheControl] == "no-store")
            let object = try answer.object
            #expect(object["csrf_token"] as? String == secret.formToken)
            #expect(!String(buffer: answer.body).contains(secret.text))
            let staff = try #require(object["staff"] as? [String: Any])
            #expect(staff["account"] as? String == "anna" && staff["roles"] as? [String] == ["clerk"])

            let cookie = try Asked.fields(["Cookie": "a=b; \(name)\(secret.text); c=d"])
            let shown = try await client.execute(uri: path, method: .get, headers: cookie)
            #expect(shown.status == .ok)
            #expect(try shown.object["csrf_token"] as? String == secret.formToken)
            let other = try Asked.fields(["Cookie": "\(name)\(MemoryAccess.secret(99).text)"])
            for headers in [other, [:]] {
                let anonymous = try await client.execute(uri: path, method: .get, headers: headers)
                #expect(anonymous.status == .unauthorized)
                #expect(try anonymous.object["type"] as? String == "urn:liandong:access:sign_in")
            }
        }
    }

    @Test("Behind https the plain cookie counts for nothing, as another site of the domain could have set it")
    func plainCookie() async throws {
        access.state.withLock { $0.sessions[MemoryAccess.secret(1)] = MemoryAccess.anna }
        let cookie = try Asked.fields(["Cookie": "session=\(MemoryAccess.secret(1).text)"])
        try await face(publicAddress: "https://liandong.example.cn").test(.router) { client in
            let answer = try await client.execute(uri: path, method: .get, headers: cookie)
            #expect(answer.status == .unauthorized)
        }
        try await face().test(.router) { client in
            let answer = try await client.execute(uri: path, method: .get, headers: cookie)
            #expect(answer.status == .ok)
        }
    }

    @Test("Where others can listen nobody signs in, and no cookie counts")
    func insecure() async throws {
        access.state.withLock { $0.sessions[MemoryAccess.secret(1)] = MemoryAccess.anna }
        try await face(publicAddress: "http://liandong.example.cn").test(.router) { client in
            let answer = try await client.execute(
                uri: path,
                method: .post,
                headers: try Asked.json(),
                body: ByteBuffer(string: Asked.good)
            )
            #expect(answer.status == .forbidden)
            #expect(try answer.object["type"] as? String == "urn:liandong:access:insecure")
            let cookie = try Asked.fields(["Cookie": "session=\(MemoryAccess.secret(1).text)"])
            #expect(try await client.execute(uri: path, method: .get, headers: cookie).status == .unauthorized)
        }
        #expect(access.state.withLock { $0.asked.isEmpty }, "the password was not even looked at")
    }

    @Test(
        "The rule of cookies",
        arguments: [
            (nil, "127.0.0.1", .loopback), (nil, "::1", .loopback), (nil, "localhost", .loopback),
            (nil, "127.9.9.9", .loopback), (nil, "0.0.0.0", .refused), (nil, "127.0.0.1.example", .refused),
            ("https://a", "0.0.0.0", .secure), ("HTTPS://a", "127.0.0.1", .secure), ("http://a", "127.0.0.1", .refused),
        ] as [(String?, String, SessionCookie)]
    )
    func rule(publicAddress: String?, host: String, expected: SessionCookie) {
        #expect(SessionCookie(publicAddress: publicAddress, host: host) == expected)
    }

    @Test("Signing in again ends the session before it and begins one with another secret")
    func rotation() async throws {
        try await face().test(.router) { client in
            func signIn(_ headers: HTTPFields) async throws -> TestResponse {
                try await client.execute(
                    uri: path,
                    method: .post,
                    headers: headers,
                    body: ByteBuffer(string: Asked.good)
                )
            }
            #expect(try await signIn(try Asked.json()).status == .created)
            let first = MemoryAccess.secret(1)
            let again = try await signIn(
                try Asked.json(["Cookie": "session=\(first.text)", "X-CSRF-Token": first.formToken])
            )
            #expect(again.status == .created)
            #expect(again.headers[.setCookie]?.contains(MemoryAccess.secret(2).text) == true)
            let old = try Asked.fields(["Cookie": "session=\(first.text)"])
            #expect(try await client.execute(uri: path, method: .get, headers: old).status == .unauthorized)
        }
        #expect(access.state.withLock { $0.sessions.keys.sorted { $0.text < $1.text } } == [MemoryAccess.secret(2)])
    }

    @Test("A wrong password, an unknown account and a disabled one get the very same answer")
    func sameAnswers() async throws {
        try await face().test(.router) { client in
            var answers: Set<String> = []
            for body in [
                #"{"account":"anna","password":"wrong"}"#, #"{"account":"bo","password":"wrong"}"#,
                #"{"account":"","password":""}"#,
            ] {
                let answer = try await client.execute(
                    uri: path,
                    method: .post,
                    headers: try Asked.json(),
                    body: ByteBuffer(string: body)
                )
                #expect(answer.status == .unauthorized)
                #expect(answer.headers[.setCookie] == nil)
                answers.insert(answer.everything)
            }
            #expect(answers.count == 1)
        }
    }

    @Test("Who has to wait and who finds too many before them is told for how long")
    func waiting() async throws {
        for (error, status, seconds) in [
            (AccessError.wait(seconds: 64), 429, "64"), (AccessError.busy("too many"), 503, "1"),
        ] {
            access.state.withLock { $0.refusal = error }
            try await face().test(.router) { client in
                let answer = try await client.execute(
                    uri: path,
                    method: .post,
                    headers: try Asked.json(),
                    body: ByteBuffer(string: Asked.good)
                )
                #expect(answer.status.code == status)
                #expect(answer.headers[.retryAfter] == seconds)
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
        }
    }

    @Test("Signing out ends the session and the cookie")
    func signOut() async throws {
        let secret = MemoryAccess.secret(1)
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        try await face().test(.router) { client in
            let headers = try Asked.fields(["Cookie": "session=\(secret.text)", "X-CSRF-Token": secret.formToken])
            let answer = try await client.execute(uri: path, method: .delete, headers: headers)
            #expect(answer.status == .noContent)
            #expect(answer.headers[.setCookie] == "session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict")
            #expect(try await client.execute(uri: path, method: .get, headers: headers).status == .unauthorized)
        }
    }

    @Test("A new password needs the one before, and a session; every session ends but a new one")
    func password() async throws {
        let secret = MemoryAccess.secret(77)
        access.state.withLock { $0.sessions[secret] = MemoryAccess.anna }
        let headers = try Asked.json(["Cookie": "session=\(secret.text)", "X-CSRF-Token": secret.formToken])
        try await face().test(.router) { client in
            func change(_ headers: HTTPFields, _ old: String, _ new: String) async throws -> TestResponse {
                try await client.execute(
                    uri: "\(path)/password",
                    method: .post,
                    headers: headers,
                    body: ByteBuffer(string: #"{"current":"\#(old)","new":"\#(new)"}"#)
                )
            }
            #expect(try await change(try Asked.json(), "correct horse battery", "x").status == .unauthorized)
            #expect(try await change(headers, "wrong", "a longer password").status == .unauthorized)
            let short = try await change(headers, "correct horse battery", "short")
            #expect(short.status == .badRequest)
            #expect(try short.object["type"] as? String == "urn:liandong:access:password")
            #expect(try short.object["way_out"] as? String == "take a longer one")
            let done = try await change(headers, "correct horse battery", "a longer password")
            #expect(done.status == .ok)
            #expect(done.headers[.setCookie]?.hasPrefix("session=\(MemoryAccess.secret(1).text);") == true)
            #expect(try await client.execute(uri: path, method: .get, headers: headers).status == .unauthorized)
        }
    }

    @Test(
        "A body that is none is refused and never repeated",
        arguments: [
            ("{", 400), ("[]", 400), (#"{"account":7,"password":"<script>"}"#, 400), (#"{"account":"anna"}"#, 400),
            (String(repeating: "x", count: 5_000), 413),
        ]
    )
    func badBodies(body: String, status: Int) async throws {
        try await face().test(.router) { client in
            let answer = try await client.execute(
                uri: path,
                method: .post,
                headers: try Asked.json(),
                body: ByteBuffer(string: body)
            )
            #expect(answer.status.code == status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(!String(buffer: answer.body).contains("<script>"))
            let form = try await client.execute(
                uri: path,
                method: .post,
                headers: try Asked.fields(["Content-Type": "text/plain"]),
                body: ByteBuffer(string: Asked.good)
            )
            #expect(form.status == .unsupportedMediaType)
        }
    }

    @Test("Other methods are told which there are")
    func methods() async throws {
        try await face().test(.router) { client in
            let put = try await client.execute(uri: path, method: .put)
            #expect(put.status == .methodNotAllowed)
            #expect(put.headers[.allow] == "GET, POST, DELETE, HEAD")
            #expect(try await client.execute(uri: "\(path)/password", method: .get).status == .methodNotAllowed)
        }
    }
}
