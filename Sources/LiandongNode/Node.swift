import Foundation
package import LiandongCore
import LiandongDomain
package import LiandongSigning
package import LiandongStore
import LiandongTransport
package import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// One running replica: store, engine, transport, and what speaks for it.
package final class Node: Sendable {
    package static let version = "0.1.0"

    package let folder: NodeFolder
    package let keys: NodeKeys
    package let store: ReplicaStore
    let engine: EngineActor
    let transport: PeerTransport
    let dialPool: DialPool
    let purposeKeys: PurposeKeys
    let importGate = ImportGate()
    let passwords = PasswordQueue()
    /// Takes in what devices send.
    let ingest: IngestDesk
    /// The broker beside it, where it has one.
    let mqtt: MQTTDesk?
    let journalGate = JournalGate()
    /// Writes into the authority chain, where this node is the district's signer.
    let signerDesk: SignerDesk
    let logger: Logger
    let startedAt: Instant
    private let settingsState: Mutex<NodeSettings>
    private let lastChange: Mutex<Instant>
    private let servingState = Mutex(false)

    /// The wall clock.
    package static let now: @Sendable () -> Instant = {
        Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    /// Opens a node's replica and readies its engine; nothing runs yet.
    ///
    /// - Parameter joining: the parent to enrol with, for a node that is not of the cluster yet.
    package init(_ folder: NodeFolder, logger: Logger, joining: JoinToken? = nil) async throws {
        let settings = try folder.loadSettings()
        let keys = try folder.loadKeys()
        let purposeKeys = PurposeKeys(node: keys.nodeID, sealing: keys.sealing)
        self.folder = folder
        self.keys = keys
        self.logger = logger
        self.purposeKeys = purposeKeys
        self.startedAt = Node.now()
        self.settingsState = Mutex(settings)
        self.lastChange = Mutex(Node.now())
        var storeConfiguration = Node.storeConfiguration(folder, settings, keys, purposeKeys)
        storeConfiguration.willFoldAnew = { deltas in
            logger.notice(
                "folding everything anew after the upgrade; nothing is served until it is done",
                metadata: ["deltas": "\(deltas)"]
            )
        }
        let store = try ReplicaStore(storeConfiguration)
        self.store = store
        self.keptOrders = KeptOrders(store)
        let ingest = IngestDesk(
            store: store,
            nodeID: keys.nodeID,
            readingDays: settings.readingDaysKept,
            logger: logger,
            now: Node.now
        )
        self.ingest = ingest
        self.mqtt = try settings.mqtt.map { try MQTTDesk($0, in: folder, ingest: ingest, logger: logger) }
        logger.info(
            "replica opened",
            metadata: [
                "incarnation": "\(store.incarnation)", "epoch": "\(store.storeEpoch)", "why": "\(store.openingNote)",
            ]
        )
        let transport = try PeerTransport(seed: keys.tlsSeed)
        self.transport = transport
        self.dialPool = DialPool(transport, logger: logger)
        var configuration = SyncConfiguration(addresses: [settings.dialAddress], version: Node.version)
        if let seconds = settings.fallbackSeconds {
            configuration.fallbackPatience = Int64(min(max(seconds, 1), 86_400)) * 1_000
        }
        configuration.joining = try joining.map { token in
            SyncConfiguration.JoinTarget(
                cluster: token.cluster,
                parent: token.parent,
                addresses: token.addresses,
                invite: try SigningKey(seed: token.secret).signer,
                sealingKey: keys.sealingKey
            )
        }
        let engine = SyncEngine(
            start: try await store.syncStart(),
            configuration: configuration,
            schemaVersion: LiandongSchema.current.version,
            signer: keys.signer,
            cryptography: .sodium
        )
        let signerDesk = SignerDesk(store: store, keys: keys, purposeKeys: purposeKeys)
        self.signerDesk = signerDesk
        self.engine = EngineActor(
            engine: engine,
            store: store,
            dialPool: dialPool,
            executor: transport.executor,
            logger: logger,
            now: Node.now,
            decide: { await signerDesk.decide($0) }
        )
        signerDesk.attach(self.engine)
    }

    private static func storeConfiguration(
        _ folder: NodeFolder,
        _ settings: NodeSettings,
        _ keys: NodeKeys,
        _ purposeKeys: PurposeKeys
    ) -> StoreConfiguration {
        StoreConfiguration(
            database: folder.database,
            anchor: URL(fileURLWithPath: settings.anchor),
            node: keys.nodeID,
            signer: keys.signer,
            cryptography: .sodium,
            purposes: { purposeKeys.purposes($0) },
            now: now,
            random: { secureRandomBytes($0) }
        )
    }

    /// The replica of a node that does not run, for tools that work on the store alone.
    ///
    /// - Throws: ``NodeError``; `StoreError` with `inUse` while the node runs.
    package static func openStore(_ folder: NodeFolder) throws -> ReplicaStore {
        let keys = try folder.loadKeys()
        let purposeKeys = PurposeKeys(node: keys.nodeID, sealing: keys.sealing)
        return try ReplicaStore(storeConfiguration(folder, try folder.loadSettings(), keys, purposeKeys))
    }

    package var settings: NodeSettings { settingsState.withLock { $0 } }

    /// The place this node serves; nil until it is enrolled.
    package var place: Place? {
        let authority = store.authority
        return authority.place(of: keys.nodeID).flatMap { authority.places[$0] }
    }

    /// Whether the HTTP faces accept connections.
    var isServing: Bool { servingState.withLock { $0 } }

    func noteServing() { servingState.withLock { $0 = true } }

    /// When a record last changed here.
    package var changedAt: Instant { lastChange.withLock { $0 } }

    // MARK: Running

    /// Serves until the process is told to stop, then marks the stop clean.
    package func serve() async throws {
        try await mqtt?.prepare()
        let listener = try await listen()
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: EngineService(node: self)),
            .init(service: PeerService(node: self, listener: listener)),
            .init(service: MaintenanceService(node: self)),
            .init(service: DeviceService(node: self)),
            .init(service: AdminService(node: self)),
            .init(service: HTTPFaceService(node: self)),
        ]
        if let mqtt {
            // They end the other way round: the link acknowledges what it has taken in while its broker still listens.
            services.append(.init(service: BrokerService(desk: mqtt)))
            services.append(.init(service: MQTTService(desk: mqtt)))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do { try await group.run() } catch is CancellationError {
            // A service that was cancelled by the shutdown.
        }
        try await store.close()
        logger.info("stopped cleanly")
    }

    /// Runs the engine and its links while a body works, without HTTP, then ends them: for `join`.
    package func withLinks<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        let listener = try await listen()
        let value = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.engine.run() }
            group.addTask { await self.dialPool.run { await self.engine.converse(over: $0) } }
            group.addTask { await listener.run { await self.engine.converse(over: $0) } }
            let value = try await body()
            await engine.handle(.stopping)
            try? await Task.sleep(for: .milliseconds(50))
            await listener.close()
            group.cancelAll()
            return value
        }
        try await store.close()
        return value
    }

    /// Opens the peers' port, and hears of commits from here on.
    private func listen() async throws -> PeerListener {
        store.onEvent { [self] event in heard(event) }
        let listener = try await transport.listen(on: HostPort(parsing: settings.listen))
        logger.info("peers can dial", metadata: ["address": "\(listener.address)"])
        return listener
    }

    private let commits = CommitFeed()
    let changedRegistrations = RegistrationChanges()
    /// For those who listen at the HTTP faces.
    let changes = ChangeFeed()
    let keptOrders: KeptOrders

    /// In commit order, on the store's queue.
    private func heard(_ event: StoreEvent) {
        switch event {
        case .dropped(let deltas): commits.put(.init(dropped: deltas))
        case .committed(let deltas, let audiences): commits.put(.init(deltas: deltas, definitions: audiences))
        case .changed(let news):
            lastChange.withLock { $0 = Node.now() }
            keptOrders.note(news.records)
            changes.put(news)
            if !news.registrations.isEmpty { changedRegistrations.continuation.yield(news.registrations) }
        }
    }

    /// Hands local commits to the engine, in their order.
    func forwardCommits() async {
        await commits.handOn { commit in
            if !commit.dropped.isEmpty { await engine.handle(.dropped(commit.dropped)) }
            if !commit.deltas.isEmpty {
                await engine.handle(.committed(commit.deltas, definitions: commit.definitions))
            }
        }
    }

    func close() async { await engine.handle(.stopping) }

    // MARK: Commands

    /// Who acts at this node.
    func actor(name: String = "", role: String = "") throws -> Actor {
        guard let place else {
            throw NodeError(.refused, "this node is not enrolled; run liandong join with a token of the district")
        }
        return Actor(node: keys.nodeID, place: place.id, name: name, role: role)
    }
}

/// Registrations that changed, for what looks at them later; the oldest are let go of, a later look finds them again.
final class RegistrationChanges: Sendable {
    let stream: AsyncStream<[RecordID]>
    let continuation: AsyncStream<[RecordID]>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024)) }
}
