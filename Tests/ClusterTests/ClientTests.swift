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
        let output = try await Liandong.run(python, [path] + arguments, seconds: 420)
        #expect(output.status == 0, "\(script): \(output.errors)")
    }
}

/// Faces as others see them.
@Suite(
    "Clients",
    .serialized,
    .timeLimit(.minutes(10)),
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
