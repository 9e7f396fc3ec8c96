import Foundation
import SwiftProtobuf

extension SyncEngine {
    /// The most bytes of entries in one frame.
    private static let entriesByteLimit = 256 * 1024

    var chainHeads: WireAuthorityHeads {
        guard let head = chainHashes.last, let signer = authority.signer else { return WireAuthorityHeads() }
        return .with {
            $0.heads = [
                .with {
                    $0.issuer = Data(signer.bytes)
                    $0.height = authority.height
                    $0.hash = Data(head.bytes)
                }
            ]
        }
    }

    /// Brings both chains to one head: sends what the peer lacks, or waits for what this node lacks.
    mutating func align(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) throws {
        guard let session = sessions[id] else { return }
        let common = min(session.peerHeight, authority.height)
        if session.peerHeight > 0, session.peerHeight <= authority.height {
            let ours = chainHashes[Int(common) - 1]
            guard session.peerHead == ours else {
                effects.append(.raise(.authorityFork(peer: session.peer, height: common)))
                throw CloseReason(.authorityFork, "the authority chains differ at height \(common)")
            }
        }
        if session.peerHeight < authority.height {
            sendEntries(from: session.peerHeight, on: id, at: now, into: &effects)
        } else if session.peerHeight == authority.height, session.phase == .aligning {
            guard authority.nodes[session.peer] != nil else {
                throw CloseReason(.notEnrolled, "the chain of height \(authority.height) does not enrol this node")
            }
            beginExchange(id, at: now, into: &effects)
        }
    }

