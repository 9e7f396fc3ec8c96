import Foundation
import LiandongCore
import LiandongMQTT
import LiandongSigning
import Logging
import ServiceLifecycle

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
    private var hasSubscribed: Bool { state.connections > 0 }

    /// How often the node started mosquitto; nil where somebody else runs it.
    var starts: Int? { process?.starts }

    // MARK: Running

    /// Until the task is cancelled.
    func run() async throws {
        do { try files.write(try await users()) } catch let error as BrokerError {
            throw NodeError(.failed, error.reason)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.link.run() }
            group.addTask { await self.lookAfterUsers() }
            if let process { group.addTask { await process.run() } }
            await group.waitForAll()
        }
    }

    /// Those who may come: the node itself, and the devices that it takes readings of.
    private func users() async throws -> [BrokerFiles.User] {
        let salt = Array(Cryptography.sodium.hash(Array(files.folder.path.utf8)).bytes.prefix(BrokerSecret.saltBytes))
        let own = BrokerFiles.User(name: BrokerFiles.node, digest: BrokerSecret.digest(of: secret, salt: salt))
        // What is published before the node has subscribed for the first time is acknowledged, and nobody's.
        guard process == nil || hasSubscribed else { return [own] }
        let devices = try await ingest.brokerSecrets()
        return [own] + devices.map { BrokerFiles.User(name: $0.key, digest: $0.value) }
    }

    /// Tells the broker when devices come, go, are blocked, or get another token.
    private func lookAfterUsers() async {
        var seen: [Int] = []
        while !Task.isCancelled {
            let generation = ingest.generation + [ingest.tokenGeneration, hasSubscribed ? 1 : 0]
            do {
                if generation != seen, try files.admit(try await users()) { process?.reload() }
                seen = generation
            } catch {
                logger.warning("the broker is not told of changed devices", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}

/// Runs the broker beside the node, and listens to it.
struct MQTTService: ServiceLifecycle.Service {
    let desk: MQTTDesk

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await desk.run() }
    }
}
