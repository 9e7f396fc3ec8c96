import SwiftProtobuf

// Passes of reconciliation on sessions: who opens one, and the turns. What was found goes out in +Repairing.

extension SyncEngine {
    /// The most nodes of digest trees that are read for one pass: an honest one reads a few for each lane that forked.
    private static let passNodeLimit = 16_384
    /// How many passes a peer may open in ten minutes: an honest one opens a few an hour, or when an operator asks.
    private static let passRate = 30
    private static let passRateMilliseconds: Int64 = 600_000

    // MARK: When

    /// Whether a new session begins with a pass in place of a stream from 0.
    mutating func beginsWithPass(_ id: SessionID) -> Bool {
        guard let session = sessions[id], let hello = session.hello, shares(.reconciliation, on: id),
            failedPasses.remove(session.peer) == nil,
            // A replica that holds nothing is better served by the stream.
            lanes.values.contains(where: { $0.highest > 0 })
        else { return false }
        if isRestored, !reconciledPeers.contains(session.peer) { return true }
        let known = DeltaClass.allCases.map { cursors[CursorKey(peer: session.peer, deltaClass: $0)] }
        return known.contains { $0?.storeEpoch != hello.storeEpoch } || known.allSatisfy { $0?.lsn == 0 }
    }

    /// Opens what passes are due and have room, on sessions in their order; gives up the stale ones.
    mutating func tendPasses(at now: Instant, into effects: inout [SyncEffect]) {
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], session.phase == .exchanging else { continue }
            if let pass = session.pass {
                if pass.isStale(at: now, configuration) {
                    abandonPass(on: id, "it took too long", at: now, into: &effects)
                }
            } else if session.comparesOnceStreamed, !session.waitsForPass, !isBehind(id) {
                sessions[id]?.comparesOnceStreamed = false
                wantPass(on: id, at: now)
            } else if session.waitsForPass || isScrubDue(session, at: now) {
                wantPass(on: id, at: now)
            }
        }
        beginPasses(at: now, into: &effects)
    }

    /// The end that dialled compares once an hour; for a pass serves both.
    private func isScrubDue(_ session: PeerSession, at now: Instant) -> Bool {
        guard shares(.reconciliation, on: session.id) else { return false }
        if unscrubbedPeers.contains(session.peer) { return true }
        guard session.dialled, let last = lastPasses[session.peer] else { return false }
        return now.milliseconds(since: last) >= configuration.scrubInterval
    }

    mutating func wantPass(on id: SessionID, at now: Instant) {
        guard let session = sessions[id], session.pass == nil, shares(.reconciliation, on: id) else { return }
        let number = nextPassNumber(of: session)
        sessions[id]?.pass = SessionPass(isInitiator: true, number: number, now: now)
    }

    /// Odd where the smaller NodeID opens, else even: of two passes that are opened at once and given up at one end only,
    /// no turn can be taken for the other's.
    private func nextPassNumber(of session: PeerSession) -> UInt32 {
        let next = session.passNumber &+ 1
        return next & 1 == (node < session.peer ? 1 : 0) ? next : next &+ 1
    }

    /// Somebody asks whether a peer holds the same.
    mutating func passWanted(with peer: NodeID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let id = session(with: peer), sessions[id]?.phase == .exchanging else {
            return effects.append(.passEnded(.failed(peer, "there is no session with the peer")))
        }
        guard shares(.reconciliation, on: id) else {
            return effects.append(.passEnded(.failed(peer, "the peer's build knows no reconciliation")))
        }
        wantPass(on: id, at: now)
        beginPasses(at: now, into: &effects)
    }

    /// Passes that wait get going while there is room: each holds a list of all lanes in memory.
    mutating func beginPasses(at now: Instant, into effects: inout [SyncEffect]) {
        var room = configuration.passLimit - sessions.values.count { $0.pass?.holdsLanes ?? false }
        for id in sessions.keys.sorted() where room > 0 {
            guard let session = sessions[id], session.phase == .exchanging, let pass = session.pass,
                pass.stage == .waiting
            else { continue }
            room -= 1
            let ticket = takeTicket()
            sessions[id]?.pass?.begin(ticket, height: authority.height, of: session, at: now)
            let filter = EntitlementFilter(authority: authority, peer: session.peer, and: node)
            effects.append(.readLanes(ticket, LaneRead(filter: filter, salt: pass.opening?.opening?.salt)))
        }
    }

    // MARK: Turns

    mutating func reconcileReceived(
        _ frame: WireReconcile,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        // The peer may be ahead, in `exchanging` already: its opening waits for this side.
        guard shares(.reconciliation, on: id), let session = sessions[id] else {
            throw CloseReason(.protocolError, "a reconciliation, which this node did not offer")
        }
        guard frame.end == .unspecified else {
            return endReceived(frame, on: id, at: now, into: &effects)
        }
        let message = try ReconciliationMessage(frame)
        if message.opening != nil {
            try openingReceived(message, number: frame.pass, on: id, at: now, into: &effects)
            return
        }
        // What belongs to a pass that was given up here is still on its way.
        guard let pass = session.pass, pass.number == frame.pass else { return }
        guard pass.stage == .talking else {
            throw CloseReason(.protocolError, "two turns of a reconciliation without an answer")
        }
        sessions[id]?.pass?.lastProgress = now
        guard let step = try sessions[id]?.pass?.reconciler?.received(message) else { return }
        take(step, on: id, at: now, into: &effects)
    }

    /// The peer opens a pass; of two that are opened at once the smaller NodeID's stays, since a pass serves both.
    mutating func openingReceived(
        _ message: ReconciliationMessage,
        number: UInt32,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id] else { return }
        if let pass = session.pass {
            if pass.hasSaidEnd, pass.isEndOnItsWay, pass.next == nil {
                sessions[id]?.pass?.next = (number, message)
                return
            }
            let isOpened: Bool
            switch pass.stage {
            case .waiting, .readingLanes: isOpened = false
            case .talking, .readingNodes, .repairing: isOpened = true
            }
            guard pass.isInitiator else {
                throw CloseReason(.protocolError, "a reconciliation opened while another is on")
            }
            if isOpened, node < session.peer { return }
        }
        let recent = session.passTimes.filter { now.milliseconds(since: $0) < SyncEngine.passRateMilliseconds }
        guard recent.count < SyncEngine.passRate else {
            throw CloseReason(
                .protocolError,
                "more than \(SyncEngine.passRate) reconciliations in \(SyncEngine.passRateMilliseconds / 60_000) minutes"
            )
        }
        sessions[id]?.passTimes = recent + [now]
        sessions[id]?.passNumber = max(session.passNumber, number)
        sessions[id]?.pass = SessionPass(isInitiator: false, number: number, opening: message, now: now)
        beginPasses(at: now, into: &effects)
    }

    mutating func lanesRead(
        _ ticket: Ticket,
        _ lanes: SaltedLanes,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let id = session(withPassAt: .readingLanes(ticket)), let pass = sessions[id]?.pass else { return }
        var reconciler = Reconciler(initiator: pass.isInitiator, ordered: lanes, cryptography)
        sessions[id]?.pass?.stage = .talking
        sessions[id]?.pass?.lastProgress = now
        if pass.isInitiator {
            let message = reconciler.begin(salt: lanes.salt)
            sessions[id]?.passNumber = pass.number
            sessions[id]?.pass?.reconciler = reconciler
            counters.passesOpened += 1
            send(.reconcile(message.wire(pass: pass.number)), on: id, at: now, into: &effects)
        } else if let opening = pass.opening {
            sessions[id]?.pass?.opening = nil
            do {
                let step = try reconciler.received(opening)
                sessions[id]?.pass?.reconciler = reconciler
                take(step, on: id, at: now, into: &effects)
            } catch {
                close(id, .init(.protocolError, "\(error)"), at: now, into: &effects)
            }
        }
    }

    mutating func laneNodesRead(
        _ ticket: Ticket,
        _ children: [[LaneNodeChild]],
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let id = session(withPassAt: .readingNodes(ticket)) else { return }
        sessions[id]?.pass?.stage = .talking
        sessions[id]?.pass?.lastProgress = now
        guard let step = sessions[id]?.pass?.reconciler?.nodesRead(children) else { return }
        take(step, on: id, at: now, into: &effects)
    }

    /// What of a pass could not be read here.
    mutating func readFailed(
        _ ticket: Ticket,
        _ reason: String,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let reading = sessions.keys.sorted().first { id in
            guard let pass = sessions[id]?.pass else { return false }
            return pass.stage == .readingLanes(ticket) || pass.stage == .readingNodes(ticket)
                || pass.repairRead?.ticket == ticket
        }
        guard let reading else { return }
        abandonPass(on: reading, "what was asked for cannot be read here: \(reason)", at: now, into: &effects)
    }

    private func session(withPassAt stage: SessionPass.Stage) -> SessionID? {
        sessions.values.first { $0.pass?.stage == stage }?.id
    }

    /// Says a turn, reads for it first, or goes on to the repairs.
    private mutating func take(
        _ step: Reconciler.Step,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let pass = sessions[id]?.pass else { return }
        if !step.reads.isEmpty {
            guard pass.nodesRead + step.reads.count <= SyncEngine.passNodeLimit else {
                let text = "more than \(SyncEngine.passNodeLimit) nodes of lanes asked for in a pass"
                return abandonPass(on: id, text, at: now, into: &effects)
            }
            let ticket = takeTicket()
            sessions[id]?.pass?.nodesRead += step.reads.count
            sessions[id]?.pass?.stage = .readingNodes(ticket)
            effects.append(.readLaneNodes(ticket, step.reads))
            return
        }
        if let message = step.message {
            send(.reconcile(message.wire(pass: pass.number)), on: id, at: now, into: &effects)
        }
        if step.isFinished { beginRepairs(on: id, at: now, into: &effects) }
    }
}

extension PassReport {
    static func failed(_ peer: NodeID, _ reason: String) -> PassReport {
        PassReport(
            peer: peer,
            result: .failed(reason),
            differences: [],
            unknownLanes: 0,
            sent: 0,
            received: 0,
            turnBytes: 0,
            milliseconds: 0
        )
    }
}
