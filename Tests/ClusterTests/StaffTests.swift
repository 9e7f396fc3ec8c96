import Foundation
import LiandongNode
import Testing

/// Staff of a real node: made by its operator, signed in over HTTP.
@Suite("Staff", .serialized, .timeLimit(.minutes(5)))
struct StaffTests {
    private let code = "441202000000"

    private func add(_ nodes: OwnNodes, _ account: String, _ rest: [String] = []) async throws -> String {
        let made = try await nodes.run(
            "district",
            ["staff", "add", account],
            ["--name", "安娜", "--role", "clerk", "--json"] + rest
        )
        guard made.status == 0 else { throw Liandong.Unexpected("staff add: \(made.errors)") }
        return try #require(try made.json()["password"] as? String)
    }

    @Test("An operator makes an account, it signs in and out, and disabling ends session and token at once")
    func accounts() async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: code)
            try await nodes.start("district")
            let client = try StaffClient(http: try nodes.settings("district").http)
            let password = try await add(nodes, "Anna", ["--role", "register"])
            #expect(password.count == 23)

            let signedIn = try await client.signIn("anna", password)
            #expect(signedIn.status == 201)
            #expect(signedIn.cookie?.hasSuffix("; Path=/; HttpOnly; SameSite=Strict") == true)
            let cookie = try StaffClient.sent(signedIn.cookie)
            let staff = try #require(try signedIn.object()["staff"] as? [String: Any])
            #expect(staff["name"] as? String == "安娜" && staff["roles"] as? [String] == ["clerk", "register"])
            #expect((staff["place"] as? [String: Any])?["code"] as? String == code)
            #expect(try await client.ask("GET", "api/v1/session", ["Cookie": cookie]).status == 200)
            #expect(try await client.ask("DELETE", "api/v1/session", ["Cookie": cookie]).status == 403)
            let token = try #require(try signedIn.object()["csrf_token"] as? String)
            let foreign = ["Cookie": cookie, "X-CSRF-Token": token, "Origin": "https://evil.example"]
            #expect(try await client.ask("DELETE", "api/v1/session", foreign).status == 403)

            let changed = try await client.ask(
                "POST",
                "api/v1/session/password",
                ["Cookie": cookie, "X-CSRF-Token": token],
                json: ["current": password, "new": "四个 没人会 想到 的词语 一起"]
            )
            #expect(changed.status == 200, "\(String(decoding: changed.body, as: UTF8.self))")
            #expect(try await client.ask("GET", "api/v1/session", ["Cookie": cookie]).status == 401)
            #expect(try await client.signIn("anna", password).status == 401)
            let again = try await client.signIn(" ANNA ", "四个 没人会 想到 的词语 一起")
            #expect(again.status == 201)

            let made = try await nodes.run(
                "district",
                ["staff", "token", "anna"],
                ["--scope", "orders:read", "--days", "7", "--json"]
            )
            #expect(made.status == 0, "\(made.errors)")
            let program = try #require(try made.json()["token"] as? String)
            let bearer = ["Authorization": "Bearer \(program)"]
            #expect(try await client.ask("GET", "api/v1/session", bearer).status == 200)

            let disabled = try await nodes.run("district", ["staff", "disable", "anna"])
            #expect(disabled.status == 0, "\(disabled.errors)")
            let last = ["Cookie": try StaffClient.sent(again.cookie)]
            #expect(try await client.ask("GET", "api/v1/session", last).status == 401)
            #expect(try await client.ask("GET", "api/v1/session", bearer).status == 401)
            #expect(try await client.signIn("anna", "四个 没人会 想到 的词语 一起").status == 401)
            let listed = try await nodes.run("district", ["staff", "tokens"], ["--json"])
            let rows = try listed.json()["tokens"] as? [[String: Any]] ?? []
            #expect(rows.map { $0["state"] as? String } == ["revoked"])
            #expect(!listed.output.contains("liandong_"))

            let log = try String(contentsOfFile: nodes.data("district") + "/serve.log", encoding: .utf8)
            #expect(log.contains("staff signed in"))
            for secret in [password, program, "没人会", cookie] { #expect(!log.contains(secret)) }
        }
    }

    @Test("Failed sign-ins are counted over a kill, and tell nothing of which accounts there are")
    func limits() async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: code)
            try await nodes.start("district")
            let client = try StaffClient(http: try nodes.settings("district").http)
            let password = try await add(nodes, "anna")
            let cookie = try StaffClient.sent(try await client.signIn("anna", password).cookie)
            var answers: Set<Data> = []
            for account in ["anna", "nobody", "anna", "nobody", "anna"] {
                let refused = try await client.signIn(account, "not the password")
                #expect(refused.status == 401)
                answers.insert(refused.body)
            }
            #expect(answers.count == 1, "the same bytes whether or not there is such an account")
            // Each failure doubles the wait; in the end it outlasts a restart on a busy machine too.
            var wait = 0
            for _ in 0..<40 where wait < 30 {
                let refused = try await client.signIn("nobody", "not the password")
                guard refused.status == 429 else { continue }
                wait = refused.retryAfter ?? 0
                if wait < 30 { try await Task.sleep(for: .seconds(wait)) }
            }
            #expect(wait >= 30)
            #expect(try await client.signIn("anna", password).status == 429, "the right password waits too")

            try await nodes.kill9("district")
            try await nodes.start("district")
            let next = try await client.signIn("anna", password)
            #expect(next.status == 429, "nothing is forgotten")
            #expect((1...wait).contains(next.retryAfter ?? 0))
            #expect(
                try await client.ask("GET", "api/v1/session", ["Cookie": cookie]).status == 200,
                "who had signed in goes on"
            )
        }
    }

    @Test("What an operator gives wrongly is refused with what is right")
    func refusals() async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: code)
            try await nodes.start("district")
            _ = try await add(nodes, "anna")
            let good = ["--name", "n", "--role", "clerk"]
            for (command, rest, status) in [
                (["staff", "add", "anna"], good, 6), (["staff", "add", "a b"], good, 64),
                (["staff", "add", "x"], good, 64), (["staff", "add", "bo"], ["--name", "n", "--role", "king"], 64),
                (["staff", "add", "bo"], ["--name", "n"], 64), (["staff", "add", "bo"], good + ["--place", "1"], 5),
                (["staff", "disable", "bo"], [], 5), (["staff", "enable", "bo"], [], 5),
                (["staff", "password", "bo"], [], 5), (["staff", "token", "bo"], ["--scope", "orders:read"], 5),
                (["staff", "token", "anna"], ["--scope", "everything"], 64),
                (["staff", "token", "anna"], ["--scope", "orders:read", "--days", "9999"], 64),
                (["staff", "revoke-token", "bo"], [], 5), (["staff", "unmaskings"], ["--since", "now"], 64),
                (["staff", "unmaskings"], [], 0), (["staff", "list"], [], 0),
            ] as [([String], [String], Int32)] {
                let output = try await nodes.run("district", command, rest)
                #expect(output.status == status, "\(command) \(rest): \(output.errors)")
            }
            for (input, status) in [("short\n", 64), ("aaaaaaaaaaaaaaaa\n", 64), ("\n", 64), ("a good long one\n", 0)] {
                let output = try await Liandong.run(
                    Liandong.binary,
                    ["staff", "password", "anna", "--password-stdin", "--data", nodes.data("district")],
                    input: Data(input.utf8)
                )
                #expect(output.status == Int32(status), "\(input): \(output.errors)")
                #expect(!output.output.contains("good long"))
            }
            let client = try StaffClient(http: try nodes.settings("district").http)
            #expect(try await client.signIn("anna", "a good long one").status == 201)
        }
    }
}
