import Foundation
import SwiftProtobuf

extension SyncEngine {
    /// The protocol versions this build speaks.
    static let protocolVersion: UInt32 = 1

    mutating func opened(
        _ id: SessionID,
        peer: NodeID,
        dialled: Bool,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) {
        let session = PeerSession(
            id: id,
            peer: peer,
            dialled: dialled,
            now: now,
            helloTimeout: configuration.helloTimeout
        )
        sessions[id] = session
        guard !isStopping, peer != node else {
            close(
                id,
                .init(.shuttingDown, peer == node ? "this is the node itself" : "stopping"),
                at: now,
                into: &effects
            )
            return
        }
        guard !paused.contains(peer) else {
            close(id, .init(.paused, "the link is out of service here"), at: now, into: &effects)
            return
        }
        sessions[id]?.saidHeight = authority.height
        let hello = WireHello.with {
            $0.protocolMin = SyncEngine.protocolVersion
            $0.protocolMax = SyncEngine.protocolVersion
            $0.cluster = Data((authority.cluster ?? configuration.joining?.cluster)?.bytes ?? [])
            $0.node = Data(node.bytes)
            $0.incarnation = incarnation.raw
            $0.storeEpoch = storeEpoch.raw
            $0.authority = chainHeads
            $0.clock = UInt64(clamping: now.milliseconds)
            $0.version = configuration.version
            $0.joining = authority.nodes[node] == nil
            $0.schema = schemaVersion
            $0.features = configuration.features.sorted().map(WireFeature.init)
        }
        send(.hello(hello), on: id, at: now, into: &effects)
    }

    mutating func helloReceived(
        _ hello: WireHello,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id] else { return }
        guard hello.protocolMin <= SyncEngine.protocolVersion, hello.protocolMax >= SyncEngine.protocolVersion else {
            throw CloseReason(
                .protocolVersion,
                "the peer speaks protocol \(hello.protocolMin) to \(hello.protocolMax), this node speaks "
                    + "\(SyncEngine.protocolVersion); upgrade the older of the two"
            )
        }
        guard NodeID(hello.node) == session.peer else {
            throw CloseReason(.protocolError, "the hello names another node than the certificate")
        }
        let cluster = authority.cluster ?? configuration.joining?.cluster
        guard let cluster, ClusterID(hello.cluster) == cluster else {
            throw CloseReason(
                .wrongCluster,
                "the peer is of cluster \(hexadecimal(hello.cluster)), this node of \(cluster.map(String.init) ?? "none")"
            )
        }
        let theirs = Instant(milliseconds: Int64(clamping: hello.clock))
        try noteClock(theirs, of: session.peer, at: now, into: &effects)
        sessions[id]?.hello = PeerSession.PeerHello(
            storeEpoch: StoreEpoch(raw: hello.storeEpoch),
            isJoining: hello.joining,
            version: String(hello.version.prefix(64)),
            schema: hello.schema,
            features: Set(hello.features.compactMap(SyncFeature.init))
        )
        if let head = hello.authority.heads.first {
            sessions[id]?.peerHeight = head.height
            sessions[id]?.peerHead = Hash(head.hash)
        }
        guard replaceDuplicates(of: session, at: now, into: &effects) else { return }
        try beginConversation(on: id, peer: session.peer, at: now, into: &effects)
    }

    private mutating func beginConversation(
        on id: SessionID,
        peer: NodeID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        if authority.nodes[node] == nil, configuration.joining != nil {
            sessions[id]?.phase = .enrolling
            requestEnrolment(on: id, at: now, into: &effects)
            return
        }
        guard authority.revocations[peer] == nil else {
            tellOfRevocation(on: id, at: now, into: &effects)
            throw CloseReason(.revoked, "the node was revoked")
        }
        if authority.nodes[peer] == nil {
            // Either it is joining, or the chain that enrols it has not reached this node.
            sessions[id]?.phase = .admitting
            if sessions[id]?.hello?.isJoining == false { try beginAligning(id, at: now, into: &effects) }
            return
        }
        beatIsDue = true
        try beginAligning(id, at: now, into: &effects)
    }

    private mutating func beginAligning(_ id: SessionID, at now: Instant, into effects: inout [SyncEffect]) throws {
        sessions[id]?.phase = .aligning
        // What the chain grew by since this node's hello was not told on this session: the peer would wait for it.
        if authority.height > sessions[id]?.saidHeight ?? 0 {
            send(.authorityHeads(chainHeads), on: id, at: now, into: &effects)
        }
        try align(id, at: now, into: &effects)
    }

    /// A node that joins and its parent refuse each other's clock beyond a limit; others raise an alarm.
    private mutating func noteClock(
        _ theirs: Instant,
        of peer: NodeID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        let offset = theirs.milliseconds(since: now)
        if authority.nodes[node] == nil, abs(offset) > configuration.joinClockLimit {
            throw CloseReason(
                .clock,
                "the clocks differ: here \(now.milliseconds), at the parent \(theirs.milliseconds) ms since 1970"
            )
        }
        if servesAbove(peer) || peer == configuration.joining?.parent { clockOffsetMilliseconds = offset }
        if offset.magnitude > UInt64(ClockGuard.tolerance) {
            effects.append(.raise(.clock(peer: peer, offsetMilliseconds: offset)))
        }
    }

    /// Of two connections of a pair the one dialled by the smaller NodeID wins, of two in one direction the newer.
    ///
    /// - Returns: whether this session stays.
    private mutating func replaceDuplicates(
        of session: PeerSession,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) -> Bool {
        let weDial = node < session.peer
        for other in sessions.values.sorted(by: { $0.id < $1.id })
        where other.peer == session.peer && other.id != session.id && other.hello != nil {
            let loser: SessionID
            if other.dialled == session.dialled {
                loser = min(other.id, session.id)
            } else {
                loser = other.dialled == weDial ? session.id : other.id
            }
            close(loser, .init(.replaced, "another connection of the pair stays"), at: now, into: &effects)
            if loser == session.id { return false }
        }
        return true
    }
}
