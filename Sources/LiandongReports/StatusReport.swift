package import LiandongCore

/// The whole cluster as one node knows it: `liandong.status/1`.
package struct StatusReport: Codable, Sendable {
    package var schema = "liandong.status/1"
    package let asOf: String
    /// The NodeID of the node that tells this; null where no engine does.
    package let toldBy: String?
    /// Whether the word of some node is missing or old.
    package let partial: Bool
    /// Since when this node shows records of a snapshot whose deltas are still to be checked; absent when it does not.
    package let verifyingSince: String?
    package let nodes: [Row]
    /// Each connection between two of them once.
    package let links: [Link]
    /// Who writes the chain; null before there is one.
    package let signer: Signer?

    /// The node that lets in, moves and revokes others.
    package struct Signer: Codable, Sendable {
        package let node: String
        package let id: String
        /// Since when nothing was heard of it; null while it is well, or when nothing ever was.
        package let unreachableSince: String?
        /// Whether it can be reached, as far as this node knows.
        package let reachable: Bool
    }

    /// What this node has still to do away with, or to hear of.
    package var erasures = Erasures()

    /// How this node stands with its MQTT broker.
    package var broker = Broker()

    /// How this node stands with what was erased.
    package struct Erasures: Codable, Sendable {
        /// Its data directory was put back, and nobody above has told it yet of all that was erased since.
        package var mayBeOutstanding = false
        /// Erasures that its tables are rid of and its disk may not be.
        package var unfinished = 0
        /// Why the disk is not.
        package var complaint: String?

        package init(mayBeOutstanding: Bool = false, unfinished: Int = 0, complaint: String? = nil) {
            self.mayBeOutstanding = mayBeOutstanding
            self.unfinished = unfinished
            self.complaint = complaint
        }
    }

    /// One node of the cluster; a silent one too.
    package struct Row: Codable, Sendable {
        /// The node's name.
        package let node: String
        /// Its NodeID.
        package let id: String
        package let placeCode: String
        package let placeName: String
        package let tier: String
        /// ok, degraded, down, unknown; revoked for this node itself.
        package let state: String
        /// What it says of itself: ok, degraded or read-only; null where it has said nothing.
        package let health: String?
        /// How old the newest word of it is; null when there is none.
        package let ageSeconds: Double?
        package let behindOps: UInt64
        package let behindSeconds: Double
        package let linksUp: Int
        package let linksTotal: Int
        /// How far the clock above it is ahead of its own, by its word; null at the top, and where it has said nothing.
        package let clockOffsetMilliseconds: Int64?
        package let version: String?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(node, forKey: .node)
            try container.encode(id, forKey: .id)
            try container.encode(placeCode, forKey: .placeCode)
            try container.encode(placeName, forKey: .placeName)
            try container.encode(tier, forKey: .tier)
            try container.encode(state, forKey: .state)
            try container.encode(health, forKey: .health)
            // Unknown is said, not left out.
            try container.encode(ageSeconds, forKey: .ageSeconds)
            try container.encode(behindOps, forKey: .behindOps)
            try container.encode(behindSeconds, forKey: .behindSeconds)
            try container.encode(linksUp, forKey: .linksUp)
            try container.encode(linksTotal, forKey: .linksTotal)
            try container.encode(clockOffsetMilliseconds, forKey: .clockOffsetMilliseconds)
            try container.encode(version, forKey: .version)
        }
    }
}

extension StatusReport {
    /// What is known of no engine.
    package init(nodes: [Row], links: [Link] = [], toldBy: String? = nil, at now: Instant) {
        self.asOf = now.iso8601
        self.toldBy = toldBy
        self.partial = nodes.contains { $0.isSilent }
        self.verifyingSince = nil
        self.nodes = nodes
        self.links = links
        self.signer = nil
    }

    /// Beats come at most 30 s apart; one that is older than this is missing, in milliseconds.
    static let silenceLimit: Int64 = 45_000

