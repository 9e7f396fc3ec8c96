/// A stretch of what another node wrote to a file for this one, handed in by an operator instead of by the peer.
package struct ImportBatch: Sendable {
    package enum Content: Sendable {
        /// In the order of the chain.
        case entries([SignedAuthorityEntry])
        /// With the definitions of their audiences, those known here or not.
        case deltas([Delta], definitions: [Audience])
        /// Serialized `SignedBeat`s and `SignedBeatPart`s.
        case beats([[UInt8]], parts: [[UInt8]])
    }

    /// The most deltas of a batch, and bytes of them.
    package static let deltaLimit = 1_024
    package static let byteLimit = 1 << 20

    package let exporter: NodeID
    package let content: Content

    package init(exporter: NodeID, content: Content) {
        self.exporter = exporter
        self.content = content
    }
}

/// What became of an ``ImportBatch``.
package struct ImportOutcome: Sendable, Hashable {
    /// New here, and durable.
    package var stored = 0
    package var known = 0
    /// How many were not taken, by the reason.
    package var refused: [String: Int] = [:]
    /// Why nothing of it was taken, and nothing after it should be tried.
    package var failure: String?

    package init() {}

    package mutating func refuse(_ reason: String, count: Int = 1) {
        if count > 0 { refused[reason, default: 0] += count }
    }

    /// Adds what became of a further batch.
    package mutating func add(_ other: ImportOutcome) {
        stored += other.stored
        known += other.known
        for (reason, count) in other.refused { refuse(reason, count: count) }
        failure = failure ?? other.failure
    }
}
