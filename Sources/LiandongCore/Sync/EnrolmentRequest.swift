/// A joining node's proven request, as it is relayed to the signer.
package struct EnrolmentRequest: Sendable, Hashable {
    package let node: NodeID
    /// X25519 public key, 32 bytes.
    package let sealingKey: [UInt8]
    /// The invite's public key, 32 bytes.
    package let invite: [UInt8]
    package let addresses: [String]
    package let clock: Instant

    package init(node: NodeID, sealingKey: [UInt8], invite: [UInt8], addresses: [String], clock: Instant) {
        self.node = node
        self.sealingKey = sealingKey
        self.invite = invite
        self.addresses = addresses
        self.clock = clock
    }
}

/// What became of an enrolment request.
package struct EnrolmentReply: Sendable, Hashable {
    package enum Outcome: Int, Sendable {
        case enrolled = 1
        case waitingForSigner = 2
        case unknownInvite = 3
        case expired = 4
        case alreadyUsed = 5
        case badProof = 6
        case wrongCluster = 7
        case tooMany = 8
    }

    package let node: NodeID
    package let outcome: Outcome
    package let reason: String
    /// The wall clock of whoever decided.
    package let clock: Instant
    /// When the invite expires, where that is the reason.
    package let expires: Instant?

    package init(node: NodeID, outcome: Outcome, reason: String, clock: Instant, expires: Instant?) {
        self.node = node
        self.outcome = outcome
        self.reason = reason
        self.clock = clock
        self.expires = expires
    }
}