    /// A revoked node is sent the chain up to the entry that says so, and nothing after it.
    mutating func tellOfRevocation(
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id], let height = authority.revocationHeights[session.peer],
            session.peerHeight > 0, session.peerHeight < height
        else { return }
        sendEntries(from: session.peerHeight, upTo: height, on: id, at: now, into: &effects)
    }

    private mutating func sendEntries(
        from height: UInt64,
        upTo end: UInt64 = .max,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        var frame = WireAuthorityEntries()
        var byteCount = 0
        for entry in chain.prefix(Int(clamping: end)).dropFirst(Int(clamping: height)) {
            if byteCount + entry.entry.count > SyncEngine.entriesByteLimit {
                send(.authorityEntries(frame), on: id, at: now, into: &effects)
                frame = WireAuthorityEntries()
                byteCount = 0
            }
            byteCount += entry.entry.count + 80
            frame.entries.append(
                .with {
                    $0.entry = Data(entry.entry)
                    $0.signature = Data(entry.signature)
                }
            )
        }
        if !frame.entries.isEmpty { send(.authorityEntries(frame), on: id, at: now, into: &effects) }
        // Not believed to be there until the peer says so.
    }

    mutating func entriesReceived(
        _ frame: WireAuthorityEntries,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id] else { return }
        var new: [SignedAuthorityEntry] = []
        for wire in frame.entries {
            let entry = SignedAuthorityEntry(entry: Array(wire.entry), signature: Array(wire.signature))
            if try !isHeld(entry, from: session.peer, into: &effects) { new.append(entry) }
            let height = try AuthorityEntryContent(decoding: entry.entry).height
            if height > session.peerHeight {
                sessions[id]?.peerHeight = height
                sessions[id]?.peerHead = cryptography.hash([3] + entry.entry)
            }
        }
        guard !new.isEmpty else { return }
        let ticket = persist(new, from: session.peer, into: &effects)
        sessions[id]?.committingAuthority = ticket
    }

    /// Whether an entry that came from outside is one of this node's chain; false when it goes beyond it.
    ///
    /// - Throws: ``CloseReason`` for an entry of another cluster or another chain.
    func isHeld(_ entry: SignedAuthorityEntry, from peer: NodeID, into effects: inout [SyncEffect]) throws -> Bool {
        let content = try AuthorityEntryContent(decoding: entry.entry)
        guard content.cluster == authority.cluster ?? configuration.joining?.cluster else {
            throw CloseReason(.wrongCluster, "an authority entry of cluster \(content.cluster)")
        }
        let height = content.height
        guard height <= authority.height else { return false }
        guard cryptography.hash([3] + entry.entry) == chainHashes[Int(height) - 1] else {
            effects.append(.raise(.authorityFork(peer: peer, height: height)))
            throw CloseReason(.authorityFork, "the authority chains differ at height \(height)")
        }
        return true
    }

    /// Commits entries that are new here, with the cursors that they make wrong.
    mutating func persist(
        _ entries: [SignedAuthorityEntry],
        from peer: NodeID,
        into effects: inout [SyncEffect]
    ) -> Ticket {
        var batch = PersistBatch(peer: peer)
        batch.authority = entries
        let ticket = takeTicket()
        if mayWidenReach(entries) {
            batch.cursors = cursorsAtZero
            resets.insert(ticket)
        }
        effects.append(.persist(ticket, batch))
        return ticket
    }

    mutating func headsOfChainReceived(
        _ heads: WireAuthorityHeads,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let head = heads.heads.first else { return }
        guard head.height >= sessions[id]?.peerHeight ?? 0 else { return }
        sessions[id]?.peerHeight = head.height
        sessions[id]?.peerHead = Hash(head.hash)
        if sessions[id]?.phase == .aligning { try align(id, at: now, into: &effects) }
    }

    /// The chain grew: by our own entries, or by a peer's that are durable now.
    ///
    /// Commits are reported by several callers and may overtake one another: a state is adopted once every entry up to
    /// it is here, so that the chain held is always the one the state was folded from.
    mutating func adopt(
        _ entries: [SignedAuthorityEntry],
        _ state: AuthorityState,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        for entry in entries {
            guard let content = try? AuthorityEntryContent(decoding: entry.entry), content.height > authority.height
            else { continue }
            earlyEntries[content.height] = entry
        }
        while let entry = earlyEntries.removeValue(forKey: UInt64(chain.count) + 1) {
            chain.append(entry)
            chainHashes.append(cryptography.hash([3] + entry.entry))
        }
        if state.height > newestState?.height ?? authority.height { newestState = state }
        guard let state = newestState, state.height == UInt64(chain.count) else { return }
        newestState = nil
        let before = authority
        authority = state
        beatIsDue = true
        if let place = authority.place(of: node), before.place(of: node) != nil,
            authority.widensReach(of: place, since: before)
        {
            beginAllStreamsAnew("the chain lets this node hold more", at: now, into: &effects)
        }
        for id in sessions.keys.sorted() { chainGrew(on: id, at: now, into: &effects) }
        updateHandOvers()
        updateDialling(at: now, into: &effects)
    }

    private mutating func chainGrew(
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id], session.hello != nil else { return }
        if authority.revocations[session.peer] != nil {
            tellOfRevocation(on: id, at: now, into: &effects)
            close(id, .init(.revoked, "the node was revoked"), at: now, into: &effects)
            return
        }
        sessions[id]?.entitlement = [:]
        do {
            switch session.phase {
            case .awaitingHello:
                break
            case .admitting:
                guard authority.nodes[session.peer] != nil else { return }
                sessions[id]?.phase = .aligning
                try align(id, at: now, into: &effects)
            case .enrolling:
                guard let enrolled = authority.enrolmentHeights[node] else { return }
                // The chain came by another peer: this one still takes the node for a stranger, and a new hello tells it.
                guard session.peerHeight >= enrolled else {
                    close(id, .init(.replaced, "enrolled by another way"), at: now, into: &effects)
                    return
                }
                send(.authorityHeads(chainHeads), on: id, at: now, into: &effects)
                sessions[id]?.phase = .aligning
                try align(id, at: now, into: &effects)
            case .aligning:
                send(.authorityHeads(chainHeads), on: id, at: now, into: &effects)
                try align(id, at: now, into: &effects)
            case .exchanging:
                if session.peerHeight < authority.height {
                    sendEntries(from: session.peerHeight, on: id, at: now, into: &effects)
                }
                send(.authorityHeads(chainHeads), on: id, at: now, into: &effects)
                pump(id, at: now, into: &effects)
            }
        } catch let reason as CloseReason {
            close(id, reason, at: now, into: &effects)
        } catch {
            close(id, .init(.protocolError, "\(error)"), at: now, into: &effects)
        }
    }

    // MARK: Gained audiences

    // A cursor says that everything before it was received of what this node was entitled to. An entry that lets the
    // node hold more makes every cursor wrong, so entries and cursors move in one transaction: what is on the disk is
    // always true of the chain beside it, whichever end crashes or was away when the entry came. What is held already
    // dies as a duplicate. The receiver does it, since it alone knows what its cursors were taken for.

    /// Whether entries that are about to be committed let this node hold more; in doubt, yes.
    private func mayWidenReach(_ entries: [SignedAuthorityEntry]) -> Bool {
        guard let place = authority.place(of: node) else { return false }
        let movesPlaces = entries.contains { entry in
            guard let content = try? AuthorityEntryContent(decoding: entry.entry), case .place(let moved) = content.body
            else { return false }
            return authority.places[moved.id].map { $0.parent != moved.parent } ?? true
        }
        // Applying checks signatures; only places that move are worth it.
        guard movesPlaces else { return false }
        var next = authority
        do {
            for entry in entries { try next.apply(entry, cryptography) }
        } catch {
            return true
        }
        return next.widensReach(of: place, since: authority)
    }

    private var cursorsAtZero: [Cursor] {
        cursors.sorted { ($0.key.peer, $0.key.deltaClass) < ($1.key.peer, $1.key.deltaClass) }.map { _, cursor in
            Cursor(peer: cursor.peer, storeEpoch: cursor.storeEpoch, deltaClass: cursor.deltaClass, lsn: 0)
        }
    }

    /// This node wants more than it took before: ends the streams, whose next sessions ask for everything.
    mutating func beginAllStreamsAnew(_ why: String, at now: Instant, into effects: inout [SyncEffect]) {
        let fresh = cursorsAtZero
        for cursor in fresh { cursors[CursorKey(peer: cursor.peer, deltaClass: cursor.deltaClass)] = cursor }
        // A peer's entries took the cursors along in their commit; the signer's own did not.
        if resets.isEmpty, !fresh.isEmpty {
            var batch = PersistBatch(peer: node)
            batch.cursors = fresh
            effects.append(.persist(takeTicket(), batch))
        }
        for id in sessions.keys.sorted() where sessions[id]?.phase == .exchanging {
            close(id, CloseReason(.replaced, "\(why): its streams begin anew"), at: now, into: &effects)
        }
    }
}

extension SyncEngine {
    /// The head of every lane of a node, as this node holds them: what a revocation leaves valid.
    package func cuts(of author: NodeID) -> [LaneID: AuthorityState.Revocation.Cut] {
        var cuts: [LaneID: AuthorityState.Revocation.Cut] = [:]
        for lane in lanes.values where lane.key.origin == author {
            if let head = lane.head { cuts[lane.id] = .init(seq: lane.highest, header: head) }
        }
        return cuts
    }
}
