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

    /// Makes what is not made and starts what does not run; returns when every node is ready and has heard every other.
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
        try await waitForWord(await roster.state)
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
                for: entry.name,
                [
                    "init", "--data", data.path, "--name", entry.name, "--place-name", entry.place ?? entry.name,
                    "--code", entry.code,
                ] + addresses
            )
        }
        let token = try await run(
            for: entry.name,
            [
                "invite", "--data", signer.dataDir, "--tier", entry.tier, "--name", entry.name, "--place-name",
                entry.place ?? entry.name, "--code", entry.code,
            ]
        )
        return try await run(for: entry.name, ["join", token, "--data", data.path] + addresses)
    }

    /// Runs one of our own commands to its end, on behalf of a node.
    @concurrent
    private func run(for name: String, _ arguments: [String]) async throws -> String {
        // Its complaints go through a file: of two pipes, the one not being read could fill up and stop it.
        let complaints = folder.appendingPathComponent("\(name).errors")
        defer { try? FileManager.default.removeItem(at: complaints) }
        try Data().write(to: complaints)
        let process = Process()
        process.executableURL = binary
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: complaints)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
            throw NodeError(
                NodeError.Code(rawValue: process.terminationStatus) ?? .failed,
                "liandong \(arguments.first ?? "") for \(name) failed: "
                    + said.trimmingCharacters(in: .whitespacesAndNewlines)
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

    /// Every node has heard every other, so that `status` at any of them finds all well.
    ///
    /// A link taken out of service stays so, and with it what cannot be heard over it: then the links alone count.
    private func waitForWord(_ state: ClusterState) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        let isCut = try state.nodes.contains { member in
            let links = try AdminClient(NodeFolder(member.dataDir)).call(.peers, as: PeersReport.self).peers
            return links.contains { $0.state == "paused" }
        }
        for member in state.nodes {
            let client = AdminClient(NodeFolder(member.dataDir), timeoutSeconds: 5)
            var missing = ["every node"]
            while ContinuousClock.now < deadline, !missing.isEmpty {
                missing = (try? unheard(client, linksAlone: isCut)) ?? missing
                if !missing.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
            }
            guard missing.isEmpty else {
                throw NodeError(
                    .degraded,
                    "\(member.name) has not heard of \(missing.joined(separator: ", ")) within 90 s; the nodes run, "
                        + "see liandong status --data \(member.dataDir)"
                )
            }
        }
    }

    /// The nodes that a node does not find well, or whose links it lacks.
    private func unheard(_ client: AdminClient, linksAlone: Bool) throws -> [String] {
        let links = try client.call(.peers, as: PeersReport.self).peers
        let down = links.filter { $0.state == "down" }.map(\.name)
        guard !linksAlone else { return down }
        return try down + client.call(.status, as: StatusReport.self).nodes.filter { $0.state != "ok" }.map(\.node)
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
