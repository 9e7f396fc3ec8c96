import SwiftProtobuf

// What a pass found goes out as deltas without an LSN, within the classes' credit and the link's pace; then the cursors
// that waited for it are let go.

extension SyncEngine {
    private static let repairCountLimit = 256
    private static let repairByteLimit = 256 * 1024
    /// The passes that cursors wait for at most: what they leave out still is streamed for.
    private static let streamPassLimit = 8

    /// The talk is over: what the peer lacks is lined up, interactive first.
    mutating func beginRepairs(on id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let reconciler = session.pass?.reconciler else { return }
        let differences = reconciler.differences
        var repairs: [DeltaClass: [SessionPass.Repair]] = [:]
        for difference in differences {
            let seqs = difference.offered.union(difference.differing)
            guard !seqs.isEmpty, mayHave(difference.lane.key.audience, on: id) else { continue }
            repairs[difference.lane.key.deltaClass, default: []].append(.init(lane: difference.lane.key, seqs: seqs))
        }
        for repair in keptForOthers(on: id) { repairs[repair.lane.deltaClass, default: []].append(repair) }
        sessions[id]?.pass?.stage = .repairing
        sessions[id]?.pass?.lastProgress = now
        sessions[id]?.pass?.reconciler = nil
        sessions[id]?.pass?.differences = differences
        sessions[id]?.pass?.unknownLanes = reconciler.unknownLanes
        sessions[id]?.pass?.isPartial = reconciler.isPartial
        sessions[id]?.pass?.repairs = repairs
        if session.waitsForPass, !repairs.isEmpty, isBehind(id) { sessions[id]?.comparesOnceStreamed = true }
        pumpRepairs(on: id, at: now, into: &effects)
    }

    /// Whether the streams of a session have something to bring to the peer.
    func isBehind(_ id: SessionID) -> Bool {
        sessions[id]?.outgoing.values.contains { stream in
            stream.cursor != .max && (stream.cursor < tail.frontier || stream.acknowledged < stream.lastSent)
        } ?? false
    }

    /// What no pass compares and a stream would bring: lanes that the peer may have and this node no longer.
    ///
    /// A place that moved leaves them behind. They go out whole, once, to a peer whose cursors rely on the pass.
    private mutating func keptForOthers(on id: SessionID) -> [SessionPass.Repair] {
        guard sessions[id]?.owesUncompared == true else { return [] }
        sessions[id]?.owesUncompared = false
        var isOurs: [AudienceID: Bool] = [:]
        var kept: [SessionPass.Repair] = []
        for (key, lane) in lanes {
            let entitled = isOurs[key.audience] ?? audiences[key.audience].map { authority.isEntitled(node, to: $0) }
            isOurs[key.audience] = entitled
            guard entitled == false, mayHave(key.audience, on: id) else { continue }
            kept.append(.init(lane: key, seqs: SeqSet(contiguous: lane.contiguous, beyond: lane.beyond)))
        }
        return kept.sorted { $0.lane < $1.lane }
    }

    /// Reads the next of what the peer lacks, of the first class that has credit; says the end behind the last.
    mutating func pumpRepairs(on id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let pass = session.pass, pass.stage == .repairing, pass.repairRead == nil,
            !pass.hasSaidEnd
        else { return }
        let room = session.pace.room(for: .repairs)
        for deltaClass in DeltaClass.allCases where room > 0 {
            guard let next = pass.repairs[deltaClass]?.first, let stream = session.outgoing[deltaClass],
                stream.credit > 0
            else { continue }
            let ticket = takeTicket()
            sessions[id]?.pass?.repairRead = (ticket, deltaClass)
            let read = DeltaRead(
                lane: next.lane,
                seqs: next.seqs,
                after: next.after,
                countLimit: SyncEngine.repairCountLimit,
                byteLimit: min(SyncEngine.repairByteLimit, room, Int(clamping: stream.credit)),
                upTo: pass.streamedAfter[deltaClass] ?? .max
            )
            effects.append(.readDeltas(ticket, read))
            return
        }
        guard pass.repairs.values.allSatisfy(\.isEmpty) else { return }
        sessions[id]?.pass?.hasSaidEnd = true
        sayEnd(pass.isPartial ? .partial : .done, of: pass.number, height: pass.height, on: id, at: now, into: &effects)
        finishPass(on: id, at: now, into: &effects)
    }

