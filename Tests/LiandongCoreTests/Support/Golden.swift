import Foundation
import LiandongCore
import Synchronization
import Testing

/// The pages under docs/protocol/golden, and the scripts of the second implementation that make or check them.
enum Golden {
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func page(_ name: String) throws -> String {
        try String(contentsOf: repository.appending(path: "docs/protocol/golden/\(name)"), encoding: .utf8)
    }

    static func read(_ digits: String) throws -> [UInt8] {
        let found = bytes(hexadecimal: digits)
        return try #require(found)
    }

    /// What a script of Tests/Protocol prints; its own words are the failure when it does not end well.
    static func output(of script: String, _ arguments: [String] = []) throws -> String {
        let said = try ProtocolScript.run(script, arguments)
        try #require(said.status == 0, "\(said.errors)")
        return String(decoding: said.output, as: UTF8.self)
    }
}

/// A script of Tests/Protocol, another implementation of the protocol.
enum ProtocolScript {
    /// One at a time: their callers hold a thread each while they wait, of which there are as many as cores.
    private static let turn = Mutex(())

    static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, output: Data, errors: String) {
        try turn.withLock { _ in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments =
                ["-B", Golden.repository.appending(path: "Tests/Protocol/\(script)").path]
                + ["--proto", Golden.repository.appending(path: "docs/protocol").path] + arguments
            let (output, errors) = (Pipe(), Pipe())
            process.standardOutput = output
            process.standardError = errors
            try process.run()
            let said = output.fileHandleForReading.readDataToEndOfFile()
            let complaint = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, said, String(decoding: complaint, as: UTF8.self))
        }
    }
}
