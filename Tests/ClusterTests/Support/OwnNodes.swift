import Foundation
import LiandongNode
import Testing

/// Nodes that a test makes and runs one by one: with settings, links and binaries of its own.
actor OwnNodes {
    private let folder: TemporaryFolder
    private var processes: [String: Process] = [:]

    private init() throws { self.folder = try TemporaryFolder() }

    /// Hands nodes to the test, and ends every process whatever happened.
    static func with(_ body: (OwnNodes) async throws -> Void) async throws {
        let nodes = try OwnNodes()
        do { try await body(nodes) } catch {
            await nodes.end()
            throw error
        }
        await nodes.end()
    }

    private func end() async {
        for process in processes.values where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        folder.remove()
    }

    // MARK: Making

    nonisolated func data(_ name: String) -> String { folder.url.appending(component: name).path }

    /// A file for the test, gone with the nodes.
    nonisolated func file(_ name: String) -> String { folder.url.appending(component: "file-" + name).path }

    private static let addresses = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]

    /// Makes a district's first node; it does not run yet.
    func found(_ name: String, code: String, by binary: URL = Liandong.binary) async throws {
        let output = try await Liandong.run(
            binary,
            ["init", "--data", data(name), "--name", name, "--code", code] + OwnNodes.addresses
        )
        guard output.status == 0 else { throw Liandong.Unexpected("init: \(output.errors)") }
    }

    /// Makes a node that joins by a token of a running district; it does not run yet.
    func join(
        _ name: String,
        _ tier: String,
        code: String,
        parent: String,
        at district: String,
        by binary: URL = Liandong.binary
    ) async throws {
        let invite = ["invite", "--data", data(district), "--tier", tier, "--name", name, "--code", code]
        let token = try await Liandong.run(invite + ["--parent", parent])
        guard token.status == 0 else { throw Liandong.Unexpected("invite: \(token.errors)") }
        let output = try await Liandong.run(
            binary,
            ["join", token.output.trimmingCharacters(in: .whitespacesAndNewlines), "--data", data(name)]
                + OwnNodes.addresses
        )
        guard output.status == 0 else { throw Liandong.Unexpected("join: \(output.errors)") }
    }

    nonisolated func settings(_ name: String) throws -> NodeSettings { try NodeFolder(data(name)).loadSettings() }

    // MARK: Running

    /// Starts a node and waits until it is ready.
    func start(_ name: String, by binary: URL = Liandong.binary) async throws {
        let process = Process()
        process.executableURL = binary
        process.arguments = ["serve", "--data", data(name)]
        let log = URL(filePath: data(name)).appending(component: "serve.log")
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
        processes[name] = process
        let ready = try #require(URL(string: "http://\(try settings(name).http)/readyz"))
        let isReady = try await eventually(within: .seconds(120)) {
            guard process.isRunning else { return true }
            return try await HTTP.status(ready) == 200
        }
        guard isReady, process.isRunning else {
            let text = (try? String(decoding: Data(contentsOf: log), as: UTF8.self)) ?? ""
            throw Liandong.Unexpected("\(name) has ended, or is not ready 120 s after its start: \(text.suffix(2_000))")
        }
    }

    /// Asks a node to stop, and waits until it has.
    func stop(_ name: String) async throws {
        guard let process = processes[name], process.isRunning else { return }
        kill(process.processIdentifier, SIGTERM)
        let hasStopped = try await eventually(within: .seconds(30)) { !process.isRunning }
        guard hasStopped else { throw Liandong.Unexpected("\(name) does not stop") }
    }

    /// Ends a node without a word, as a power cut would.
    func kill9(_ name: String) async throws {
        guard let process = processes[name], process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        _ = try await eventually(within: .seconds(30)) { !process.isRunning }
    }

    // MARK: Asking

    /// Runs a command against a node.
    nonisolated func run(
        _ name: String,
        _ command: [String],
        _ rest: [String] = [],
        by binary: URL = Liandong.binary
    ) async throws -> Liandong.Output {
        try await Liandong.run(binary, command + ["--data", data(name)] + rest)
    }

    /// Hands in a work order; tells its number.
    nonisolated func submit(
        _ name: String,
        for place: String,
        _ text: String,
        by binary: URL = Liandong.binary
    ) async throws -> String {
        let answer = try await run(
            name,
            ["submit"],
            [
                "--service", "0303", "--place", place, "--text", text, "--name", "张三", "--phone", "13900000000",
                "--json",
            ],
            by: binary
        )
        guard answer.status == 0 else { throw Liandong.Unexpected("submit: \(answer.errors)") }
        return try #require(try answer.json()["number"] as? String)
    }

    /// Whether a node shows a work order.
    nonisolated func shows(_ name: String, _ number: String) async throws -> Bool {
        try await run(name, ["order", "show", number], ["--json"]).status == 0
    }

    /// A gauge of a node's metrics.
    nonisolated func gauge(_ name: String, _ metric: String) async throws -> Int {
        let url = try #require(URL(string: "http://\(try settings(name).http)/metrics"))
        let text = String(decoding: try await HTTP.get(url).body, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(metric + " ") || $0.hasPrefix(metric + "{") }
        return Int(try #require(line?.split(separator: " ").last.flatMap { Double($0) }))
    }
}
