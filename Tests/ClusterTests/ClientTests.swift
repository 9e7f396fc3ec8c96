import Foundation
import Testing

/// Clients that nobody here wrote, as `scripts/clients` installs them.
enum Clients {
    /// Nil where they are not installed.
    static let python: URL? = {
        let found = Liandong.repository.appending(path: ".venv/bin/python")
        let isComplete = FileManager.default.fileExists(
            atPath: Liandong.repository.appending(path: ".venv/installed.txt").path
        )
        return isComplete ? found : nil
    }()

    /// Runs a script of `Tests` and expects it to find nothing.
    static func run(_ script: String, _ arguments: [String]) async throws {
        let python = try #require(Clients.python)
        let path = Liandong.repository.appending(path: "Tests/\(script)").path
        let output = try await Liandong.run(python, [path] + arguments, seconds: 900)
        #expect(output.status == 0, "\(script): \(output.errors)")
    }
}

/// Faces as others see them.
@Suite(
    "Clients",
    .serialized,
    .timeLimit(.minutes(20)),
    .enabled(if: Clients.python != nil, "the clients are not installed; scripts/clients does so")
)
struct ClientTests {
    private let baogong = "441202001001"

    @Test("georeport, civicbot and three list services, hand in and follow")
    func open311() async throws {
        try await Cluster.with("demo") { cluster in
            let node = try await cluster.node(baogong).http
            try await Clients.run("Clients/open311.py", ["--node", node.absoluteString, "--place", baogong])
        }
    }

    @Test("A browser walks the pages, by a form to a clerk, another place's clerk and back; axe finds nothing serious")
    func walk() async throws {
        try await Cluster.with("demo") { cluster in
            let other = "441202003001"
            let staff = try await account("anna", ["clerk", "register", "operator"], at: baogong, cluster)
            let otherStaff = try await account("chen", ["clerk"], at: other, cluster)
            let here = try await cluster.node(baogong).http.absoluteString
            let there = try await cluster.node(other).http.absoluteString
            try await Clients.run(
                "Pages/walk.py",
                ["--node", here, "--staff", staff, "--axe"]
                    + ["--other", there, "--other-place", other, "--other-staff", otherStaff]
            )
        }
    }

    @Test("paho publishes as devices do, gets nothing of another's, and goes on where the broker dropped it")
    func devices() async throws {
        try await Cluster.with("demo") { cluster in
            let node = try await cluster.node(baogong)
            let broker = try #require(node.mqtt)
            let smoke = try await device("S1", "smoke", cluster)
            let bin = try await device("W1", "waste-bin", cluster)
            try await Clients.run(
                "Clients/devices.py",
                ["--broker", broker, "--smoke", "S1:\(smoke)", "--bin", "W1:\(bin)"]
                    + ["--liandong", Liandong.binary.path, "--data", node.data]
            )
        }
    }

    @Test("schemathesis asks the API what its document admits and what it does not, and is answered as it says")
    func api() async throws {
        try await Cluster.with("demo") { cluster in
            let staff = try await account("anna", ["clerk", "register", "operator"], at: baogong, cluster)
            let areas = ["orders", "residents", "consultations", "notices", "places", "alarms", "devices", "status"]
            let scopes = areas.flatMap { ["--scope", "\($0):write"] } + ["--days", "1", "--json"]
            let made = try await cluster.run(baogong, ["staff", "token", "anna"], scopes)
            let token = try #require(try made.json()["token"] as? String, "\(made.errors)")
            let smoke = try await device("S1", "smoke", cluster)
            let node = try await cluster.node(baogong).http.absoluteString
            try await Clients.run(
                "Clients/api.py",
                ["--node", node, "--place", baogong]
                    + ["--staff", staff, "--token", token, "--device-token", smoke]
            )
        }
    }

    /// A new device's token.
    private func device(_ code: String, _ kind: String, _ cluster: Cluster) async throws -> String {
        let added = try await cluster.run(baogong, ["device", "add", code], ["--kind", kind])
        guard added.status == 0 else { throw Liandong.Unexpected(added.errors) }
        return added.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A new account as clients take it, `ACCOUNT:PASSWORD`.
    private func account(
        _ name: String,
        _ roles: [String],
        at place: String,
        _ cluster: Cluster
    ) async throws -> String {
        let options = ["--name", "安娜", "--json"] + roles.flatMap { ["--role", $0] }
        let made = try await cluster.run(place, ["staff", "add", name], options)
        let password = try #require(try made.json()["password"] as? String, "\(made.errors)")
        return "\(name):\(password)"
    }
}
