import Foundation
import Testing

/// How nodes come to be, one by one and by `liandong cluster`, and what a failed try leaves behind.
@Suite("Cluster tool", .serialized, .timeLimit(.minutes(5)))
struct ClusterToolTests {
    private let district = "441202000000"

    @Test("When cluster up returns, every node finds every other well")
    func isWellAtOnce() async throws {
        try await Cluster.with("demo") { cluster in
            let nodes = await cluster.nodes
            for place in nodes.keys.sorted() {
                let status = try await cluster.run(place, ["status"], ["--json"])
                let rows = try status.json()["nodes"] as? [[String: Any]] ?? []
                #expect(rows.count == nodes.count)
                #expect(rows.allSatisfy { $0["state"] as? String == "ok" }, "at \(place): \(status.output)")
                #expect(status.status == 0)
            }
        }
    }

    @Test("A node that cannot be made is named")
    func namesTheNode() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = folder.url.appending(component: "orphan.yaml")
        let topology = """
            nodes:
              - { name: duanzhou, tier: district, code: "\(district)" }
              - { name: orphan, tier: community, code: "441202009001" }
            """
        try Data(topology.utf8).write(to: file)
        let data = folder.url.appending(component: "c").path
        let up = try await Liandong.run(["cluster", "up", file.path, "--dir", data])
        _ = try await Liandong.run(["cluster", "down", "--dir", data])
        #expect(up.status == 5)
        #expect(up.errors.contains("invite for orphan failed"), "\(up.errors)")
        #expect(up.errors.contains("441202009000"), "it says what is missing: \(up.errors)")
        #expect(!FileManager.default.fileExists(atPath: data + "/orphan.errors"))
    }

    @Test("A join that is killed at any moment can be given again, and enrols one node")
    func interruptedJoin() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            for (index, seconds) in ["0.02", "0.04", "0.06", "0.1", "0.15", "0.2", "0.3", "0.5"].enumerated() {
                let code = "4412020010\(20 + index)"
                let invited = try await cluster.run(
                    district,
                    ["invite"],
                    ["--tier", "community", "--name", "new-\(index)", "--code", code]
                )
                #expect(invited.status == 0, "\(invited.errors)")
                let data = folder.url.appending(component: "n\(index)").path
                let join = [
                    "join", invited.output.trimmingCharacters(in: .whitespacesAndNewlines), "--data", data, "--listen",
                    "127.0.0.1:0", "--http", "127.0.0.1:0",
                ]
                _ = try await Liandong.run(
                    URL(filePath: "/usr/bin/timeout"),
                    ["--signal=KILL", seconds, Liandong.binary.path] + join
                )
                let again = try await Liandong.run(join)
                #expect(again.status == 0, "after \(seconds) s: \(again.errors)")
                let id = again.output.trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(id.count == 64, "it prints its id: \(id)")
                let third = try await Liandong.run(join)
                #expect(third.output.trimmingCharacters(in: .whitespacesAndNewlines) == id, "\(third.errors)")
            }
            let other = try await cluster.run(
                district,
                ["invite"],
                ["--tier", "community", "--name", "other", "--code", "441202001040"]
            )
            let taken = try await Liandong.run([
                "join", other.output.trimmingCharacters(in: .whitespacesAndNewlines), "--data",
                folder.url.appending(component: "n0").path, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
            ])
            #expect(taken.status == 6, "a node of one place does not become another's")
            #expect(taken.errors.contains("441202001020") && taken.errors.contains("441202001040"), "\(taken.errors)")
        }
    }

    @Test(
        "An init that is killed can be given again, whatever it had made, and gives a district that serves",
        arguments: ["keys.unfinished", "keys", "config.json", "replica.sqlite", "replica.sqlite-wal", "+.anchor"]
    )
    func interruptedInit(appearing: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        // On a busy machine it may end before it is seen to have begun.
        let data = try #require(
            try (0..<20).lazy.map { "\(folder.url.path)/d\($0)" }.first { data in
                let file = appearing.hasPrefix("+") ? data + appearing.dropFirst() : "\(data)/\(appearing)"
                return try killing(initialise(data), onceThereIs: file)
            }
        )
        let misnamed = ["keys.unfinished", "keys"].contains(appearing) ? nil : "\(folder.url.path)/elsewhere.anchor"
        if let misnamed {
            let refused = try await Liandong.run(initialise(data) + ["--anchor", misnamed])
            #expect(refused.status == 6 && refused.errors.contains("\(data).anchor"), "\(refused.errors)")
        }

        let again = try await Liandong.run(initialise(data))
        #expect(again.status == 0, "\(again.errors)")
        let id = again.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(id.count == 64, "it prints its id: \(id)")
        let settings = try Data(contentsOf: URL(filePath: data + "/config.json"))
        let broker = try JSONSerialization.jsonObject(with: settings) as? [String: Any]
        let listen = (broker?["mqtt"] as? [String: Any])?["listen"] as? String
        #expect(listen?.hasPrefix("127.0.0.1:") == true && listen != "127.0.0.1:0", "its broker's port is kept")
        let third = try await Liandong.run(initialise(data))
        #expect(third.output == again.output, "\(third.errors)")
        #expect(try Data(contentsOf: URL(filePath: data + "/config.json")) == settings, "a third changes nothing")
        let other = try await Liandong.run(initialise(data, code: "441203000000"))
        #expect(other.status == 6, "a district does not become another")
        #expect(other.errors.contains(district), "\(other.errors)")

        let server = Process()
        server.executableURL = Liandong.binary
        server.arguments = ["serve", "--data", data]
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer { kill(server.processIdentifier, SIGKILL) }
        #expect(
            try await eventually(within: .seconds(30)) {
                try await Liandong.run(["status", "--data", data]).status == 0
            }
        )
        let invited = try await Liandong.run([
            "invite", "--data", data, "--tier", "street", "--name", "城东", "--code", "441202001000",
        ])
        #expect(invited.status == 0, "the district's signer signs: \(invited.errors)")
    }

    @Test("Where a district was founded nothing is joined, and where something was joined no district is founded")
    func initAndJoin() async throws {
        try await Cluster.with("demo") { cluster in
            let token = try await cluster.run(
                district,
                ["invite"],
                ["--tier", "community", "--name", "new", "--code", "441202001009"]
            )
            let joined = try await cluster.run(
                district,
                ["join", token.output.trimmingCharacters(in: .whitespacesAndNewlines)],
                ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]
            )
            #expect(joined.status == 6 && joined.errors.contains("root key"), "\(joined.errors)")
            let founded = try await Liandong.run(initialise(try await cluster.node("441202001001").data))
            #expect(founded.status == 6 && founded.errors.contains("a node already"), "\(founded.errors)")
        }
    }

    private func initialise(_ data: String, code: String? = nil) -> [String] {
        [
            "init", "--data", data, "--name", "端州区", "--code", code ?? district, "--listen", "127.0.0.1:0", "--http",
            "127.0.0.1:0", "--mqtt", "127.0.0.1:0",
        ]
    }

    /// Starts a command and kills it as soon as it has made a file; false where it ended before that was seen.
    private func killing(_ arguments: [String], onceThereIs file: String) throws -> Bool {
        let process = Process()
        process.executableURL = Liandong.binary
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: file) {}
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
    }

    @Test(
        "A data folder is its owner's alone: an empty one is made so, one with files that others can enter is refused"
    )
    func folderMode() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let files = FileManager.default
        func mode(_ url: URL) throws -> Int? {
            (try files.attributesOfItem(atPath: url.path)[.posixPermissions] as? NSNumber)?.intValue
        }
        let empty = folder.url.appending(component: "empty")
        let full = folder.url.appending(component: "full")
        for url in [empty, full] {
            try files.createDirectory(at: url, withIntermediateDirectories: true)
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
        }
        try Data("kept".utf8).write(to: full.appending(component: "theirs"))
        #expect(try await Liandong.run(initialise(empty.path)).status == 0)
        #expect(try mode(empty) == 0o700)
        let refused = try await Liandong.run(initialise(full.path))
        #expect(refused.status == 6)
        #expect(refused.errors.contains("755") && refused.errors.contains("chmod 700"), "\(refused.errors)")
        #expect(try mode(full) == 0o755, "what it refuses it leaves alone")
        #expect(try files.contentsOfDirectory(atPath: full.path) == ["theirs"])
    }
}
