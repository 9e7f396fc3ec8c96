import Foundation

/// The built `liandong` binary, run as a process.
enum Liandong {
    /// Beside the test bundle, where the build puts both.
    static let binary: URL = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(component: "liandong")
    }()

    /// The package's folder.
    static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// What a command printed, and how it ended.
    struct Output: Sendable {
        let status: Int32
        let output: String
        let errors: String

        /// The one object that `--json` prints.
        func json() throws -> [String: Any] {
            guard let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else {
                throw Unexpected("no JSON object: \(output)")
            }
            return object
        }
    }

    /// Something that the tests need did not come about.
    struct Unexpected: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Runs a command to its end, at most so many seconds.
    static func run(_ arguments: [String], seconds: Int = 120) async throws -> Output {
        try await run(binary, arguments, seconds: seconds)
    }

    /// Runs a program to its end; its output goes through files, so that no pipe fills up.
    static func run(
        _ executable: URL,
        _ arguments: [String],
        input: Data? = nil,
        seconds: Int = 120
    ) async throws -> Output {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (output, errors) = (folder.url.appending(component: "out"), folder.url.appending(component: "err"))
        let source = folder.url.appending(component: "in")
        for file in [output, errors] { try Data().write(to: file) }
        try (input ?? Data()).write(to: source)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=5", "\(seconds)", executable.path] + arguments
        // A process keeps its handles for ever, and Foundation fails where a program has more than 1,300 files open.
        let handles = [
            try FileHandle(forReadingFrom: source), try FileHandle(forWritingTo: output),
            try FileHandle(forWritingTo: errors),
        ]
        defer { for handle in handles { try? handle.close() } }
        process.standardInput = handles[0]
        process.standardOutput = handles[1]
        process.standardError = handles[2]
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return Output(
            status: status,
            output: try String(decoding: Data(contentsOf: output), as: UTF8.self),
            errors: try String(decoding: Data(contentsOf: errors), as: UTF8.self)
        )
    }
}

/// A folder of its own with a short path: Unix sockets allow 107 bytes.
struct TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        let name = "lt-" + UUID().uuidString.prefix(8).lowercased()
        url = FileManager.default.temporaryDirectory.appending(component: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}

/// Asks again until the answer is yes; what is waited for has no event that reaches this process.
func eventually(
    within limit: Duration = .seconds(60),
    every pause: Duration = .milliseconds(100),
    _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        try await Task.sleep(for: pause)
    }
}

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
