/// What must not be and was seen: `liandong.forks/1`.
package struct ForksReport: Codable, Sendable {
    package var schema = "liandong.forks/1"
    package let asOf: String
    package let forks: [Fork]
    package let alarms: [Alarm]
    /// Whether there are more than were asked for.
    package let isPartial: Bool

    /// Two or more deltas of one lane and seq.
    package struct Fork: Codable, Sendable {
        /// The name of the node that wrote them.
        package let node: String
        package let id: String
        package let placeCode: String
        package let lane: String
        package let audience: [String]
        package let incarnation: String
        package let seq: UInt64
        package let foundAt: String
        package let branches: [Branch]
        package let wayOut: String
        /// What to dismiss it by.
        package let subject: String
        /// Since it was raised last; null when nobody has looked at it.
        package let dismissed: Dismissed?
    }

    /// Who looked at a fork or an alarm, and when.
    package struct Dismissed: Codable, Sendable {
        package let by: String
        package let at: String
    }

    package struct Branch: Codable, Sendable {
        /// The hash of its header.
        package let hash: String
        /// The name of the node that passed it on; null for this one.
        package let from: String?
        package let receivedAt: String
    }

    /// What a peer said that only a later state of this replica, or another chain, could have told it.
    package struct Alarm: Codable, Sendable {
        /// rewound-lane, rewound-store or authority-fork.
        package let kind: String
        package let subject: String
        package let peer: String
        package let ours: UInt64
        package let theirs: UInt64
        package let at: String
        package let wayOut: String
        /// Since it was raised last; null when nobody has looked at it.
        ///
        /// It is dismissed by KIND:SUBJECT.
        package let dismissed: Dismissed?
    }
}

/// What is held and not shown, or not passed on yet: `liandong.held/1`.
package struct HeldReport: Codable, Sendable {
    package var schema = "liandong.held/1"
    package let asOf: String
    /// Ops by why they wait or are kept out.
    package let counts: [String: Int]
    package let ops: [HeldOp]
    /// What to give as `after` for the next page; null at the end.
    package let next: String?
    /// Of revoked nodes, behind their cuts.
    package let quarantined: [Quarantined]
    /// Deltas turned away since the start, their origin having had no right to their audience.
    package let refused: [Refused]
    package let refusedCount: UInt64
    /// Lanes of audiences that this node's place has left, on their way to a node above.
    package let handOver: [HandOver]
    /// Records that this place was given and that were taken back: nothing of them is held but what came late.
    package let letGo: [LetGo]
    /// Records of which something was written where they were not meant to be written any more; `take-over` brings it to
    /// their current audience, and so does every other command on them.
    package let toTakeOver: [ToTakeOver]

    package struct LetGo: Codable, Sendable {
        package let record: String
        package let at: String
        package let by: String
        /// The codes of the places that the record is for.
        package let to: [String]
        /// Ops that were written here without having heard of it: those places take them over.
        package let late: Int
    }

    package struct ToTakeOver: Codable, Sendable {
        package let record: String
        /// Of a work order.
        package let number: String?
        package let ops: Int
        /// The names of the nodes that wrote them.
        package let nodes: [String]
        package let to: [String]
    }

    package struct HeldOp: Codable, Sendable {
        package let op: String
        package let record: String
        package let reason: String
        package let due: String?
        package let node: String
        package let audience: [String]
        package let receivedAt: String
    }

    package struct Quarantined: Codable, Sendable {
        package let node: String
        package let id: String
        package let deltas: Int
        package let bytes: Int
    }

    package struct Refused: Codable, Sendable {
        package let node: String
        package let id: String
        package let seq: UInt64
        package let from: String
        package let reason: String
    }

    package struct HandOver: Codable, Sendable {
        package let node: String
        package let lane: String
        package let audience: [String]
        package let deliveredTo: UInt64
        package let heldTo: UInt64
        /// The names of the nodes that are to take it.
        package let to: [String]
    }
}

/// What a revocation does: `liandong.revocation/1`.
package struct RevocationReport: Codable, Sendable {
    package var schema = "liandong.revocation/1"
    package let asOf: String
    package let node: String
    package let id: String
    /// False for a dry run.
    package let isDone: Bool
    package let lanesKept: Int
    /// How many deltas held here lie behind the cuts.
    package let deltasBehind: Int
    /// The first thousand lanes.
    package let lanes: [Row]

    package struct Row: Codable, Sendable {
        package let lane: String
        package let audience: [String]
        package let held: UInt64
        /// 0 when nothing of it stays valid.
        package let keptTo: UInt64
        package let behind: Int
    }
}
