import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// Two engines, each over a store in memory whose work is done at once, and the frames between them.
struct EnginePair {
    struct End {
        var engine: SyncEngine
        private(set) var held: [CommittedDelta] = []
        /// Durable, in the order they were written.
        fileprivate(set) var cursors: [Cursor] = []
        fileprivate(set) var reports: [PassReport] = []
        fileprivate(set) var closes: [CloseReason] = []
        fileprivate var outbox: [[UInt8]] = []
        private var laneKeys: [LaneKey] = []
        private var audiences: [AudienceID: Audience] = [:]

        init(
            _ place: PlaceID,
            in district: District,
            epoch: UInt64,
            holding deltas: [Delta],
            audience: Audience,
            cursors: [Cursor] = [],
            configure: (inout SyncConfiguration) -> Void = { _ in }
        ) throws {
            var start = SyncStart(
                node: try district.id(place),
                incarnation: Incarnation(raw: 1),
                storeEpoch: StoreEpoch(raw: epoch),
                chain: district.entries,
                authority: district.authority,
                startedAt: EngineBench.start
            )
            var configuration = SyncConfiguration(addresses: ["\(place):1"], version: "test")
            configure(&configuration)
            start.cursors = cursors
            start.lastLSN = LSN(deltas.count)
            if !deltas.isEmpty { start.audiences = [AudienceID(audience, .sodium): audience] }
            for delta in deltas {
                var lane = LaneState(key: delta.lane, id: LaneID(delta.lane, .sodium), number: 0)
                lane.insert(delta.header, id: delta.id)
                start.lanes.append(lane)
            }
            engine = SyncEngine(
                start: start,
                configuration: configuration,
                schemaVersion: 1,
                signer: try district.signer(place),
                cryptography: .sodium
            )
            audiences = [AudienceID(audience, .sodium): audience]
            store(deltas, from: nil)
        }

        var ids: Set<DeltaID> { Set(held.map(\.delta.id)) }

        @discardableResult
        mutating func store(_ deltas: [Delta], from source: NodeID?) -> [CommittedDelta] {
            let known = ids
            var stored: [CommittedDelta] = []
            for delta in deltas where !known.contains(delta.id) {
                if !laneKeys.contains(delta.lane) { laneKeys.append(delta.lane) }
                stored.append(CommittedDelta(lsn: LSN(held.count + 1), delta: delta, source: source))
                held += stored.suffix(1)
            }
            return stored
        }

        /// Bytes of a delta rotted, and it was set aside.
        mutating func lose(_ id: DeltaID) { held.removeAll { $0.delta.id == id } }

        private func lane(_ key: LaneKey) -> MemoryLane {
            var lane = MemoryLane(key: key)
            for committed in held where committed.delta.lane == key {
                lane.insert(LaneElement(committed.delta, .sodium))
            }
            return lane
        }

        /// What an effect's outcome is; nil where there is none.
        fileprivate func answer(_ effect: SyncEffect) throws -> SyncEvent? {
            switch effect {
            case .verify(let ticket, let checks):
                return .verified(ticket, checks.map { Cryptography.sodium.verify($0.signature, $0.message, $0.key) })
            case .scan(let ticket, let request):
                let found = held.filter { committed in
                    committed.lsn > request.after && committed.delta.lane.deltaClass == request.deltaClass
                        && audiences[committed.delta.lane.audience].map(request.filter.admits) == true
                }
                return .scanned(ticket, ScanResult(deltas: found, scannedTo: LSN(held.count), reachedEnd: true))
            case .readLanes(let ticket, let read):
                let admitted = laneKeys.enumerated().filter { _, key in
                    audiences[key.audience].map(read.filter.admits) == true
                }
                let lanes = admitted.map { lane($1).summary(number: Int64($0)) }
                let salt = read.salt ?? [UInt8](repeating: UInt8(truncatingIfNeeded: reports.count), count: 16)
                return .lanesRead(ticket, SaltedLanes(lanes, salt: salt, .sodium))
            case .readLaneNodes(let ticket, let reads):
                return .laneNodesRead(ticket, try reads.map { try lane(laneKeys[Int($0.lane)]).children(of: $0.node) })
            case .readDeltas(let ticket, let read):
                var byteCount = 0
                let first = read.seqs.ranges.first?.lowerBound
                let wanted = held.filter { committed in
                    let seq = committed.delta.header.seq
                    let isRead = seq == first && read.after.map { committed.delta.id <= $0 } ?? false
                    return committed.delta.lane == read.lane && committed.lsn <= read.upTo && !isRead
                        && read.seqs.ranges.contains { $0.contains(seq) }
                }.sorted { a, b in
                    (a.delta.header.seq, a.delta.id) < (b.delta.header.seq, b.delta.id)
                }
                let found = wanted.prefix { committed in
                    defer { byteCount += committed.byteCount }
                    return byteCount < read.byteLimit
                }
                let result = DeltaReadResult(deltas: Array(found), reachedEnd: found.count == wanted.count)
                return .deltasRead(ticket, result)
            case .send, .close, .persist, .decideEnrolment, .dial, .raise, .scrub, .passEnded, .readSnapshot,
                .keepPreview, .endPreview, .renew, .imported:
                return nil
            }
        }
    }

    private(set) var ends: [End]
    var milliseconds: Int64 = 0

    init(_ first: End, _ second: End) { ends = [first, second] }

    /// Opens a connection, which the first end dialled.
    mutating func meet(on session: UInt64 = 1) throws {
        for index in ends.indices {
            let peer = ends[1 - index].engine.node
            try tell(index, .opened(SessionID(raw: session), peer: peer, dialled: index == 0))
        }
    }

    /// A delta of the end's own is durable.
    mutating func commit(_ delta: Delta, at index: Int) throws {
        let stored = ends[index].store([delta], from: nil)
        try tell(index, .committed(stored, definitions: []))
    }

    mutating func lose(_ id: DeltaID, at index: Int) { ends[index].lose(id) }

    mutating func tell(_ index: Int, _ event: SyncEvent) throws {
        var events = [event]
        while !events.isEmpty {
            var effects: [SyncEffect] = []
            let now = EngineBench.start.advanced(byMilliseconds: milliseconds)
            ends[index].engine.handle(events.removeFirst(), at: now, into: &effects)
            for effect in effects {
                switch effect {
                case .send(_, let frame): ends[index].outbox.append(frame)
                case .close(_, let reason): ends[index].closes.append(reason)
                case .passEnded(let report): ends[index].reports.append(report)
                case .persist(let ticket, let batch):
                    let stored = ends[index].store(batch.deltas, from: batch.peer)
                    ends[index].cursors += batch.cursors
                    events.append(.persisted(ticket, PersistOutcome(stored: stored)))
                default: if let answer = try ends[index].answer(effect) { events.append(answer) }
                }
            }
        }
    }

    /// Carries frames both ways until neither end has more to say.
    mutating func converse(on session: UInt64 = 1) throws {
        for _ in 0..<1_000 {
            guard let index = ends.indices.first(where: { !ends[$0].outbox.isEmpty }) else { return }
            let frames = ends[index].outbox
            ends[index].outbox = []
            for frame in frames { try tell(1 - index, .received(SessionID(raw: session), frame: frame)) }
        }
        Issue.record("the two ends never stop talking")
    }

    /// The peer's store as an end says that it has taken it over, by class.
    func durableCursors(at index: Int) -> [DeltaClass: Cursor] {
        Dictionary(ends[index].cursors.map { ($0.deltaClass, $0) }, uniquingKeysWith: { $1 })
    }
}
