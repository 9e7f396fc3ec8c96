/// One turn of a reconciliation: both sides speak in turn, the initiator first.
package struct ReconciliationMessage: Sendable, Hashable {
    /// The initiator's first word.
    package struct Opening: Sendable, Hashable {
        /// Sixteen bytes that nobody else could know beforehand.
        package let salt: [UInt8]
        /// The fingerprint of all lanes, sixteen bytes.
        package let root: Bytes16

        package init(salt: [UInt8], root: Bytes16) {
            self.salt = salt
            self.root = root
        }
    }

    /// The fingerprints of a stretch's sixteen parts.
    package struct Split: Sendable, Hashable {
        package let prefix: LanePrefix
        package let fingerprints: [UInt64]

        package init(prefix: LanePrefix, fingerprints: [UInt64]) {
            self.prefix = prefix
            self.fingerprints = fingerprints
        }
    }

    /// The tags of all lanes of a short stretch, in their order.
    package struct Tags: Sendable, Hashable {
        package let prefix: LanePrefix
        package let tags: [UInt32]

        package init(prefix: LanePrefix, tags: [UInt32]) {
            self.prefix = prefix
            self.tags = tags
        }
    }

    /// What is held of a lane.
    package struct Position: Sendable, Hashable {
        package let lane: UInt64
        package let held: SeqSet
        /// Nothing is said of what lies behind this; nil: everything is said.
        package let upTo: UInt64?

        package init(lane: UInt64, held: SeqSet, upTo: UInt64?) {
            self.lane = lane
            self.held = held
            self.upTo = upTo
        }
    }

    /// The children of a node of a lane's digest tree: positions and six-byte tags, ascending.
    package struct Node: Sendable, Hashable {
        package struct Child: Sendable, Hashable {
            /// An index, or at level 0 a seq.
            package let position: UInt64
            package let tag: UInt64

            package init(position: UInt64, tag: UInt64) {
                self.position = position
                self.tag = tag
            }
        }

        package let lane: UInt64
        package let name: LaneNodeName
        package let children: [Child]

        package init(lane: UInt64, name: LaneNodeName, children: [Child]) {
            self.lane = lane
            self.name = name
            self.children = children
        }
    }

    /// Seqs of a lane whose deltas differ.
    package struct Differing: Sendable, Hashable {
        package let lane: UInt64
        package let seqs: SeqSet

        package init(lane: UInt64, seqs: SeqSet) {
            self.lane = lane
            self.seqs = seqs
        }
    }

    package var opening: Opening?
    package var splits: [Split] = []
    package var tags: [Tags] = []
    /// Which of the lanes that the other side tagged in its turn before are not here as they are there: their places in
    /// its list, ascending.
    package var wanted: [UInt32] = []
    package var positions: [Position] = []
    package var nodes: [Node] = []
    package var differing: [Differing] = []

    package init() {}

    /// Whether the turn says that there is nothing more to say.
    package var isEmpty: Bool { self == ReconciliationMessage() }
}