    mutating func deltasRead(
        _ ticket: Ticket,
        _ result: DeltaReadResult,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions.values.first(where: { $0.pass?.repairRead?.ticket == ticket }),
            let deltaClass = session.pass?.repairRead?.deltaClass, var left = session.pass?.repairs[deltaClass],
            var next = left.first
        else { return }
        let id = session.id
        sessions[id]?.pass?.repairRead = nil
        sessions[id]?.pass?.lastProgress = now
        var frame = DeltaFrame(of: .repairs)
        var sent = 0
        var last: CommittedDelta?
        for committed in result.deltas {
            // The stream may have used the credit meanwhile: the rest is read again.
            guard let credit = sessions[id]?.outgoing[deltaClass]?.credit, credit > 0 else { break }
            last = committed
            // The entry that a delta relies on goes before it; who loses an audience meanwhile gets no more of it.
            guard committed.delta.header.epoch.district <= authority.height,
                mayHave(committed.delta.lane.audience, on: id)
            else {
                sessions[id]?.pass?.isPartial = true
                continue
            }
            add(committed, to: &frame, on: id, at: now, into: &effects)
            sessions[id]?.outgoing[deltaClass]?.credit -= Int64(committed.byteCount)
            sent += 1
        }
        flush(&frame, on: id, at: now, into: &effects)
        sessions[id]?.pass?.sent += sent
        counters.deltasRepaired += UInt64(sent)
        if result.reachedEnd, last?.lsn == result.deltas.last?.lsn {
            left.removeFirst()
        } else if let last {
            let seq = last.delta.header.seq
            if seq > 0 { next.seqs = next.seqs.subtracting(SeqSet(ascending: [0...seq - 1])) }
            next.after = last.delta.id
            left[0] = next
        }
        sessions[id]?.pass?.repairs[deltaClass] = left
        pumpRepairs(on: id, at: now, into: &effects)
    }

    private mutating func sayEnd(
        _ end: WirePassEnd,
        of pass: UInt32,
        height: UInt64,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let frame = WireReconcile.with {
            $0.pass = pass
            $0.end = end
            $0.height = height
        }
        send(.reconcile(frame), on: id, at: now, into: &effects)
    }

    // MARK: The end

    /// The peer is through: once all before this is durable, so is what was lacking here.
    mutating func endReceived(
        _ frame: WireReconcile,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let pass = sessions[id]?.pass, pass.number == frame.pass else { return }
        sessions[id]?.pass?.lastProgress = now
        switch frame.end {
        case .done, .partial:
            // Chosen by another chain, the lanes are not all that either side may have.
            if frame.end == .partial || frame.height != pass.height { sessions[id]?.pass?.isPartial = true }
            sessions[id]?.pass?.isEndOnItsWay = true
            sessions[id]?.inbox.append(.init(content: .passEnd, deltaClass: .interactive, lsn: nil, verification: nil))
            commitInbox(of: id, at: now, into: &effects)
        case .abandoned, .unspecified, .UNRECOGNIZED:
            passFailed(on: id, "the peer gave it up", at: now, into: &effects)
        }
    }

    /// All that the peer sent as repairs is durable.
    mutating func repairsPersisted(on id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        // An end before the talk was over is none.
        guard let pass = sessions[id]?.pass else { return }
        guard pass.stage == .repairing else {
            return passFailed(on: id, "the peer ended it in the middle", at: now, into: &effects)
        }
        sessions[id]?.pass?.hasHeardEnd = true
        finishPass(on: id, at: now, into: &effects)
    }

