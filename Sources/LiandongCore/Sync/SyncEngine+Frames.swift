import SwiftProtobuf

// A frame that came: bounds, decoding, then what its body means in the phase that its session is in.

extension SyncEngine {
    /// One frame: bounds, decoding, then what its body means in the session's phase.
    mutating func received(
        _ frame: [UInt8],
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id] else { return }
        sessions[id]?.lastReceived = now
        sessions[id]?.lastHeard = now
        counters.framesReceived += 1
        counters.bytesReceived += UInt64(frame.count)
        if session.committingAuthority != nil {
            sessions[id]?.held.append(frame)
            sessions[id]?.heldByteCount += frame.count
            guard session.held.count < SyncEngine.heldFrameLimit,
                session.heldByteCount + frame.count <= SyncEngine.heldByteLimit
            else {
                close(id, .init(.protocolError, "too much sent at once"), at: now, into: &effects)
                return
            }
            return
        }
        do {
            try FrameBounds.check(frame)
            guard let body = try WireFrame(serializedBytes: frame).body else {
                throw DeltaError(.undecodable, "a frame without a body this build knows")
            }
            if case .reconcile = body { sessions[id]?.turnBytes += frame.count }
            try take(body, on: id, at: now, into: &effects)
        } catch let reason as CloseReason {
            close(id, reason, at: now, into: &effects)
        } catch {
            close(id, .init(.protocolError, "\(error)"), at: now, into: &effects)
        }
    }

    /// Takes the frames that waited for the chain.
    mutating func takeHeldFrames(of id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        while let session = sessions[id], session.committingAuthority == nil, !session.held.isEmpty {
            let frame = sessions[id]?.held.removeFirst() ?? []
            sessions[id]?.heldByteCount -= frame.count
            received(frame, on: id, at: now, into: &effects)
        }
    }

    private mutating func take(
        _ body: WireFrame.OneOf_Body,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id] else { return }
        if case .bye(let bye) = body {
            counters.byes[bye.reason.rawValue, default: 0] += 1
            sessions[id] = nil
            passLost(with: session, byFault: bye.reason == .protocolError, at: now, into: &effects)
            effects.append(.close(id, CloseReason(.shuttingDown, "the peer said: \(bye.text.prefix(200))")))
            beatIsDue = true
            return
        }
        switch session.phase {
        case .awaitingHello:
            guard case .hello(let hello) = body else {
                throw CloseReason(.protocolError, "the first frame is no hello")
            }
            try helloReceived(hello, on: id, at: now, into: &effects)
        case .admitting:
            guard case .enrolRequest(let request) = body else {
                throw CloseReason(.notEnrolled, "a node that is not enrolled may only ask to be")
            }
            try enrolRequestReceived(request, on: id, at: now, into: &effects)
        case .enrolling:
            switch body {
            case .enrolReply(let reply): try enrolReplyReceived(reply, on: id, at: now, into: &effects)
            case .authorityEntries(let entries): try entriesReceived(entries, on: id, at: now, into: &effects)
            case .authorityHeads(let heads): try headsOfChainReceived(heads, on: id, at: now, into: &effects)
            case .beats, .progress: break
            default: throw CloseReason(.protocolError, "only the chain is expected while enrolling")
            }
        case .aligning, .exchanging:
            try takeAligned(body, on: id, phase: session.phase, at: now, into: &effects)
        }
    }

    private mutating func takeAligned(
        _ body: WireFrame.OneOf_Body,
        on id: SessionID,
        phase: PeerSession.Phase,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        switch body {
        case .authorityHeads(let heads): try headsOfChainReceived(heads, on: id, at: now, into: &effects)
        case .authorityEntries(let entries): try entriesReceived(entries, on: id, at: now, into: &effects)
        case .enrolRequest(let request): try enrolRequestReceived(request, on: id, at: now, into: &effects)
        case .enrolReply(let reply): try enrolReplyReceived(reply, on: id, at: now, into: &effects)
        case .heads(let heads): headsReceived(heads, on: id, at: now, into: &effects)
        case .resume(let resume): try resumeReceived(resume, on: id, at: now, into: &effects)
        case .audiences(let definitions): try audiencesReceived(definitions, on: id)
        case .lane(let definition): try sessions[id]?.decoder.define(definition)
        case .deltas(let batch): try deltasReceived(batch, on: id, at: now, into: &effects)
        case .progress(let progress): try progressReceived(progress, on: id, at: now, into: &effects)
        case .acknowledge(let acknowledge):
            try acknowledgeReceived(acknowledge, on: id, at: now, into: &effects)
        case .credit(let credit): try creditReceived(credit, on: id, at: now, into: &effects)
        case .beats(let beats): beatsReceived(beats, on: id, at: now, into: &effects)
        case .snapshotOffer(let offer): try snapshotOffered(offer, on: id, at: now, into: &effects)
        case .snapshotRequest(let request): try snapshotRequested(request, on: id, at: now, into: &effects)
        case .snapshotPage(let page): try snapshotPageReceived(page, on: id, into: &effects)
        case .reconcile(let frame): try reconcileReceived(frame, on: id, at: now, into: &effects)
        case .hello: throw CloseReason(.protocolError, "a second hello")
        case .bye: break  // taken before
        }
    }
}
