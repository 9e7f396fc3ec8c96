import Foundation
import SwiftProtobuf

extension SyncEngine {
    /// The most bytes of a class before others get their turn.
    private static let scanByteLimit = 256 * 1024
    private static let scanCountLimit = 1_024

    /// Both chains have one head: says what is known of the peer's lanes and asks for its stream.
    mutating func beginExchange(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let hello = session.hello, session.phase == .aligning else { return }
        sessions[id]?.phase = .exchanging
        sessions[id]?.openedAtLSN = tail.frontier
        downSince[session.peer] = nil
        sendHeads(to: session.peer, on: id, at: now, into: &effects)
        let waitsForPass = beginsWithPass(id)
        sessions[id]?.waitsForPass = waitsForPass
        lastPasses[session.peer] = lastPasses[session.peer] ?? now
        for deltaClass in DeltaClass.allCases {
            let cursor = cursors[CursorKey(peer: session.peer, deltaClass: deltaClass)]
            let lsn = !waitsForPass && cursor?.storeEpoch == hello.storeEpoch ? cursor?.lsn ?? 0 : 0
            sessions[id]?.incoming[deltaClass] = PeerSession.IncomingStream(received: lsn, committed: lsn)
            if !waitsForPass {
                cursors[CursorKey(peer: session.peer, deltaClass: deltaClass)] = Cursor(
                    peer: session.peer,
                    storeEpoch: hello.storeEpoch,
                    deltaClass: deltaClass,
                    lsn: lsn
                )
            }
            let resume = WireResume.with {
                $0.class = WireDeltaClass(deltaClass)
                $0.storeEpoch = hello.storeEpoch.raw
                $0.lsn = UInt64(clamping: lsn)
                $0.afterPass = waitsForPass
            }
            send(.resume(resume), on: id, at: now, into: &effects)
            let window = deltaClass == .interactive ? configuration.interactiveWindow : configuration.bulkWindow
            send(.credit(WireCredit(deltaClass, window)), on: id, at: now, into: &effects)
        }
        sessions[id]?.beatQueue = Set(beats.keys).subtracting([session.peer])
        sessions[id]?.partQueue = Set(parts.keys.filter { $0.node != session.peer })
        beatIsDue = true
        pump(id, at: now, into: &effects)
        tendPasses(at: now, into: &effects)
    }

    private mutating func sendHeads(
        to peer: NodeID,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let theirs = lanes.values.filter { $0.key.origin == peer }.sorted { $0.key < $1.key }
        for start in stride(from: 0, to: max(theirs.count, 1), by: 1_000) {
            let end = min(start + 1_000, theirs.count)
            let heads = WireHeads.with {
                $0.last = end == theirs.count
                $0.lanes = theirs[start..<end].map { lane in
                    .with {
                        $0.origin = Data(lane.key.origin.bytes)
                        $0.incarnation = lane.key.incarnation.raw
                        $0.audience = Data(lane.key.audience.bytes)
                        $0.class = WireDeltaClass(lane.key.deltaClass)
                        $0.seq = lane.highest
                        $0.hash = Data(lane.head?.bytes ?? [])
                    }
                }
            }
            send(.heads(heads), on: id, at: now, into: &effects)
        }
    }

    mutating func resumeReceived(
        _ resume: WireResume,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let deltaClass = DeltaClass(resume.class) else {
            throw CloseReason(.protocolError, "a resume of an unknown class")
        }
        let isOurs = StoreEpoch(raw: resume.storeEpoch) == storeEpoch
        let lsn: LSN
        sessions[id]?.isComparisonDue = resume.afterPass
        if resume.afterPass {
            sessions[id]?.owesUncompared = true
            // No pass of this session reads an earlier state.
            lsn = sessions[id]?.phase == .exchanging ? sessions[id]?.openedAtLSN ?? 0 : tail.frontier
        } else {
            lsn = isOurs ? min(LSN(clamping: resume.lsn), tail.frontier) : 0
            if isOurs, LSN(clamping: resume.lsn) > tail.frontier, let peer = sessions[id]?.peer {
                // Perhaps only ahead of what the engine was told: the store knows.
                report(.store(LSN(clamping: resume.lsn)), of: peer, at: now, into: &effects)
            }
        }
        let former = sessions[id]?.outgoing[deltaClass]
        // One scan a class at a time, however often a peer asks.
        sessions[id]?.outgoing[deltaClass] = PeerSession.OutgoingStream(
            cursor: lsn,
            told: lsn,
            credit: former?.credit ?? 0,
            scan: former?.scan,
            isScanOld: former?.scan != nil,
            acknowledged: lsn
        )
        sessions[id]?.pass?.noteStream(of: deltaClass, after: lsn)
        sessions[id]?.pace.forget(.init(deltaClass))
        offerSnapshot(on: id, at: now, into: &effects)
        pump(id, at: now, into: &effects)
    }

