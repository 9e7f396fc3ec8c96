import Foundation
import SwiftProtobuf

extension SyncEngine {
    /// The most joining nodes asked for at one time.
    private static let pendingLimit = 64

    /// What both keys of a joining node sign.
    package static func enrolmentMessage(
        cluster: ClusterID,
        node: NodeID,
        sealingKey: [UInt8],
        invite: [UInt8]
    ) -> [UInt8] {
        Array("liandong/enrol/1".utf8) + cluster.bytes + node.bytes + sealingKey + invite
    }

    // MARK: The joining node

    mutating func requestEnrolment(on id: SessionID, at now: Instant, into effects: inout [SyncEffect]) {
        guard let joining = configuration.joining else { return }
        let message = SyncEngine.enrolmentMessage(
            cluster: joining.cluster,
            node: node,
            sealingKey: joining.sealingKey,
            invite: joining.invite.publicKey
        )
        let request = WireEnrolRequest.with {
            $0.cluster = Data(joining.cluster.bytes)
            $0.node = Data(node.bytes)
            $0.sealingKey = Data(joining.sealingKey)
            $0.invite = Data(joining.invite.publicKey)
            $0.addresses = configuration.addresses
            $0.clock = UInt64(clamping: now.milliseconds)
            $0.inviteSignature = Data(joining.invite.sign(message))
            $0.nodeSignature = Data(signer.sign(message))
        }
        send(.enrolRequest(request), on: id, at: now, into: &effects)
    }

    mutating func enrolReplyReceived(
        _ wire: WireEnrolReply,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let subject = NodeID(wire.node), let outcome = EnrolmentReply.Outcome(rawValue: wire.outcome.rawValue)
        else { throw CloseReason(.protocolError, "an enrolment reply that names no node or outcome") }
        let reply = EnrolmentReply(
            node: subject,
            outcome: outcome,
            reason: String(wire.reason.prefix(500)),
            clock: Instant(milliseconds: Int64(clamping: wire.clock)),
            expires: wire.expires == 0 ? nil : Instant(milliseconds: Int64(clamping: wire.expires))
        )
        if subject == node {
            joinOutcome = reply
        } else if let peer = sessions[id]?.peer, peer == authority.signer || servesAbove(peer) {
            enrolmentDecided(reply, at: now, into: &effects)
        }
    }

    // MARK: Its parent, the nodes on the way, and the signer

    mutating func enrolRequestReceived(
        _ wire: WireEnrolRequest,
        on id: SessionID,
        at now: Instant,
        into effects: inout [SyncEffect]
    ) throws {
        guard let session = sessions[id] else { return }
        guard let subject = NodeID(wire.node), wire.sealingKey.count == 32, wire.invite.count == 32,
            wire.addresses.count <= 8, wire.addresses.allSatisfy({ $0.utf8.count <= 255 })
        else { throw CloseReason(.protocolError, "an enrolment request that is not of its form") }
        // The peer may have begun to exchange while this end still waits for its word on the chain.
        guard authority.nodes[session.peer] != nil || subject == session.peer else {
            throw CloseReason(.protocolError, "an enrolment request for another node")
        }
        let outcome = check(wire, of: subject, at: now)
        guard outcome.outcome == .waitingForSigner else {
            send(.enrolReply(WireEnrolReply(outcome)), on: id, at: now, into: &effects)
            if outcome.outcome == .enrolled, session.phase == .admitting {
                sessions[id]?.phase = .aligning
                try align(id, at: now, into: &effects)
            }
            return
        }
        // A node that waits already may ask again: the rate is for those that are new.
        if enrolments[subject] == nil { enrolmentTimes.append(now) }
        enrolments[subject] = PendingEnrolment(session: id, since: now)
        if authority.signer == node {
            effects.append(
                .decideEnrolment(
                    EnrolmentRequest(
                        node: subject,
                        sealingKey: Array(wire.sealingKey),
                        invite: Array(wire.invite),
                        addresses: wire.addresses,
                        clock: Instant(milliseconds: Int64(clamping: wire.clock))
                    )
                )
            )
        } else if let upstream = upstreamSession {
            send(.enrolRequest(wire), on: upstream, at: now, into: &effects)
        } else {
            send(.enrolReply(WireEnrolReply(outcome)), on: id, at: now, into: &effects)
        }
    }