    /// - Parameter version: of this node's build; the others tell theirs with their beats.
    /// - Complexity: O(nodes × lanes).
    package init(_ engine: SyncEngine, version: String, at now: Instant) {
        let authority = engine.authority
        let down = StatusReport.peersSeenDown(engine, at: now)
        // A revoked node is nobody's concern but its own.
        let nodes = authority.nodes.values.filter { authority.revocations[$0.node] == nil || $0.node == engine.node }
        let rows = nodes.map {
            StatusReport.row($0, engine, version: version, seenDown: down.contains($0.node), at: now)
        }
        .sorted { ($0.placeCode, $0.node) < ($1.placeCode, $1.node) }
        self.asOf = now.iso8601
        self.toldBy = "\(engine.node)"
        self.partial = rows.contains(where: \.isSilent)
        self.verifyingSince = engine.preview?.startedAt.iso8601
        self.nodes = rows
        self.links = Link.all(among: nodes, engine, at: now)
        self.signer = authority.signer.map { StatusReport.signer($0, rows, engine) }
    }

    private static func signer(_ node: NodeID, _ rows: [Row], _ engine: SyncEngine) -> Signer {
        let state = rows.first { $0.id == "\(node)" }?.state ?? "unknown"
        let isReachable = state == "ok" || state == "degraded"
        return Signer(
            node: engine.authority.nodes[node]?.name ?? "",
            id: "\(node)",
            unreachableSince: isReachable ? nil : engine.beatState(of: node)?.time.iso8601,
            reachable: isReachable
        )
    }

    /// The nodes whose links, in service, some neighbour with a fresh beat has seen down for a while.
    private static func peersSeenDown(_ engine: SyncEngine, at now: Instant) -> Set<NodeID> {
        var down: Set<NodeID> = []
        func note(_ links: [BeatState.Link]) {
            for link in links where !link.isUp && !link.isPaused && now.milliseconds(since: link.since) > 3_000 {
                down.insert(link.peer)
            }
        }
        note(engine.links)
        for node in engine.authority.nodes.keys where node != engine.node {
            guard let beat = engine.beatState(of: node), now.milliseconds(since: beat.time) < silenceLimit else {
                continue
            }
            note(beat.links)
        }
        return down
    }

    private static func row(
        _ enrolment: Enrolment,
        _ engine: SyncEngine,
        version: String,
        seenDown: Bool,
        at now: Instant
    ) -> Row {
        let place = engine.authority.places[enrolment.place]
        let isSelf = enrolment.node == engine.node
        let beat = engine.beatState(of: enrolment.node)
        let age = isSelf ? 0 : beat.map { max(0, now.milliseconds(since: $0.time)) }
        let links = isSelf ? engine.links : beat?.links ?? []
        let up = links.filter(\.isUp).count
        let behind = isSelf ? (ops: 0, oldest: nil) : engine.behind(enrolment.node)
        let health = isSelf ? engine.health : beat?.health ?? .unknown
        return Row(
            node: enrolment.name,
            id: "\(enrolment.node)",
            placeCode: place?.code ?? "",
            placeName: place?.name ?? "",
            tier: place?.tier.name ?? "",
            state: engine.authority.revocations[enrolment.node] != nil
                ? "revoked"
                : state(age: age, seenDown: seenDown && !isSelf, health: health, up: up, total: links.count),
            health: health.word,
            ageSeconds: age.map { Double($0) / 1_000 },
            behindOps: behind.ops,
            behindSeconds: behind.oldest.map { Double(max(0, now.milliseconds(since: $0))) / 1_000 } ?? 0,
            linksUp: up,
            linksTotal: links.count,
            clockOffsetMilliseconds: place?.parent == nil
                ? nil : isSelf ? engine.clockOffsetMilliseconds : beat?.clockOffsetMilliseconds,
            version: isSelf ? version : beat?.version
        )
    }

    private static func state(age: Int64?, seenDown: Bool, health: BeatHealth, up: Int, total: Int) -> String {
        guard let age else { return seenDown ? "down" : "unknown" }
        if seenDown && age > 3_000 { return "down" }
        if age > silenceLimit { return "unknown" }
        return health != .ok || up < total ? "degraded" : "ok"
    }
}

extension StatusReport.Row {
    /// Whether its word is missing or old.
    package var isSilent: Bool { state == "down" || state == "unknown" }
}

extension BeatHealth {
    /// As reports have it; nil where nothing is known.
    fileprivate var word: String? {
        switch self {
        case .unknown: nil
        case .ok: "ok"
        case .degraded: "degraded"
        case .readOnly: "read-only"
        }
    }
}
