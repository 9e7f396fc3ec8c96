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

    private mutating func sendEntries(
        from height: UInt64,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        var frame = WireAuthorityEntries()
        var byteCount = 0
        for entry in chain[min(Int(height), chain.count)...] {
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
        var batch = PersistBatch(peer: session.peer)
        for wire in frame.entries {
            let entry = SignedAuthorityEntry(entry: Array(wire.entry), signature: Array(wire.signature))
            let content = try AuthorityEntryContent(decoding: entry.entry)
            let height = content.height
            guard content.cluster == authority.cluster ?? configuration.joining?.cluster else {
                throw CloseReason(.wrongCluster, "an authority entry of cluster \(content.cluster)")
            }
            if height <= authority.height {
                guard cryptography.hash([3] + entry.entry) == chainHashes[Int(height) - 1] else {
                    effects.append(.raise(.authorityFork(peer: session.peer, height: height)))
                    throw CloseReason(.authorityFork, "the authority chains differ at height \(height)")
                }
            } else {
                batch.authority.append(entry)
            }
            if height > session.peerHeight {
                sessions[id]?.peerHeight = height
                sessions[id]?.peerHead = cryptography.hash([3] + entry.entry)
            }
        }
        guard !batch.authority.isEmpty else { return }
        let ticket = takeTicket()
        sessions[id]?.committingAuthority = ticket
        effects.append(.persist(ticket, batch))
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
    mutating func adopt(
        _ entries: [SignedAuthorityEntry],
        _ state: AuthorityState,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard state.height > authority.height else { return }
        for entry in entries {
            guard let content = try? AuthorityEntryContent(decoding: entry.entry),
                content.height == UInt64(chain.count) + 1
            else { continue }
            chain.append(entry)
            chainHashes.append(cryptography.hash([3] + entry.entry))
        }
        let before = authority
        authority = state
        beatIsDue = true
        for id in sessions.keys.sorted() { chainGrew(on: id, before: before, at: now, into: &effects) }
        updateDialling(into: &effects)
    }

    private mutating func chainGrew(
        on id: SessionID,
        before: AuthorityState,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        guard let session = sessions[id], session.hello != nil else { return }
        if authority.revocations[session.peer] != nil {
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
                send(.authorityHeads(chainHeads), on: id, at: now, into: &effects)
                guard authority.nodes[node] != nil else { return }
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
                restartGainedStreams(of: id, before: before)
                pump(id, at: now, into: &effects)
            }
        } catch let reason as CloseReason {
            close(id, reason, at: now, into: &effects)
        } catch {
            close(id, .init(.protocolError, "\(error)"), at: now, into: &effects)
        }
    }

    /// A peer that gained an audience is streamed to from the beginning: what it holds already dies there.
    private mutating func restartGainedStreams(of id: SessionID, before: AuthorityState) {
        guard let peer = sessions[id]?.peer else { return }
        let gained = audiences.values.contains {
            authority.isEntitled(peer, to: $0) && !before.isEntitled(peer, to: $0)
        }
        guard gained else { return }
        for deltaClass in DeltaClass.allCases {
            sessions[id]?.outgoing[deltaClass]?.cursor = 0
            sessions[id]?.outgoing[deltaClass]?.scan = nil
            sessions[id]?.outgoing[deltaClass]?.toldEnd = false
        }
    }
}
