import Foundation
import LiandongNode

/// Founding the first node and joining the others.
extension ClusterRunner {
    func make(
        _ entry: ClusterTopology.Entry,
        _ data: URL,
        signer: ClusterState.Member?
    ) async throws -> String {
        let addresses =
            ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"] + (entry.mqtt.map { ["--mqtt", $0] } ?? [])
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
    func run(for name: String, _ arguments: [String]) async throws -> String {
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
}
