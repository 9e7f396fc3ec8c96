import Foundation
import Logging
import Synchronization
import Testing

@testable import LiandongMQTT

/// A mosquitto of a test's own, with two devices, and the programs of `mosquitto-clients` as devices.
struct TestBroker: Sendable {
    static let secrets = ["@node": "node", "S1": "one", "S2": "two"]

    let files: BrokerFiles
    let process: BrokerProcess

    /// Runs it while a body works, and ends it whatever happened.
    static func with(_ body: @escaping @Sendable (TestBroker) async throws -> Void) async throws {
        let name = "mq-\(UUID().uuidString.prefix(8))"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = BrokerFiles(
            folder: folder,
            socket: folder.appendingPathComponent("s"),
            listener: .init(host: "127.0.0.1", port: try freePort())
        )
        try files.write(users(Array(secrets.keys)))
        let process = try BrokerProcess(configuration: files.configuration, logger: quiet)
        let broker = TestBroker(files: files, process: process)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await broker.process.run() }
            let isUp = try await eventually {
                try await broker.publish("up\n", as: "@node", to: DeviceTopics.answer(to: "x"))
            }
            #expect(isUp)
            try await body(broker)
            group.cancelAll()
        }
    }

    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func users(_ names: [String]) -> [BrokerFiles.User] {
        names.map { .init(name: $0, digest: BrokerSecret.digest(of: secrets[$0] ?? "", salt: Array(0..<12))) }
    }

    func link(_ take: @escaping BrokerLink.Taker) -> BrokerLink {
        BrokerLink(
            host: files.socket.path,
            port: 0,
            name: BrokerFiles.node,
            secret: "node",
            logger: TestBroker.quiet,
            take: take
        )
    }

    /// Listens to it while a body works.
    func link(
        _ take: @escaping BrokerLink.Taker,
        while body: @escaping @Sendable (BrokerLink) async throws -> Void
    ) async throws {
        let link = link(take)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await link.run() }
            try await body(link)
            group.cancelAll()
        }
    }

    // MARK: Devices

    /// Publishes each line of a text, with acknowledgement.
    ///
    /// - Returns: whether the broker acknowledged all of it.
    func publish(_ text: String, as name: String, secret: String? = nil, to topic: String) async throws -> Bool {
        let arguments = ["-q", "1", "-l", "-t", topic] + credentials(name, secret)
        return try await run("mosquitto_pub", arguments, input: text).status == 0
    }

    /// Publishes a text and waits for what comes under a topic.
    func ask(_ text: String, as name: String, of answers: String) async throws -> String {
        let topic = DeviceTopics.readings(of: name)
        let arguments = ["-q", "1", "-t", topic, "-e", answers, "-m", text, "-W", "10"] + credentials(name, nil)
        return try await run("mosquitto_rr", arguments, input: "").output
    }

    /// Listens under a topic until a message has come, or the broker ends it, and notes in a file what comes.
    ///
    /// - Returns: mosquitto_sub's status: 27 where nothing happened for a minute.
    func listen(as name: String, to topic: String, noting output: URL) async throws -> Int32 {
        let arguments = ["-t", topic, "-W", "60"] + credentials(name, nil)
        return try await run("mosquitto_sub", arguments, input: "", output: output, seconds: 90).status
    }

    private func credentials(_ name: String, _ secret: String?) -> [String] {
        ["--unix", files.socket.path, "-u", name, "-P", secret ?? TestBroker.secrets[name] ?? ""]
    }

    /// Its input and output go through files: no pipe fills up or breaks.
    private func run(
        _ program: String,
        _ arguments: [String],
        input: String,
        output given: URL? = nil,
        seconds: Int = 30
    ) async throws -> (status: Int32, output: String) {
        let source = files.folder.appendingPathComponent("in-\(UUID())")
        let output = given ?? files.folder.appendingPathComponent("out-\(UUID())")
        try Data(input.utf8).write(to: source)
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["\(seconds)", program] + arguments
        process.standardInput = try FileHandle(forReadingFrom: source)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return (status, try String(decoding: Data(contentsOf: output), as: UTF8.self))
    }

    /// Below the ports that Linux gives to outgoing connections.
    private static func freePort() throws -> Int {
        let port = (0..<100).lazy.map { _ in UInt16.random(in: 10_000..<32_000) }.first(where: isFree)
        return Int(try #require(port))
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Asks again until the answer is yes; what is waited for has no event that reaches this process.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return false
}

/// Something that comes about once.
final class Progress: Sendable {
    private let state = Mutex(false)
    var isNoted: Bool { state.withLock { $0 } }
    func note() { state.withLock { $0 = true } }
}

/// What a link handed over, and what is to be done with it.
final class Intake: Sendable {
    private struct State {
        var refusals: Int
        var taken: [Publication] = []
        var refused: [Publication] = []
    }

    struct Full: Error {}

    private let state: Mutex<State>

    /// - Parameter refusals: how many batches are not taken in, before all are.
    init(refusals: Int = 0) { state = Mutex(State(refusals: refusals)) }

    /// What was taken in, as text.
    var taken: [String] { state.withLock { $0.taken.map { String(decoding: $0.payload, as: UTF8.self) } } }
    var refused: Int { state.withLock { $0.refused.count } }

    /// Answers each publication with itself.
    func take(_ batch: [Publication]) throws -> [Publication] {
        try state.withLock { state in
            guard state.refusals == 0 else {
                state.refusals -= 1
                state.refused += batch
                throw Full()
            }
            state.taken += batch
        }
        return batch.compactMap { publication in
            DeviceTopics.device(of: publication.topic).map {
                Publication(topic: DeviceTopics.answer(to: $0), payload: publication.payload)
            }
        }
    }
}
