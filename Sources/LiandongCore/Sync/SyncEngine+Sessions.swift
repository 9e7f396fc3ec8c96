import SwiftProtobuf

// The sessions of an engine: which one a peer is spoken with, what goes out on it, and how it ends.

extension SyncEngine {
    /// The session that a peer is spoken with, its hello taken.
    func session(with peer: NodeID) -> SessionID? {
        sessions.values.filter { $0.peer == peer && $0.hello != nil }.map(\.id).max()
    }

    /// Whether a session's handshake is over: frames may be as long as ``FrameBounds/byteLimit``.
    package func takesLongFrames(_ id: SessionID) -> Bool {
        switch sessions[id]?.phase {
        case .aligning, .exchanging, .enrolling: true
        case .awaitingHello, .admitting, nil: false
        }
    }

    mutating func takeTicket() -> Ticket {
        defer { nextTicket += 1 }
        return Ticket(raw: nextTicket)
    }

    mutating func send(
        _ body: WireFrame.OneOf_Body,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let bytes = WireFrame.with { $0.body = body }.canonicalBytes
        if case .reconcile = body { sessions[id]?.turnBytes += bytes.count }
        sessions[id]?.lastSent = now
        counters.framesSent += 1
        counters.bytesSent += UInt64(bytes.count)
        effects.append(.send(id, frame: bytes))
    }

    // MARK: Ends

    /// Says goodbye and forgets the session; what it still had under way is ignored when it comes back.
    mutating func close(
        _ id: SessionID,
        _ reason: CloseReason,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id] else { return }
        let bye = WireBye.with {
            $0.reason = WireByeReason(rawValue: reason.code.rawValue) ?? .unspecified
            $0.text = String(reason.text.prefix(500))
        }
        send(.bye(bye), on: id, at: now, into: &effects)
        sessions[id] = nil
        passLost(with: session, byFault: reason.code == .protocolError, at: now, into: &effects)
        if self.session(with: session.peer) == nil { downSince[session.peer] = now }
        beatIsDue = true
        effects.append(.close(id, reason))
    }

    mutating func closed(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        passLost(with: session, byFault: false, at: now, into: &effects)
        enrolments = enrolments.filter { $0.value.session != id }
        if self.session(with: session.peer) == nil { downSince[session.peer] = now }
        beatIsDue = true
    }

    mutating func pause(_ peer: NodeID, at now: Instant, into effects: inout [SyncEffect]) {
        paused.insert(peer)
        for id in sessions.keys.sorted() where sessions[id]?.peer == peer {
            close(id, .init(.paused, "the link was taken out of service here"), at: now, into: &effects)
        }
        updateDialling(at: now, into: &effects)
    }

    mutating func stop(at now: Instant, into effects: inout [SyncEffect]) {
        isStopping = true
        for id in sessions.keys.sorted() {
            close(id, .init(.shuttingDown, "the node is stopping"), at: now, into: &effects)
        }
    }
}
