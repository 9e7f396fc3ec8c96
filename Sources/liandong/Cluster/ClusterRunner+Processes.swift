import Foundation
import LiandongNode

/// The processes of the nodes.
extension ClusterRunner {
    /// Starts a node as a process of its own, which outlives this one.
    func start(_ member: ClusterState.Member) throws -> Int32 {
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

    func signal(_ member: ClusterState.Member, _ number: Int32) {
        if let pid = member.pid { kill(pid, number) }
    }

    /// Whether the member's process lives and serves its folder: its number may be another's by now, even another node's.
    func isRunning(_ member: ClusterState.Member) -> Bool {
        guard let pid = member.pid, pid > 0,
            let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
        else { return false }
        let state = stat.split(separator: ")").last?.split(separator: " ").first
        let words = command.split(separator: "\0").map(String.init)
        return state != "Z" && words.contains("serve") && words.contains(member.dataDir)
    }
}
