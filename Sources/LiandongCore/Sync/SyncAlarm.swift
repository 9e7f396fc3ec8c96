/// What an operator must hear of.
package enum SyncAlarm: Sendable, Hashable {
    /// Two deltas of one lane and seq.
    case fork(ForkProof)
    /// A peer knows later deltas of ours than we do: this database went back in time. A new incarnation is needed.
    case rewound(lane: LaneKey, ours: UInt64, theirs: UInt64, peer: NodeID)
    /// A peer's authority chain differs from ours at a height we both hold.
    case authorityFork(peer: NodeID, height: UInt64)
    /// A peer passed on a delta whose origin had no right to its audience.
    case unauthorised(lane: LaneKey, seq: UInt64, peer: NodeID, DeltaAdmission.Refusal)
    /// More came of a revoked origin than is kept as evidence; told once an origin.
    case evidenceQuota(origin: NodeID)
    /// Records of a peer's snapshot were shown, and all of its deltas do not bear them out.
    case unprovenSnapshot(source: NodeID, records: Int)
    /// Bytes on this node's disk are no longer what their author signed: set aside, to be fetched from a peer.
    case rot(lane: LaneKey, seq: UInt64)
    /// An origin wrote more for others than its quota allows: what is beyond waits here; told once, until it is let in.
    case acceptanceQuota(origin: NodeID)
    /// A clock differs by more than the guard allows.
    case clock(peer: NodeID, offsetMilliseconds: Int64)
}
