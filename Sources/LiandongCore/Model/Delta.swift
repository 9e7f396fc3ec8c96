/// The ops of one local group commit for one audience and class, under one signed header.
package struct Delta: Hashable, Sendable {
    /// The most ops in a delta.
    package static let opLimit = 512
    /// The most bytes of a delta, ops and salts together.
    package static let byteLimit = 64 * 1024
    /// A bulk delta of this node's own is closed at so many bytes: nothing goes over a link before the delta that is on
    /// it has passed, and this takes two seconds at 64 kbit/s.
    package static let bulkByteGoal = 16 * 1024

    /// The author's exact header bytes.
    package let headerBytes: [UInt8]
    /// 64 bytes over "liandong/delta/1" ‖ header bytes.
    package let signature: [UInt8]
    package let ops: [SaltedOp]
    /// What the header bytes say.
    package let header: DeltaHeader
    /// H(0x02 ‖ header bytes).
    package let id: DeltaID

    package init(headerBytes: [UInt8], signature: [UInt8], ops: [SaltedOp], header: DeltaHeader, id: DeltaID) {
        self.headerBytes = headerBytes
        self.signature = signature
        self.ops = ops
        self.header = header
        self.id = id
    }

    package var lane: LaneKey { header.lane }
}

/// An op's bytes as signed, or the leaf that is left when they were dropped.
package enum SaltedOp: Hashable, Sendable {
    case held(salt: [UInt8], op: [UInt8])
    case dropped(leaf: Hash)

    /// The salt of an op that holds nothing personal.
    package static let plainSalt: [UInt8] = [0]
}

/// What is signed.
package struct DeltaHeader: Hashable, Sendable {
    package var suite: UInt8
    package var cluster: ClusterID
    package var lane: LaneKey
    package var seq: UInt64
    /// The lane's delta before; nil at seq 1.
    package var previous: DeltaID?
    package var hlc: HLC
    package var schema: UInt32
    package var epoch: AuthorityEpoch
    package var opCount: Int
    package var opsRoot: Hash

    package init(
        suite: UInt8 = 1,
        cluster: ClusterID,
        lane: LaneKey,
        seq: UInt64,
        previous: DeltaID?,
        hlc: HLC,
        schema: UInt32,
        epoch: AuthorityEpoch,
        opCount: Int,
        opsRoot: Hash
    ) {
        self.suite = suite
        self.cluster = cluster
        self.lane = lane
        self.seq = seq
        self.previous = previous
        self.hlc = hlc
        self.schema = schema
        self.epoch = epoch
        self.opCount = opCount
        self.opsRoot = opsRoot
    }
}

/// Height of the district's chain and of the author's issuer's chain that an author held.
package struct AuthorityEpoch: Hashable, Sendable {
    package let district: UInt64
    package let issuer: UInt64

    package init(district: UInt64, issuer: UInt64) {
        self.district = district
        self.issuer = issuer
    }

    /// Whether both heights are at least the other's: how epochs grow along a lane.
    package func isAtLeast(_ other: AuthorityEpoch) -> Bool {
        district >= other.district && issuer >= other.issuer
    }
}