    private mutating func finishPass(on id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let pass = session.pass, pass.hasSaidEnd, pass.hasHeardEnd else { return }
        sessions[id]?.pass = nil
        if !pass.isPartial, pass.sent == 0 { sessions[id]?.isComparisonDue = false }
        defer { openNext(pass, on: id, at: now, into: &effects) }
        counters.passesDone += 1
        lastPasses[session.peer] = now
        unscrubbedPeers.remove(session.peer)
        effects.append(.passEnded(pass.report(pass.isPartial ? .partial : .done, of: session, at: now)))
        if session.waitsForPass {
            sessions[id]?.passesEnded += 1
            // A fork behind a gap, here or there, shows only when the gap is filled: where either side lacked something,
            // both are compared again.
            if !pass.isPartial, pass.received == 0 && pass.sent == 0 || session.passesEnded > 1 {
                letCursorsGo(on: id, into: &effects)
            } else if session.passesEnded >= SyncEngine.streamPassLimit {
                return streamFromBeginning(on: id, at: now, into: &effects)
            } else if pass.isInitiator {
                wantPass(on: id, at: now)
            }
        }
        beginPasses(at: now, into: &effects)
    }

    /// The peer's next pass, which came a little early.
    private mutating func openNext(
        _ pass: SessionPass,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let next = pass.next else { return }
        do { try openingReceived(next.opening, number: next.number, on: id, at: now, into: &effects) } catch {
            close(id, error as? CloseReason ?? .init(.protocolError, "\(error)"), at: now, into: &effects)
        }
    }

    /// What was before the session is here: the cursors go to where the streams have come to since.
    private mutating func letCursorsGo(on id: SessionID, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], let hello = session.hello else { return }
        sessions[id]?.waitsForPass = false
        reconciledPeers.insert(session.peer)
        endPreviewIfProven(on: id, into: &effects)
        var batch = PersistBatch(peer: session.peer)
        for deltaClass in DeltaClass.allCases {
            guard let stream = session.incoming[deltaClass], stream.committed > 0 else { continue }
            let cursor = Cursor(
                peer: session.peer,
                storeEpoch: hello.storeEpoch,
                deltaClass: deltaClass,
                lsn: stream.committed
            )
            cursors[CursorKey(peer: session.peer, deltaClass: deltaClass)] = cursor
            batch.cursors.append(cursor)
        }
        // An entry under way takes all cursors back to 0, and this session with them.
        guard resets.isEmpty, !batch.cursors.isEmpty else { return }
        effects.append(.persist(takeTicket(), batch))
    }

    // MARK: Failure

    /// This side cannot go on with a pass, or does not want to.
    mutating func abandonPass(
        on id: SessionID,
        _ reason: String,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let pass = sessions[id]?.pass else { return }
        sayEnd(.abandoned, of: pass.number, height: pass.height, on: id, at: now, into: &effects)
        passFailed(on: id, reason, at: now, into: &effects)
    }

    private mutating func passFailed(
        on id: SessionID,
        _ reason: String,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id], let pass = session.pass else { return }
        sessions[id]?.pass = nil
        counters.passesFailed += 1
        lastPasses[session.peer] = now
        unscrubbedPeers.remove(session.peer)
        effects.append(.passEnded(pass.report(.failed(reason), of: session, at: now)))
        if session.waitsForPass { streamFromBeginning(on: id, at: now, into: &effects) }
        beginPasses(at: now, into: &effects)
    }

    /// No pass found what is lacking: the next session streams from 0.
    private mutating func streamFromBeginning(
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id] else { return }
        failedPasses.insert(session.peer)
        close(
            id,
            .init(.replaced, "no reconciliation came to its end: the streams begin anew"),
            at: now,
            into: &effects
        )
    }

    /// A session ended with a pass on it; where one end broke the rules, the next session goes without.
    mutating func passLost(
        with session: PeerSession,
        byFault: Bool,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        if session.waitsForPass, byFault { failedPasses.insert(session.peer) }
        guard let pass = session.pass else { return }
        counters.passesFailed += 1
        effects.append(.passEnded(pass.report(.failed("the session ended"), of: session, at: now)))
    }
}