    mutating func creditReceived(
        _ credit: WireCredit,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let deltaClass = DeltaClass(credit.channel) else { return }
        // Credit may come before the resume it belongs to.
        var stream =
            sessions[id]?.outgoing[deltaClass]
            ?? PeerSession.OutgoingStream(cursor: .max, told: .max, credit: 0)
        stream.credit = min(stream.credit + Int64(clamping: min(credit.bytes, 1 << 40)), 1 << 40)
        sessions[id]?.outgoing[deltaClass] = stream
        pump(id, at: now, into: &effects)
    }

    mutating func acknowledgeReceived(
        _ acknowledge: WireAcknowledge,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let deltaClass = DeltaClass(acknowledge.class) else {
            sessions[id]?.pace.acknowledged(.repairs, upTo: Int64(clamping: acknowledge.repairs), at: now)
            pump(id, at: now, into: &effects)
            return
        }
        let lsn = LSN(clamping: acknowledge.lsn)
        if let known = sessions[id]?.outgoing[deltaClass]?.acknowledged, lsn > known {
            sessions[id]?.outgoing[deltaClass]?.acknowledged = lsn
        }
        sessions[id]?.pace.acknowledged(.init(deltaClass), upTo: lsn, at: now)
        pump(id, at: now, into: &effects)
    }

    /// Local deltas are durable.
    mutating func committed(
        _ deltas: [CommittedDelta],
        definitions: [Audience],
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        for audience in definitions { audiences[AudienceID(audience, cryptography)] = audience }
        noteHeld(deltas)
        for id in sessions.keys.sorted() { pump(id, at: now, into: &effects) }
    }

    /// Notes durable deltas in lanes, tail and beats.
    mutating func noteHeld(_ deltas: [CommittedDelta]) {
        for committed in deltas {
            let key = committed.delta.lane
            var lane = lanes[key] ?? LaneState(key: key, id: LaneID(key, cryptography), number: 0)
            lane.insert(committed.delta.header, id: committed.delta.id)
            lanes[key] = lane
            dirtyAudiences.insert(key.audience)
            storedAudiences.insert(key.audience)
        }
        if !deltas.isEmpty { beatIsDue = true }
        tail.insert(deltas)
    }

    /// Whether the peer of a session may have an audience, by this node's own chain.
    mutating func mayHave(_ audience: AudienceID, on id: SessionID) -> Bool {
        guard let session = sessions[id] else { return false }
        guard !configuration.ignoresEntitlement else { return true }
        if let known = session.entitlement[audience] { return known }
        guard let definition = audiences[audience] else { return false }
        let answer = authority.isEntitled(session.peer, to: definition)
        sessions[id]?.entitlement[audience] = answer
        return answer
    }

    // MARK: The stream

    /// Sends what there is to send, interactive before bulk, within the peer's credit and what its link carries.
    mutating func pump(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard sessions[id]?.phase == .exchanging else { return }
        for deltaClass in DeltaClass.allCases {
            pump(deltaClass, on: id, at: now, into: &effects)
        }
        pumpRepairs(on: id, at: now, into: &effects)
        readSnapshot(for: id, into: &effects)
    }

    private mutating func pump(
        _ deltaClass: DeltaClass,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let stream = sessions[id]?.outgoing[deltaClass], stream.cursor != .max, stream.scan == nil,
            stream.credit > 0, let peer = sessions[id]?.peer,
            let room = sessions[id]?.pace.room(for: .init(deltaClass)), room > 0
        else { return }
        guard let recent = tail.after(stream.cursor) else {
            let ticket = takeTicket()
            sessions[id]?.outgoing[deltaClass]?.scan = ticket
            effects.append(
                .scan(
                    ticket,
                    ScanRequest(
                        session: id,
                        deltaClass: deltaClass,
                        after: stream.cursor,
                        byteLimit: min(SyncEngine.scanByteLimit, room, Int(clamping: stream.credit)),
                        countLimit: SyncEngine.scanCountLimit,
                        filter: EntitlementFilter(authority: authority, peer: peer)
                    )
                )
            )
            return
        }
        let ofClass = recent.filter { $0.delta.lane.deltaClass == deltaClass }
        let end = transmit(ofClass, of: deltaClass, upTo: tail.frontier, on: id, at: now, into: &effects)
        if end >= tail.frontier { tellEnd(of: deltaClass, on: id, at: now, into: &effects) }
    }

