import Foundation
import LiandongCore
import LiandongMQTT
import LiandongSigning
import Logging
import ServiceLifecycle
import Synchronization

/// The broker beside the node: who may come to it, its process, and the link by which the node hears what devices publish.
final class MQTTDesk: Sendable {
    private let files: BrokerFiles
    /// nil where somebody else runs it.
    private let process: BrokerProcess?
    private let link: BrokerLink
    private let ingest: IngestDesk
    private let logger: Logger
    /// What the node comes in with.
    private let secret: String

    /// From one start of the broker to the next.
    private struct Life: Hashable {
        var number = 0
        /// How often the node had come to a broker before.
        var connections = 0
    }

    private let life = Mutex(Life())

    /// Reads the settings, and makes the node's secret where there is none; nothing runs yet.
    ///
    /// - Throws: ``NodeError`` where they are wrong, or mosquitto is not installed.
    init(_ settings: MQTTSettings, in folder: NodeFolder, ingest: IngestDesk, logger: Logger) throws {
        let files = try settings.files(in: folder)
        let secret = try MQTTDesk.secret(in: folder)
        do {
            process =
                try settings.isBrokerOwn
                ? BrokerProcess(configuration: files.configuration, logger: logger) : nil
        } catch { throw NodeError(.failed, error.reason) }
        link = BrokerLink(
            host: files.socket.path,
            port: 0,
            name: BrokerFiles.node,
            secret: secret,
            logger: logger,
            take: { try await ingest.take($0) }
        )
        self.files = files
        self.ingest = ingest
        self.logger = logger
        self.secret = secret
    }

    /// What the node comes to its broker with: the same at each start, so that a broker run by others need not be told.
    private static func secret(in folder: NodeFolder) throws -> String {
        let file = folder.keys.appendingPathComponent("broker.secret")
        if let kept = try? String(contentsOf: file, encoding: .utf8), kept.utf8.count >= 32 { return kept }
        let secret = secureRandomBytes(32).base64URL
        try Data(secret.utf8).write(to: file, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return secret
    }

    var state: BrokerLink.State { link.state }
    /// How often the node started mosquitto; nil where somebody else runs it.
    var starts: Int? { process?.starts }

    // MARK: Running

    /// Writes the broker's files, with the node alone as their user where it runs the broker itself.
    ///
    /// - Throws: ``NodeError`` where they cannot be, or would not be the node's alone.
    func prepare() async throws {
        do { try files.write(try await users(withDevices: process == nil)) } catch let error as BrokerError {
            throw NodeError(.failed, error.reason)
        }
        let listener = files.listener
        if listener.certificate == nil, !["127.0.0.1", "::1", "localhost"].contains(listener.host) {
            logger.warning("devices' tokens cross the network as they are: mqtt has no certificate")
        }
        if process != nil, geteuid() == 0 {
            logger.warning("mosquitto runs as root, as this node does; let a user of its own run the node")
        }
    }

    /// Runs the broker, where it is the node's, until the task is cancelled.
    func runBroker() async { await process?.run { try self.beginLife() } }

    /// Until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.link.run() }
            group.addTask { await self.lookAfterUsers() }
        }
    }

    /// Before each start: what is published before the node has subscribed, at a broker that has lost what it wrote down,
    /// would be acknowledged, and nobody's.
    private func beginLife() throws {
        try life.withLock { life in
            life = Life(number: life.number + 1, connections: state.connections)
            _ = try files.admit([own])
        }
    }

    private var own: BrokerFiles.User {
        let salt = Array(Cryptography.sodium.hash(Array(files.folder.path.utf8)).bytes.prefix(BrokerSecret.saltBytes))
        return .init(name: BrokerFiles.node, digest: BrokerSecret.digest(of: secret, salt: salt))
    }

    /// Those who may come: the node itself, and the devices that it takes readings of.
    private func users(withDevices: Bool) async throws -> [BrokerFiles.User] {
        guard withDevices else { return [own] }
        return [own] + (try await ingest.brokerSecrets()).map { BrokerFiles.User(name: $0.key, digest: $0.value) }
    }

    /// Tells the broker when devices come, go, are blocked, or get another token.
    private func lookAfterUsers() async {
        var seen: [Int] = []
        while !Task.isCancelled {
            let life = life.withLock { $0 }
            let hasSubscribed = state.connections > life.connections
            let generation = ingest.generation + [ingest.tokenGeneration, life.number, hasSubscribed ? 1 : 0]
            do {
                if generation != seen, try await admitUsers(withDevices: process == nil || hasSubscribed, in: life) {
                    process?.reload()
                }
                seen = generation
            } catch {
                logger.warning("the broker is not told of changed devices", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// - Returns: whether the broker has to read another list than before; false where it was begun again meanwhile.
    private func admitUsers(withDevices: Bool, in life: Life) async throws -> Bool {
        let users = try await users(withDevices: withDevices)
        return try self.life.withLock { try $0 == life && files.admit(users) }
    }
}

/// Runs the broker beside the node.
struct BrokerService: ServiceLifecycle.Service {
    let desk: MQTTDesk

    /// Also where somebody else runs it: a service that returned would end the node.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await desk.runBroker()
            try? await gracefulShutdown()
        }
    }
}

/// Listens to the broker.
struct MQTTService: ServiceLifecycle.Service {
    let desk: MQTTDesk

    func run() async throws { await cancelWhenGracefulShutdown { await desk.run() } }
}
