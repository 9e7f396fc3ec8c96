package import LiandongCore

/// What an operator of a node has to look at, each with how much there is of it: `liandong.attention/1`.
///
/// Nothing is told here that the commands it names do not tell at length.
package struct AttentionReport: Codable, Sendable {
    package var schema = "liandong.attention/1"
    package let asOf: String
    package let matters: [Matter]

    /// One thing to look at.
    package struct Matter: Codable, Sendable, Hashable {
        package let kind: Kind
        package let count: Int
        /// The names of the nodes that it is about, each once, sorted; empty where it is of this node alone.
        package let nodes: [String]
        /// Since when the oldest of it is so; null where that is not known.
        package let since: String?
        /// What tells more.
        package let command: String

        package init(_ kind: Kind, _ count: Int, nodes: some Sequence<String> = [], since: String? = nil) {
            self.kind = kind
            self.count = count
            self.nodes = Set(nodes).sorted()
            self.since = since
            self.command = kind.command
        }
    }

    /// The gravest first.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Two histories of one lane, which nobody has dismissed.
        case fork
        case rewoundLane = "rewound-lane"
        case rewoundStore = "rewound-store"
        case authorityFork = "authority-fork"
        /// Deltas whose bytes rotted on this node's disk; told of until the next start.
        case rot
        /// Peers whose snapshot was shown and not borne out; told of until the next start.
        case unprovenSnapshot = "unproven-snapshot"
        /// Peers whose clock differs by more than is allowed; told of until the next start.
        case clock
        /// What was put back may hold what was erased since.
        case erasuresOutstanding = "erasures-outstanding"
        /// Erasures that this node's disk is not rid of yet.
        case erasuresUnfinished = "erasures-unfinished"
        /// Erasures that some entitled node has not confirmed.
        case erasuresLate = "erasures-late"
        /// Ops.
        case undecodable, refused, stray
        case unknownField = "unknown-field"
        /// Deltas of revoked nodes, behind their cuts.
        case quarantined
        /// Deltas whose origin had no right to their audience.
        case refusedDeltas = "refused-deltas"
        /// Deltas of origins that wrote more for others than they may.
        case overQuota = "over-quota"
        /// Records written where they were not meant to be written any more.
        case toTakeOver = "to-take-over"
        /// Origins of which nothing is let in.
        case muted
        case recordUnknown = "record-unknown"
        case futureDated = "future-dated"
        /// Lanes of audiences that this node has left, on their way up.
        case handOver = "hand-over"

        package var command: String {
            switch self {
            case .fork, .rewoundLane, .rewoundStore, .authorityFork: "liandong forks"
            case .rot, .unprovenSnapshot: "liandong verify"
            case .clock: "liandong peer list"
            case .erasuresOutstanding, .erasuresUnfinished, .erasuresLate: "liandong erasures"
            case .undecodable, .refused, .stray, .unknownField, .recordUnknown, .futureDated, .quarantined,
                .refusedDeltas, .toTakeOver, .handOver:
                "liandong held"
            case .overQuota, .muted: "liandong quota list"
            }
        }
    }

    /// - Parameter matters: those of which there is nothing are left out; the gravest come first.
    package init(_ matters: [Matter], at now: Instant) {
        let places = Dictionary(Kind.allCases.enumerated().map { ($1, $0) }) { first, _ in first }
        self.asOf = now.iso8601
        self.matters = matters.filter { $0.count > 0 }
            .sorted { places[$0.kind, default: 0] < places[$1.kind, default: 0] }
    }
}
