/// The newest signed state of a node, kept and relayed as it came.
package struct KeptBeat: Sendable, Hashable {
    package let node: NodeID
    package let incarnation: Incarnation
    package let number: UInt64
    /// The author's wall clock.
    package let time: Instant
    /// Serialized `SignedBeat`.
    package let bytes: [UInt8]

    package init(node: NodeID, incarnation: Incarnation, number: UInt64, time: Instant, bytes: [UInt8]) {
        self.node = node
        self.incarnation = incarnation
        self.number = number
        self.time = time
        self.bytes = bytes
    }
}

/// The newest signed lane positions of a node for one audience.
package struct KeptBeatPart: Sendable, Hashable {
    package let node: NodeID
    package let incarnation: Incarnation
    package let number: UInt64
    package let time: Instant
    package let audience: AudienceID
    /// Committed without a gap up to each seq.
    package let positions: [LaneID: UInt64]
    /// Whether its author's build applies erasures at all.
    package let erases: Bool
    /// Of each lane the first erasure of which bytes may still be on its author's disk.
    package let unfinishedErasures: [LaneID: UInt64]
    /// Serialized `SignedBeatPart`.
    package let bytes: [UInt8]

    package init(
        node: NodeID,
        incarnation: Incarnation,
        number: UInt64,
        time: Instant,
        audience: AudienceID,
        positions: [LaneID: UInt64],
        erases: Bool = false,
        unfinishedErasures: [LaneID: UInt64] = [:],
        bytes: [UInt8]
    ) {
        self.node = node
        self.incarnation = incarnation
        self.number = number
        self.time = time
        self.audience = audience
        self.positions = positions
        self.erases = erases
        self.unfinishedErasures = unfinishedErasures
        self.bytes = bytes
    }
}
