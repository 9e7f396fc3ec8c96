/// What is kept of a delta whose origin had no right to its audience: its signature says who wrote it.
package struct RefusedDelta: Sendable, Hashable {
    /// How many are kept in all, and of one origin: whoever floods a node with them shows no more by it.
    package static let limit = 64
    package static let originLimit = 4

    package let headerBytes: [UInt8]
    package let signature: [UInt8]
    package let lane: LaneKey
    package let seq: UInt64
    /// Who passed it on.
    package let peer: NodeID
    package let refusal: DeltaAdmission.Refusal
}