    mutating func scanned(
        _ ticket: Ticket,
        _ result: ScanResult,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        for id in sessions.keys.sorted() {
            for deltaClass in DeltaClass.allCases where sessions[id]?.outgoing[deltaClass]?.scan == ticket {
                sessions[id]?.outgoing[deltaClass]?.scan = nil
                guard sessions[id]?.outgoing[deltaClass]?.isScanOld == false else {
                    sessions[id]?.outgoing[deltaClass]?.isScanOld = false
                    pump(id, at: now, into: &effects)
                    return
                }
                let end = transmit(
                    result.deltas,
                    of: deltaClass,
                    upTo: result.scannedTo,
                    on: id,
                    at: now,
                    into: &effects
                )
                if end >= result.scannedTo, result.reachedEnd {
                    tellEnd(of: deltaClass, on: id, at: now, into: &effects)
                }
                pump(id, at: now, into: &effects)
                return
            }
        }
    }

    mutating func scanFailed(
        _ ticket: Ticket,
        _ reason: String,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        for id in sessions.keys.sorted()
        where sessions[id]?.outgoing.values.contains(where: { $0.scan == ticket }) == true {
            close(id, .init(.protocolError, "what was asked for cannot be read: \(reason)"), at: now, into: &effects)
        }
    }

    /// Sends deltas in LSN order until credit or room is used; what the peer may not have or sent itself is passed over.
    ///
    /// - Returns: the LSN up to which the stream got.
    private mutating func transmit(
        _ deltas: some Sequence<CommittedDelta>,
        of deltaClass: DeltaClass,
        upTo end: LSN,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) -> LSN {
        guard let session = sessions[id], var stream = session.outgoing[deltaClass] else { return end }
        let peer = session.peer
        var frame = DeltaFrame(of: .init(deltaClass))
        var room = session.pace.room(for: .init(deltaClass))
        var isStopped = false
        for committed in deltas where committed.lsn > stream.cursor {
            let audience = committed.delta.lane.audience
            // What the peer sent in this session it holds; what it sent before it may have lost since, to a backup put back.
            let isFromPeer = committed.source == peer && committed.lsn > session.openedAtLSN
            guard !isFromPeer, mayHave(audience, on: id) else {
                stream.cursor = committed.lsn
                continue
            }
            // The entry that a delta relies on goes before it; its own commit may be reported after the delta's.
            guard stream.credit > 0, room > 0, committed.delta.header.epoch.district <= authority.height else {
                isStopped = true
                break
            }
            add(committed, to: &frame, on: id, at: now, into: &effects)
            room -= committed.byteCount
            stream.credit -= Int64(committed.byteCount)
            stream.cursor = committed.lsn
            stream.told = committed.lsn
            stream.lastSent = committed.lsn
            stream.toldEnd = false
        }
        flush(&frame, on: id, at: now, into: &effects)
        if !isStopped { stream.cursor = max(stream.cursor, end) }
        sessions[id]?.outgoing[deltaClass] = stream
        return stream.cursor
    }

    private mutating func tellEnd(
        of deltaClass: DeltaClass,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let stream = sessions[id]?.outgoing[deltaClass], !stream.toldEnd else { return }
        sendProgress(deltaClass, stream, end: true, on: id, at: now, into: &effects)
        sessions[id]?.outgoing[deltaClass]?.toldEnd = true
    }

    private mutating func sendProgress(
        _ deltaClass: DeltaClass,
        _ stream: PeerSession.OutgoingStream,
        end: Bool,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let progress = WireProgress.with {
            $0.class = WireDeltaClass(deltaClass)
            $0.lsn = UInt64(clamping: stream.cursor)
            $0.end = end
        }
        sessions[id]?.outgoing[deltaClass]?.told = stream.cursor
        send(.progress(progress), on: id, at: now, into: &effects)
    }

    /// Says something, so that the peer knows that this node is there.
    mutating func keepAlive(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard sessions[id]?.phase == .exchanging else {
            // The way to the signer may have been down when it was asked, and a joining node may say nothing else.
            if sessions[id]?.phase == .enrolling {
                requestEnrolment(on: id, at: now, into: &effects)
            } else if sessions[id]?.hello != nil {
                send(.authorityHeads(chainHeads), on: id, at: now, into: &effects)
            }
            return
        }
        for deltaClass in DeltaClass.allCases {
            guard let stream = sessions[id]?.outgoing[deltaClass], stream.cursor != .max else { continue }
            sendProgress(deltaClass, stream, end: stream.toldEnd, on: id, at: now, into: &effects)
        }
    }
}

extension WireCredit {
    init(_ deltaClass: DeltaClass, _ bytes: UInt64) {
        self.init()
        channel = deltaClass == .interactive ? .interactive : .bulk
        self.bytes = bytes
    }
}

extension DeltaClass {
    fileprivate init?(_ channel: WireChannel) {
        switch channel {
        case .interactive: self = .interactive
        case .bulk: self = .bulk
        case .authority, .UNRECOGNIZED: return nil
        }
    }
}
