import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// HTTP as a clerk's browser or program would speak it to one node, with no cookie that the test does not send itself.
struct StaffClient: Sendable {
    let base: URL

    struct Answer: Sendable {
        let status: Int
        let cookie: String?
        let retryAfter: Int?
        let cacheControl: String?
        let body: Data

        var text: String { String(decoding: body, as: UTF8.self) }

        func object() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        }
    }

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.httpCookieStorage = nil
        return URLSession(configuration: configuration)
    }()

    init(base: URL) { self.base = base }

    init(http: String) throws { base = try #require(URL(string: "http://\(http)")) }

    func ask(
        _ method: String,
        _ path: String,
        _ fields: [String: String] = [:],
        json: [String: String]? = nil,
        body: Data? = nil
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: path, relativeTo: base)))
        request.httpMethod = method
        for (name, value) in fields { request.setValue(value, forHTTPHeaderField: name) }
        request.httpBody = body
        if let json {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            // The same bytes each time, as idempotency keys want.
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            request.httpBody = try encoder.encode(json)
        }
        // In a task of its own, as URLSession on Linux traps when a transfer is cancelled while it ends.
        let (data, response) = try await Task { [request] in try await StaffClient.session.data(for: request) }.value
        let http = try #require(response as? HTTPURLResponse)
        return Answer(
            status: http.statusCode,
            cookie: http.value(forHTTPHeaderField: "Set-Cookie"),
            retryAfter: http.value(forHTTPHeaderField: "Retry-After").flatMap { Int($0) },
            cacheControl: http.value(forHTTPHeaderField: "Cache-Control"),
            body: data
        )
    }

    /// A clerk of a place's node, made and signed in.
    static func signedIn(
        _ account: String,
        _ rest: [String] = [],
        roles: [String] = ["clerk"],
        at place: String,
        of cluster: Cluster
    ) async throws -> (client: StaffClient, token: String, fields: [String: String]) {
        let made = try await cluster.run(
            place,
            ["staff", "add", account],
            ["--name", account, "--json"] + roles.flatMap { ["--role", $0] } + rest
        )
        let password = try #require(try made.json()["password"] as? String, "\(made.errors)")
        let client = StaffClient(base: try await cluster.node(place).http)
        let grant = try await client.signIn(account, password)
        let token = try #require(try grant.object()["csrf_token"] as? String)
        return (client, token, ["Cookie": try sent(grant.cookie), "X-CSRF-Token": token])
    }

    func signIn(_ account: String, _ password: String) async throws -> Answer {
        try await ask("POST", "api/v1/session", json: ["account": account, "password": password])
    }

    /// What a cookie that was set is sent back as.
    static func sent(_ cookie: String?) throws -> String {
        try #require(cookie?.split(separator: ";").first.map(String.init))
    }
}
