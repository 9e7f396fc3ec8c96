import Foundation
import LiandongNode

/// Starts, stops and watches the processes of a cluster in one folder.
struct ClusterRunner {
    let folder: URL
    private let binary: URL

    init(_ path: String) {
        self.folder = URL(fileURLWithPath: path).standardizedFileURL
        let link = "/proc/self/exe"
        let resolved = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? CommandLine.arguments[0]
        self.binary = URL(fileURLWithPath: resolved)
    }

    // MARK: Up

    /// Makes what is not made and starts what does not run; returns when every node is ready.
    func up(_ topology: ClusterTopology) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let state = try ClusterState.load(folder) ?? ClusterState()
        let strangers = state.nodes.map(\.name).filter { name in !topology.nodes.contains { $0.name == name } }
        guard strangers.isEmpty else {
            throw NodeError(.refused, "\(folder.path) holds another cluster, with \(strangers.joined(separator: ", "))")
        }
        let roster = ClusterRoster(state, folder)
        for tier in ["district", "street", "community"] {
            let known = await roster.state
            let signer = known.nodes.first { $0.tier == "district" }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for entry in topology.nodes(of: tier) {
                    let member = known.nodes.first { $0.name == entry.name }
                    group.addTask { try await self.bringUp(entry, member, signer: signer, roster) }
                }
                try await group.waitForAll()
            }
        }
        try await waitForLinks(await roster.state)
    }

    private func bringUp(
        _ entry: ClusterTopology.Entry,
        _ known: ClusterState.Member?,
        signer: ClusterState.Member?,
        _ roster: ClusterRoster
    ) async throws {
        let data = folder.appendingPathComponent(entry.name)
        var member = ClusterState.Member(
            name: entry.name,
            tier: entry.tier,
            placeCode: entry.code,
            dataDir: data.path,
            id: known?.id ?? "",
            pid: known?.pid
        )
        if member.id.isEmpty {
            member.id = try await make(entry, data, signer: signer)
            try await roster.note(member)
        }
        if !isRunning(member) {
            member.pid = try start(member)
            try await roster.note(member)
        }
        try await waitUntilReady(member)
    }

    private func make(
        _ entry: ClusterTopology.Entry,
        _ data: URL,
        signer: ClusterState.Member?
    ) async throws -> String {
        let addresses = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        guard let signer else {
            return try await run(
                [
                    "init", "--data", data.path, "--name", entry.name, "--place-name", entry.place ?? entry.name,
                    "--code", entry.code,
                ] + addresses
            )
        }
        let token = try await run([
            "invite", "--data", signer.dataDir, "--tier", entry.tier, "--name", entry.name, "--place-name",
            entry.place ?? entry.name, "--code", entry.code,
        ])
        return try await run(["join", token, "--data", data.path] + addresses)
    }

    /// Runs one of our own commands to its end.
    @concurrent
    private func run(_ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = binary
        process.arguments = arguments
        let output = Pipe()
        let complaints = Pipe()
        process.standardOutput = output
        process.standardError = complaints
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        let said = complaints.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            throw NodeError(
                NodeError.Code(rawValue: process.terminationStatus) ?? .failed,
                "liandong \(arguments.first ?? "") for \(arguments.last ?? "") failed: \(text)"
            )
        }
        return String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Starts a node as a process of its own, which outlives this one.
    private func start(_ member: ClusterState.Member) throws -> Int32 {
        let log = folder.appendingPathComponent("\(member.name).log")
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        let process = Process()
        process.executableURL = binary
        process.arguments = ["serve", "--data", member.dataDir]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return process.processIdentifier
    }

    private func waitUntilReady(_ member: ClusterState.Member) async throws {
        let client = AdminClient(NodeFolder(member.dataDir), timeoutSeconds: 5)
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let ready = try? client.call(.ping, as: DoneReport.self), ready.what == "ready" { return }
            // Not isRunning: a process that was just begun may not have its own command line yet.
            if let pid = member.pid, kill(pid, 0) != 0 {
                throw NodeError(.failed, "\(member.name) ended at its start; see \(folder.path)/\(member.name).log")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NodeError(.unreachable, "\(member.name) was not ready within 60 s; see \(folder.path)/\(member.name).log")
    }

    /// Every link in service is up, or a while has passed.
    private func waitForLinks(_ state: ClusterState) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        for member in state.nodes {
            let client = AdminClient(NodeFolder(member.dataDir), timeoutSeconds: 5)
            while ContinuousClock.now < deadline {
                let report = try? client.call(.peers, as: PeersReport.self)
                if let report, !report.peers.contains(where: { $0.state == "down" }) { break }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    // MARK: Down

    /// Stops every node in order, and by force what does not stop within 10 s.
    func down() async throws {
        guard var state = try ClusterState.load(folder) else { return }
        let running = state.nodes.filter(isRunning)
        for member in running { signal(member, SIGTERM) }
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline, running.contains(where: isRunning) {
            try await Task.sleep(for: .milliseconds(50))
        }
        for member in running where isRunning(member) { signal(member, SIGKILL) }
        for index in state.nodes.indices { state.nodes[index].pid = nil }
        try state.save(folder)
    }

    private func signal(_ member: ClusterState.Member, _ number: Int32) {
        if let pid = member.pid { kill(pid, number) }
    }

    /// Whether the member's process lives and serves its folder: its number may be another's by now, even another node's.
    private func isRunning(_ member: ClusterState.Member) -> Bool {
        guard let pid = member.pid, pid > 0,
            let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
        else { return false }
        let state = stat.split(separator: ")").last?.split(separator: " ").first
        let words = command.split(separator: "\0").map(String.init)
        return state != "Z" && words.contains("serve") && words.contains(member.dataDir)
    }

    // MARK: Links

    /// Takes the link between two nodes out of service, or back, at both ends that run.
    func setCut(_ isCut: Bool, _ a: String, _ b: String) throws {
        let (first, second) = (try member(a), try member(b))
        var done = 0
        for (here, there) in [(first, second), (second, first)] where isRunning(here) {
            _ = try AdminClient(NodeFolder(here.dataDir)).call(isCut ? .pausePeer(there.id) : .resumePeer(there.id))
            done += 1
        }
        guard done > 0 else { throw NodeError(.unreachable, "neither \(a) nor \(b) runs") }
    }

    /// Puts every link of a node back into service.
    func healAll(_ name: String) throws {
        let state = try loaded()
        let own = try member(name)
        for other in state.nodes where other.name != name {
            for (here, there) in [(own, other), (other, own)] where isRunning(here) {
                _ = try AdminClient(NodeFolder(here.dataDir)).call(.resumePeer(there.id))
            }
        }
    }

    private func loaded() throws -> ClusterState {
        guard let state = try ClusterState.load(folder) else {
            throw NodeError(.notFound, "there is no cluster in \(folder.path); run liandong cluster up FILE --dir DIR")
        }
        return state
    }

    private func member(_ name: String) throws -> ClusterState.Member {
        let state = try loaded()
        guard let found = state.nodes.first(where: { $0.name == name }) else {
            let names = state.nodes.map(\.name).joined(separator: ", ")
            throw NodeError(.notFound, "no node of the cluster is called \(name); there are \(names)")
        }
        return found
    }

    // MARK: Status

    /// `liandong.cluster/1`.
    struct Report: Codable {
        var schema = "liandong.cluster/1"
        let asOf: String
        let nodes: [Row]

        struct Row: Codable {
            let name: String
            let tier: String
            let placeCode: String
            let dataDir: String
            /// A base URL.
            let http: String
            /// host:port of its peers' port.
            let peer: String
            let node: String
            let pid: Int32?
            /// running or stopped.
            let state: String
        }
    }

    func status() throws -> Report {
        let rows = try loaded().nodes.map { member in
            let settings = try NodeFolder(member.dataDir).loadSettings()
            let pid = isRunning(member) ? member.pid : nil
            return Report.Row(
                name: member.name,
                tier: member.tier,
                placeCode: member.placeCode,
                dataDir: member.dataDir,
                http: "http://\(settings.http)",
                peer: settings.listen,
                node: member.id,
                pid: pid,
                state: pid == nil ? "stopped" : "running"
            )
        }
        return Report(asOf: Node.now().iso8601, nodes: rows)
    }
}
