import Foundation
import LiandongNode
import LiandongReports

/// Waiting until the nodes are ready and have heard of each other.
extension ClusterRunner {
    func waitUntilReady(_ member: ClusterState.Member) async throws {
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
    func waitForWord(_ state: ClusterState) async throws {
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
}
