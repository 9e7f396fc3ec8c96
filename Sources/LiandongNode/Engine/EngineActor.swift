import LiandongCore
import LiandongSigning
import LiandongStore
import LiandongTransport
import Logging

/// Owns the sync engine: takes its events one at a time and carries its effects out in their order.
actor EngineActor {
    private var engine: SyncEngine
    private let store: ReplicaStore
    private let logger: Logger
    private let now: @Sendable () -> Instant
    private let dialPool: DialPool
    /// What the signer decides of a joining node; nil where this node is not the signer.
    private let decide: @Sendable (EnrolmentRequest) async -> EnrolmentReply?

    private var connections: [SessionID: PeerConnection] = [:]
    private var raised: Set<SessionID> = []
    private var nextSession: UInt64 = 1
    private(set) var alarms: [SyncAlarm] = []
    /// What was said when a session ended because of a clock.
    private(set) var clockComplaint: String?

    /// Work that waits on the store, on signatures or on a socket.
    ///
    /// Bounded by the sessions: each has at most one commit,
    /// two scans and the verifications within its credit under way.
    private let work: AsyncStream<Work>
    private let workContinuation: AsyncStream<Work>.Continuation

    private enum Work: Sendable {
        case verify(Ticket, [SignatureCheck])
        case persist(Ticket, PersistBatch)
        case scan(Ticket, ScanRequest)
        case decide(EnrolmentRequest)
        case close(PeerConnection)
    }

    init(
        engine: SyncEngine,
        store: ReplicaStore,
        dialPool: DialPool,
        logger: Logger,
        now: @escaping @Sendable () -> Instant,
        decide: @escaping @Sendable (EnrolmentRequest) async -> EnrolmentReply?
    ) {
        self.engine = engine
        self.store = store
        self.dialPool = dialPool
        self.logger = logger
        self.now = now
        self.decide = decide
        (self.work, self.workContinuation) = AsyncStream.makeStream()
    }

    // MARK: Running

    /// Carries out what the engine wants until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.wakeRegularly() }
            for await item in work { group.addTask { await self.carryOut(item) } }
            group.cancelAll()
        }
    }

    private func wakeRegularly() async {
        while !Task.isCancelled {
            handle(.wokeUp)
            engine.health = store.isReadOnly ? .readOnly : .ok
            let now = now()
            let wait = engine.nextWakeUp(after: now).milliseconds(since: now)
            try? await Task.sleep(for: .milliseconds(max(20, wait)))
        }
    }

    private func carryOut(_ item: Work) async {
        switch item {
        case .verify(let ticket, let checks):
            handle(.verified(ticket, await SignatureBatch.verify(checks)))
        case .persist(let ticket, let batch):
            do { handle(.persisted(ticket, try await store.persist(batch))) } catch {
                logger.warning("commit refused", metadata: ["peer.id": "\(batch.peer)", "error": "\(error)"])
                handle(.persistFailed(ticket, reason: "\(error)"))
            }
        case .scan(let ticket, let request):
            do { handle(.scanned(ticket, try await store.scan(request))) } catch {
                logger.error("scan failed", metadata: ["error": "\(error)"])
                handle(.scanFailed(ticket, reason: "\(error)"))
            }
        case .decide(let request):
            if let reply = await decide(request) { handle(.enrolmentDecided(reply)) }
        case .close(let connection):
            await connection.close()
        }
    }

    // MARK: Sessions

    /// One connection from its start to its end.
    func converse(over connection: PeerConnection) async {
        let id = SessionID(raw: nextSession)
        nextSession += 1
        connections[id] = connection
        handle(.opened(id, peer: connection.peer, dialled: connection.dialled))
        do {
            while connections[id] != nil, let frames = try await connection.nextFrames() {
                for frame in frames { handle(.received(id, frame: frame)) }
                if !raised.contains(id), engine.takesLongFrames(id) {
                    raised.insert(id)
                    connection.raiseFrameLimit()
                }
            }
        } catch {
            logger.info("connection ended", metadata: ["peer.id": "\(connection.peer)", "error": "\(error)"])
        }
        connections[id] = nil
        raised.remove(id)
        handle(.closed(id))
    }

    /// Takes in one event; its effects are carried out or queued before this returns.
    func handle(_ event: SyncEvent) {
        var effects: [SyncEffect] = []
        engine.handle(event, at: now(), into: &effects)
        var frames: [[UInt8]] = []
        var target: SessionID?
        func flush() {
            if let target, !frames.isEmpty { post(frames, on: target) }
            frames = []
        }
        for effect in effects {
            if case .send(let id, let frame) = effect {
                if id != target { flush() }
                target = id
                frames.append(frame)
                continue
            }
            flush()
            carryOut(effect)
        }
        flush()
    }

    private func post(_ frames: [[UInt8]], on id: SessionID) {
        guard let connection = connections[id] else { return }
        do { try connection.post(frames) } catch {
            logger.info("connection dropped", metadata: ["peer.id": "\(connection.peer)", "error": "\(error)"])
            connection.abort()
        }
    }

    private func carryOut(_ effect: SyncEffect) {
        switch effect {
        case .send: break  // batched by the caller
        case .close(let id, let reason):
            guard let connection = connections.removeValue(forKey: id) else { return }
            logger.info(
                "session closed",
                metadata: ["peer.id": "\(connection.peer)", "reason": "\(reason.text)"]
            )
            if reason.code == .clock { clockComplaint = reason.text }
            workContinuation.yield(.close(connection))
        case .verify(let ticket, let checks): workContinuation.yield(.verify(ticket, checks))
        case .persist(let ticket, let batch): workContinuation.yield(.persist(ticket, batch))
        case .scan(let ticket, let request): workContinuation.yield(.scan(ticket, request))
        case .decideEnrolment(let request): workContinuation.yield(.decide(request))
        case .dial(let targets): dialPool.replaceTargets(targets)
        case .raise(let alarm): raise(alarm)
        }
    }

    private func raise(_ alarm: SyncAlarm) {
        guard !alarms.contains(alarm) else { return }
        // The newest hundred: each is in the log as well.
        if alarms.count >= 100 { alarms.removeFirst() }
        alarms.append(alarm)
        logger.error("alarm", metadata: ["alarm": "\(alarm)"])
    }

    // MARK: Questions

    func inspect<Value: Sendable>(_ body: @Sendable (SyncEngine) throws -> Value) rethrows -> Value { try body(engine) }

    /// Bytes that the open connections have sent and received, by peer.
    var traffic: [NodeID: (sent: UInt64, received: UInt64)] {
        var traffic: [NodeID: (sent: UInt64, received: UInt64)] = [:]
        for connection in connections.values {
            let known = traffic[connection.peer] ?? (0, 0)
            traffic[connection.peer] = (known.sent + connection.bytesSent, known.received + connection.bytesReceived)
        }
        return traffic
    }
}
