import Foundation
import LiandongNode

/// Starts, stops and watches the processes of a cluster in one folder.
struct ClusterRunner {
    let folder: URL
    let binary: URL

    init(_ path: String) {
        self.folder = URL(fileURLWithPath: path).standardizedFileURL
        let link = "/proc/self/exe"
        let resolved = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? CommandLine.arguments[0]
        self.binary = URL(fileURLWithPath: resolved)
    }

    /// Makes what is not made and starts what does not run; returns when every node is ready and has heard every other.
    func up(_ topology: ClusterTopology) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let state = try ClusterState.load(folder) ?? ClusterState()
        let strangers = state.nodes.map(\.name).filter { name in !topology.nodes.contains { $0.name == name } }
        guard strangers.isEmpty else {
            throw NodeError(.refused, "\(folder.path) holds another cluster, with \(strangers.joined(separator: ", "))")
        }
        let roster = ClusterRoster(state, folder)
        for stage in topology.stages {
            let known = await roster.state
            let signer = known.nodes.first { $0.tier == "district" }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for entry in stage {
                    let member = known.nodes.first { $0.name == entry.name }
                    group.addTask { try await self.bringUp(entry, member, signer: signer, roster) }
                }
                try await group.waitForAll()
            }
        }
        try link(topology.links ?? [])
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

    func loaded() throws -> ClusterState {
        guard let state = try ClusterState.load(folder) else {
            throw NodeError(.notFound, "there is no cluster in \(folder.path); run liandong cluster up FILE --dir DIR")
        }
        return state
    }

    func member(_ name: String) throws -> ClusterState.Member {
        let state = try loaded()
        guard let found = state.nodes.first(where: { $0.name == name }) else {
            let names = state.nodes.map(\.name).joined(separator: ", ")
            throw NodeError(.notFound, "no node of the cluster is called \(name); there are \(names)")
        }
        return found
    }
}
