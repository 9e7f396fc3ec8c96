import SwiftProtobuf

// From the inbox to the store: what is verified is committed with its cursors, then acknowledged.

extension SyncEngine {
    /// The most deltas and bytes of one commit.
    private static let commitCountLimit = 2_048
    private static let commitByteLimit: UInt64 = 2 << 20

    mutating func verified(
        _ ticket: Ticket,
        _ answers: [Bool],
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        if importVerified(ticket, answers, into: &effects) { return }
        for id in sessions.keys.sorted() {
            guard let index = sessions[id]?.inbox.firstIndex(where: { $0.verification == ticket }) else { continue }
            guard answers.allSatisfy({ $0 }) else {
                close(id, .init(.protocolError, "a delta whose signature does not verify"), at: now, into: &effects)
                return
            }
            sessions[id]?.inbox[index].verification = nil
            commitInbox(of: id, at: now, into: &effects)
            return
        }
    }

    /// Commits what is verified at the front of the inbox: deltas and the cursors that say so, together.
    mutating func commitInbox(of id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let session = sessions[id], session.committing == nil, let hello = session.hello else { return }
        var items: [PeerSession.InboxItem] = []
        var batch = PersistBatch(peer: session.peer)
        var byteCount: UInt64 = 0
        var lsns: [DeltaClass: LSN] = [:]
        for item in session.inbox {
            guard item.verification == nil, batch.deltas.count < SyncEngine.commitCountLimit,
                byteCount < SyncEngine.commitByteLimit
            else { break }
            items.append(item)
            if let lsn = item.lsn { lsns[item.deltaClass] = lsn }
            if case .deltas(let deltas, let bytes) = item.content {
                for delta in deltas {
                    if admits(delta, on: id, into: &effects) {
                        batch.deltas.append(delta)
                    } else {
                        setAside(delta.lane.audience, on: id)
                    }
                }
                byteCount += bytes
            }
        }
        guard !items.isEmpty else { return }
        sessions[id]?.inbox.removeFirst(items.count)
        guard !batch.deltas.isEmpty else {
            // Progress alone is no reason for a flush: its cursor rides with the next commit.
            finish(items, on: id, at: now, into: &effects)
            endIfTooMuchIsAside(id, at: now, into: &effects)
            return
        }
        keepDefinitions(of: batch.deltas, on: id, at: now)
        batch.audiences = undurableAudiences(of: batch.deltas)
        for deltaClass in DeltaClass.allCases where resets.isEmpty && !session.waitsForPass {
            guard let stream = session.incoming[deltaClass] else { continue }
            batch.cursors.append(
                Cursor(
                    peer: session.peer,
                    storeEpoch: hello.storeEpoch,
                    deltaClass: deltaClass,
                    lsn: lsns[deltaClass] ?? stream.committed
                )
            )
        }
        addBeats(to: &batch, at: now)
        let ticket = takeTicket()
        sessions[id]?.committing = PeerSession.CommittingBatch(
            ticket: ticket,
            items: items,
            deltaCount: batch.deltas.count
        )
        effects.append(.persist(ticket, batch))
    }

    /// The definitions that go with a commit of these deltas.
    ///
    /// Another session may have kept a definition and ended before its commit: what is not durable goes with the deltas.
    func undurableAudiences(of deltas: [Delta]) -> [Audience] {
        Set(deltas.map(\.lane.audience)).subtracting(storedAudiences).sorted().compactMap { audiences[$0] }
    }

    // MARK: Right to the audience

    /// Whether a verified delta is stored and passed on.
    ///
    /// The stream goes on behind one that is not: other lanes must not wait for what one origin did.
    private mutating func admits(_ delta: Delta, on id: SessionID, into effects: inout [SyncEffect]) -> Bool {
        guard let peer = sessions[id]?.peer, let audience = definition(of: delta.lane.audience, on: id) else {
            return false
        }
        return judge(delta, of: audience, from: peer, into: &effects) == .admitted
    }

    /// What is made of a verified delta.
    enum Judgement: Equatable {
        case admitted
        /// This node is not of its audience.
        case notOurs
        /// Its origin was not of its audience.
        case refused(DeltaAdmission.Refusal)
    }

    /// Judges a verified delta; one that is not taken is counted, and the signature of a refused one kept as evidence.
    mutating func judge(
        _ delta: Delta,
        of audience: Audience,
        from peer: NodeID,
        into effects: inout [SyncEffect]
    ) -> Judgement {
        // The peer may not have the entry yet that took the audience away from this node.
        guard authority.isEntitled(node, to: audience) else {
            counters.deltasNotOurs += 1
            return .notOurs
        }
        let laneID = lanes[delta.lane]?.id
        let admission = authority.admission(of: delta.header, in: audience) {
            laneID ?? LaneID(delta.lane, cryptography)
        }
        guard case .refused(let refusal) = admission else { return .admitted }
        counters.deltasRefused += 1
        let ofOrigin = refused.count { $0.lane.origin == delta.lane.origin }
        if refused.count < RefusedDelta.limit, ofOrigin < RefusedDelta.originLimit {
            refused.append(
                RefusedDelta(
                    headerBytes: delta.headerBytes,
                    signature: delta.signature,
                    lane: delta.lane,
                    seq: delta.header.seq,
                    peer: peer,
                    refusal: refusal
                )
            )
            effects.append(.raise(.unauthorised(lane: delta.lane, seq: delta.header.seq, peer: peer, refusal)))
        }
        return .refused(refusal)
    }