    /// Everything that can be said of a request without the signer; `waitingForSigner` when only it can say more.
    private mutating func check(_ wire: WireEnrolRequest, of subject: NodeID, at now: Instant) -> EnrolmentReply {
        func reply(_ outcome: EnrolmentReply.Outcome, _ reason: String, expires: Instant? = nil) -> EnrolmentReply {
            EnrolmentReply(node: subject, outcome: outcome, reason: reason, clock: now, expires: expires)
        }
        guard let cluster = authority.cluster, ClusterID(wire.cluster) == cluster else {
            return reply(.wrongCluster, "the request is for cluster \(hexadecimal(wire.cluster))")
        }
        enrolmentTimes.removeAll { now.milliseconds(since: $0) >= 60_000 }
        let isWaiting = enrolments[subject] != nil
        guard isWaiting || enrolmentTimes.count < configuration.enrolmentRate,
            isWaiting || enrolments.count < SyncEngine.pendingLimit
        else {
            return reply(.tooMany, "more than \(configuration.enrolmentRate) requests a minute; try again in a minute")
        }
        let message = SyncEngine.enrolmentMessage(
            cluster: cluster,
            node: subject,
            sealingKey: Array(wire.sealingKey),
            invite: Array(wire.invite)
        )
        guard cryptography.verify(Array(wire.inviteSignature), message, Array(wire.invite)),
            cryptography.verify(Array(wire.nodeSignature), message, subject.bytes)
        else { return reply(.badProof, "the request does not prove the token's secret and the node's key") }
        guard let invite = authority.invites[cryptography.hash(Array(wire.invite))] else {
            // The chain here may be behind: only the signer can say that there is no such invite.
            return authority.signer == node
                ? reply(.unknownInvite, "no such invite")
                : reply(.waitingForSigner, "waiting for the district's signer")
        }
        if let user = invite.usedBy {
            return user == subject
                ? reply(.enrolled, "enrolled") : reply(.alreadyUsed, "the token was used by node \(user)")
        }
        guard now < invite.expires else {
            return reply(.expired, "the token has expired", expires: invite.expires)
        }
        return reply(.waitingForSigner, "waiting for the district's signer")
    }

    /// The way towards the signer: itself, where there is a connection to it, else the nearest place above.
    private var upstreamSession: SessionID? {
        let open = sessions.values.filter { $0.phase == .exchanging }
        if let signer = open.filter({ $0.peer == authority.signer }).map(\.id).max() { return signer }
        let line = authority.place(of: node).map { authority.line(of: $0).dropFirst() } ?? []
        return line.lazy.compactMap { place in
            open.filter { self.authority.place(of: $0.peer) == place }.map(\.id).max()
        }.first
    }

    /// Passes the signer's word back to whoever asked.
    mutating func enrolmentDecided(_ reply: EnrolmentReply, at now: Instant, into effects: inout [SyncEffect]) {
        guard let pending = enrolments.removeValue(forKey: reply.node), sessions[pending.session] != nil else { return }
        send(.enrolReply(WireEnrolReply(reply)), on: pending.session, at: now, into: &effects)
    }
}

extension WireEnrolReply {
    fileprivate init(_ reply: EnrolmentReply) {
        self.init()
        node = Data(reply.node.bytes)
        outcome = WireEnrolOutcome(rawValue: reply.outcome.rawValue) ?? .unspecified
        reason = reply.reason
        clock = UInt64(clamping: reply.clock.milliseconds)
        expires = UInt64(clamping: reply.expires?.milliseconds ?? 0)
    }
}
