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
    /// How many bytes had arrived when the engine was told last.
    private var heard: [SessionID: UInt64] = [:]
    private var nextSession: UInt64 = 1
    /// Who waits for the end of a pass; each is an admin client.
    private var passWaiters: [NodeID: [CheckedContinuation<PassReport, Never>]] = [:]
    private(set) var alarms: [SyncAlarm] = []
    /// Who waits for what becomes of an import.
    private var importers: [UInt64: CheckedContinuation<ImportOutcome, Never>] = [:]
    private var nextImport: UInt64 = 1
    /// What was said when a session ended because of a clock.
    private(set) var clockComplaint: String?

    /// Up to so many signatures are checked at once, where they arrived: handing them to another thread costs as much.
    private static let inlineChecks = 4

    private let executor: LoopExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(
        engine: SyncEngine,
        store: ReplicaStore,
        dialPool: DialPool,
        executor: LoopExecutor,
        logger: Logger,
        now: @escaping @Sendable () -> Instant,
        decide: @escaping @Sendable (EnrolmentRequest) async -> EnrolmentReply?
    ) {
        self.engine = engine
        self.store = store
        self.dialPool = dialPool
        self.executor = executor
        self.logger = logger
        self.now = now
        self.decide = decide
    }

    // MARK: Running

    /// Wakes the engine when it wants to be, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            reportBytes()
            // Before a beat is made: none may claim an erasure of which bytes are on the disk.
            engine.noteUnfinishedErasures(store.unfinishedErasures)
            handle(.wokeUp)
            if store.mayMissErasures, engine.hasHeardOfErasures { await noteErasuresHeard() }
            engine.health = store.isReadOnly ? .readOnly : .ok
            let now = now()
            let wait = engine.nextWakeUp(after: now).milliseconds(since: now)
            try? await Task.sleep(for: .milliseconds(max(20, wait)))
        }
    }

    /// Tells the engine of bytes that moved without a whole frame.
    ///
    /// A long frame takes its time on a thin link: its peer is alive as long as bytes of it arrive. And what waits to be
    /// sent should not be joined by beats.
    private func reportBytes() {
        for (id, connection) in connections.sorted(by: { $0.key < $1.key }) {
            handle(.sendQueueChanged(id, byteCount: connection.bytesWaiting))
            let count = connection.bytesReceived
            guard heard.updateValue(count, forKey: id) != count else { continue }
            handle(.bytesArrived(id))
        }
    }

    /// All that was erased while this node's backup lay somewhere has come.
    private func noteErasuresHeard() async {
        do { try await store.noteErasuresHeard() } catch {
            logger.error("not noted that all erasures were heard of", metadata: ["error": "\(error)"])
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
        heard[id] = nil
        handle(.closed(id))
    }

    /// Takes in one event; its effects are carried out or begun before this returns, in their order.
    func handle(_ event: SyncEvent) {
        var events = [event]
        while !events.isEmpty {
            var effects: [SyncEffect] = []
            engine.handle(events.removeFirst(), at: now(), into: &effects)
            carryOut(effects, then: &events)
        }
    }

    /// - Parameter events: takes what is known at once of an effect's outcome.
    private func carryOut(_ effects: [SyncEffect], then events: inout [SyncEvent]) {
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
            if case .verify(let ticket, let checks) = effect, checks.count <= EngineActor.inlineChecks {
                events.append(.verified(ticket, SignatureBatch.verifyHere(checks)))
            } else {
                carryOut(effect)
            }
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
            Task { await connection.close() }
        case .verify(let ticket, let checks):
            // Without the loop as preference: this is to run on all cores.
            Task { handle(.verified(ticket, await SignatureBatch.verify(checks))) }
        case .persist(let ticket, let batch): answer { await self.persist(batch, ticket) }
        case .scan(let ticket, let request): answer { await self.scan(request, ticket) }
        case .readSnapshot(let ticket, let query): answer { await self.readSnapshot(query, ticket) }
        case .keepPreview(let ticket, let batch): answer { await self.keepPreview(batch, ticket) }
        case .endPreview(let ticket): answer { await self.endPreview(ticket) }
        case .readLanes(let ticket, let read):
            answer { await self.answerRead(ticket) { .lanesRead(ticket, try await $0.lanes(read)) } }
        case .readLaneNodes(let ticket, let reads):
            answer { await self.answerRead(ticket) { .laneNodesRead(ticket, try await $0.laneNodes(reads)) } }
        case .readDeltas(let ticket, let read):
            answer { await self.answerRead(ticket) { .deltasRead(ticket, try await $0.deltas(read)) } }
        case .scrub(let request): answer { await self.scrub(request) }
        case .passEnded(let report): passEnded(report)
        case .decideEnrolment(let request):
            answer { [decide] in await decide(request).map { .enrolmentDecided($0) } }
        case .dial(let targets): dialPool.replaceTargets(targets)
        case .raise(let alarm): raise(alarm)
        case .renew(let report): answer { await self.renew(report) }
        case .imported(let number, let outcome): importers.removeValue(forKey: number)?.resume(returning: outcome)
        }
    }

    /// Does what takes time, and hands the outcome to the engine.
    ///
    /// There are no more of these than tickets are out: for each session one commit, a scan a class, and the
    /// verifications that its credit allows.
    private func answer(_ body: @escaping @Sendable () async -> SyncEvent?) {
        Task(executorPreference: executor) { if let event = await body() { await self.handle(event) } }
    }

    private func persist(_ batch: PersistBatch, _ ticket: Ticket) async -> SyncEvent {
        do { return .persisted(ticket, try await store.persist(batch)) } catch {
            logger.warning("commit refused", metadata: ["peer.id": "\(batch.peer)", "error": "\(error)"])
            return .persistFailed(ticket, reason: "\(error)")
        }
    }

    private func scan(_ request: ScanRequest, _ ticket: Ticket) async -> SyncEvent {
        do { return .scanned(ticket, try await store.scan(request)) } catch {
            logger.error("scan failed", metadata: ["error": "\(error)"])
            return .scanFailed(ticket, reason: "\(error)")
        }
    }

    private func renew(_ report: RewindReport) async -> SyncEvent? {
        do {
            guard let renewal = try await store.renew(report) else { return nil }
            logger.error(
                "this replica went back in time or runs twice; it goes on under other names",
                metadata: ["peer.id": "\(report.peer)", "incarnation": "\(renewal.incarnation)"]
            )
            return .renewed(renewal)
        } catch {
            logger.error("taking new names failed", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// What no delta proves is kept in the store, for `liandong forks`.
    private func keep(_ alarm: SyncAlarm) {
        guard case .authorityFork(let peer, let height) = alarm else { return }
        let kept = Alarm(kind: .authorityFork, subject: peer.bytes, peer: peer, ours: height, theirs: height)
        answer { [store, logger] in
            do { try await store.keep(kept) } catch {
                logger.error("an alarm could not be kept", metadata: ["error": "\(error)"])
            }
            return nil
        }
    }

    /// Nil when it cannot be read: the peer does without, its streams bring the same.
    private func readSnapshot(_ query: SnapshotQuery, _ ticket: Ticket) async -> SyncEvent? {
        do { return .snapshotRead(ticket, try await store.readSnapshot(query)) } catch {
            logger.error("snapshot cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func keepPreview(_ batch: PreviewBatch, _ ticket: Ticket) async -> SyncEvent {
        do {
            try await store.keepPreview(batch)
            return .previewKept(ticket)
        } catch {
            logger.warning("page of a snapshot refused", metadata: ["error": "\(error)"])
            return .previewFailed(ticket, reason: "\(error)")
        }
    }

    private func endPreview(_ ticket: Ticket) async -> SyncEvent {
        do { return .previewEnded(ticket, unproven: try await store.endPreview()) } catch {
            logger.error("snapshot cannot be dropped", metadata: ["error": "\(error)"])
            return .previewEnded(ticket, unproven: 0)
        }
    }

    /// What a pass of reconciliation asks of the store.
    private func answerRead(
        _ ticket: Ticket,
        _ read: @Sendable (ReplicaStore) async throws -> SyncEvent
    ) async -> SyncEvent {
        do { return try await read(store) } catch {
            logger.error("read for a reconciliation failed", metadata: ["error": "\(error)"])
            return .readFailed(ticket, reason: "\(error)")
        }
    }

    private func scrub(_ request: ScrubRequest) async -> SyncEvent? {
        do { return .scrubbed(try await store.scrub(request)) } catch {
            logger.error("scrub failed", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func passEnded(_ report: PassReport) {
        let level: Logger.Level = report.isEqual ? .debug : .info
        logger.log(
            level: level,
            "reconciliation ended",
            metadata: [
                "peer.id": "\(report.peer)", "result": "\(report.result)", "sent": "\(report.sent)",
                "received": "\(report.received)",
            ]
        )
        for waiter in passWaiters.removeValue(forKey: report.peer) ?? [] { waiter.resume(returning: report) }
    }

    /// Compares this replica with a peer's, and mends what differs.
    func reconcile(with peer: NodeID) async -> PassReport {
        await withCheckedContinuation { waiter in
            passWaiters[peer, default: []].append(waiter)
            handle(.passWanted(peer))
        }
    }

    private func raise(_ alarm: SyncAlarm) {
        guard !alarms.contains(alarm) else { return }
        // The newest hundred: each is in the log as well.
        if alarms.count >= 100 { alarms.removeFirst() }
        alarms.append(alarm)
        keep(alarm)
        logger.error("alarm", metadata: ["alarm": "\(alarm)"])
    }

    // MARK: Imports

    /// Hands in a stretch of a file; returns when what is taken of it is durable.
    ///
    /// The caller hands in one at a time: each is in memory as a whole.
    func take(_ batch: ImportBatch) async -> ImportOutcome {
        let number = nextImport
        nextImport += 1
        return await withCheckedContinuation { continuation in
            importers[number] = continuation
            handle(.importOffered(number, batch))
        }
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