    mutating func persisted(
        _ ticket: Ticket,
        _ outcome: PersistOutcome,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        noteHeld(outcome.stored)
        defer { resets.remove(ticket) }
        for fork in outcome.forks { effects.append(.raise(.fork(fork))) }
        counters.deltasBeyondQuota += UInt64(clamping: outcome.beyondQuota.values.reduce(0, +))
        for origin in outcome.beyondQuota.keys.sorted() where overQuota.insert(origin).inserted {
            effects.append(.raise(.evidenceQuota(origin: origin)))
        }
        noteWaiting(outcome.waiting, into: &effects)
        if let state = outcome.authority {
            adopt(outcome.newEntries, state, at: now, into: &effects)
        }
        // On to the next before the answer to the last: somebody waits at the end of the way.
        if !outcome.stored.isEmpty {
            for id in sessions.keys.sorted() { pump(id, at: now, into: &effects) }
        }
        for id in sessions.keys.sorted() {
            if sessions[id]?.committingAuthority == ticket {
                sessions[id]?.committingAuthority = nil
                takeHeldFrames(of: id, at: now, into: &effects)
            }
            if let committing = sessions[id]?.committing, committing.ticket == ticket {
                sessions[id]?.committing = nil
                counters.duplicates += UInt64(
                    clamping: committing.deltaCount - outcome.stored.count
                        - outcome.beyondQuota.values.reduce(0, +) - outcome.waiting.values.reduce(0, +)
                )
                finish(committing.items, on: id, at: now, into: &effects)
                endIfTooMuchIsAside(id, at: now, into: &effects)
                commitInbox(of: id, at: now, into: &effects)
            }
        }
        importPersisted(ticket, outcome, into: &effects)
        if let renewal = outcome.renewal { renewed(renewal, at: now, into: &effects) }
    }

    /// The items are durable: acknowledges them and gives their credit back.
    private mutating func finish(
        _ items: [PeerSession.InboxItem],
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id], let hello = session.hello else { return }
        var credit: [DeltaClass: UInt64] = [:]
        var acknowledged: [DeltaClass: LSN] = [:]
        var repairs: Int64 = 0
        var hasPassEnded = false
        for item in items {
            switch item.content {
            case .deltas(let deltas, let byteCount):
                credit[item.deltaClass, default: 0] += byteCount
                sessions[id]?.incoming[item.deltaClass]?.giveBack(byteCount)
                if let lsn = item.lsn {
                    acknowledged[item.deltaClass] = lsn
                } else {
                    repairs += Int64(deltas.count)
                }
            case .passEnd: hasPassEnded = true
            case .progress(let end):
                if end, sessions[id]?.inbox.contains(where: { $0.deltaClass == item.deltaClass }) == false {
                    sessions[id]?.incoming[item.deltaClass]?.isCaughtUp = true
                }
            }
            guard let lsn = item.lsn else { continue }
            sessions[id]?.incoming[item.deltaClass]?.committed = lsn
            guard !session.waitsForPass else { continue }
            cursors[CursorKey(peer: session.peer, deltaClass: item.deltaClass)] = Cursor(
                peer: session.peer,
                storeEpoch: hello.storeEpoch,
                deltaClass: item.deltaClass,
                lsn: lsn
            )
        }
        if repairs > 0 {
            let committed = session.repairsCommitted + repairs
            sessions[id]?.repairsCommitted = committed
            let acknowledge = WireAcknowledge.with { $0.repairs = UInt64(clamping: committed) }
            send(.acknowledge(acknowledge), on: id, at: now, into: &effects)
        }
        for deltaClass in DeltaClass.allCases {
            if let lsn = acknowledged[deltaClass] {
                let acknowledge = WireAcknowledge.with {
                    $0.class = WireDeltaClass(deltaClass)
                    $0.lsn = UInt64(clamping: lsn)
                }
                send(.acknowledge(acknowledge), on: id, at: now, into: &effects)
            }
            if let bytes = credit[deltaClass], !holdsCredit(bytes, of: deltaClass, on: id, at: now) {
                send(.credit(WireCredit(deltaClass, bytes)), on: id, at: now, into: &effects)
            }
        }
        endPreviewIfProven(on: id, into: &effects)
        if hasPassEnded { repairsPersisted(on: id, at: now, into: &effects) }
    }

    mutating func persistFailed(
        _ ticket: Ticket,
        _ reason: String,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        resets.remove(ticket)
        importFailed(ticket, reason, into: &effects)
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if session.committingAuthority == ticket || session.committing?.ticket == ticket {
                close(id, .init(.protocolError, "what was sent cannot be stored: \(reason)"), at: now, into: &effects)
            }
        }
    }
}
