import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongSigning
import LiandongStore

/// What was erased, and which nodes have said that they are done with it: `liandong.erasures/1`.
package struct ErasuresReport: Codable, Sendable {
    package var schema = "liandong.erasures/1"
    package let asOf: String
    /// Whether this node may not know of all: its data directory was put back.
    package let mayBeOutstanding: Bool
    package let erasures: [Row]

    /// One record of one audience.
    package struct Row: Codable, Sendable {
        package let record: String
        /// Codes of the places it is for.
        package let audience: [String]
        package let erasedAt: String
        /// The code of the place that erased it; null while that has not come back to this node.
        package let by: String?
        package let reason: String
        /// How many nodes have confirmed, of how many that are entitled to the record.
        package let confirmed: Int
        package let entitled: Int
        /// Those that have not, by place code.
        package let late: [Late]
    }

    /// A node that has not said that it is done with an erasure.
    package struct Late: Codable, Sendable {
        /// The node's name.
        package let node: String
        /// Its NodeID.
        package let id: String
        package let placeCode: String
        /// How old the newest word of it is; null when there is none.
        package let ageSeconds: Double?
        package let reason: String

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(node, forKey: .node)
            try container.encode(id, forKey: .id)
            try container.encode(placeCode, forKey: .placeCode)
            // Unknown is said, not left out.
            try container.encode(ageSeconds, forKey: .ageSeconds)
            try container.encode(reason, forKey: .reason)
        }
    }
}

extension ErasuresReport {
    /// - Complexity: O(erasures × nodes).
    init(_ held: [StoreReader.HeldErasure], _ engine: SyncEngine, mayBeOutstanding: Bool, at now: Instant) {
        var order: [ErasedRecord] = []
        var byTarget: [ErasedRecord: [StoreReader.HeldErasure]] = [:]
        for erasure in held {
            if byTarget[erasure.erasure.target] == nil { order.append(erasure.erasure.target) }
            byTarget[erasure.erasure.target, default: []].append(erasure)
        }
        self.asOf = now.iso8601
        self.mayBeOutstanding = mayBeOutstanding
        self.erasures = order.compactMap { byTarget[$0] }.compactMap { ErasuresReport.row($0, engine, at: now) }
    }

    /// - Parameter held: what erased one record; any of it is as good as all.
    private static func row(_ held: [StoreReader.HeldErasure], _ engine: SyncEngine, at now: Instant) -> Row? {
        let authority = engine.authority
        guard let first = held.min(by: { $0.erasure.stamp < $1.erasure.stamp }) else { return nil }
        let entitled = authority.nodes.values
            .filter { enrolment in first.audience.map { authority.isEntitled(enrolment.node, to: $0) } ?? false }
            .sorted { ($0.place, $0.node) < ($1.place, $1.node) }
        let late = entitled.filter { enrolment in
            !held.contains { erasure in
                guard let lane = erasure.lane, let place = erasure.erasure.place else { return false }
                return engine.hasErased(enrolment.node, lane, seq: place.seq)
            }
        }
        return Row(
            record: "\(first.erasure.target.record)",
            audience: (first.audience?.members ?? []).map { authority.code(of: $0.place) },
            erasedAt: Instant(milliseconds: first.erasure.stamp.milliseconds).iso8601,
            by: first.lane.flatMap { authority.place(of: $0.origin) }.map { authority.code(of: $0) },
            reason: first.erasure.reason,
            confirmed: entitled.count - late.count,
            entitled: entitled.count,
            late: late.map { self.late($0, of: held, engine, at: now) }
        )
    }

    private static func late(
        _ enrolment: Enrolment,
        of held: [StoreReader.HeldErasure],
        _ engine: SyncEngine,
        at now: Instant
    ) -> Late {
        let age = engine.beatState(of: enrolment.node).map { max(0, now.milliseconds(since: $0.time)) }
        return Late(
            node: enrolment.name,
            id: "\(enrolment.node)",
            placeCode: engine.authority.code(of: enrolment.place),
            ageSeconds: enrolment.node == engine.node ? 0 : age.map { Double($0) / 1_000 },
            reason: why(enrolment.node, held, engine)
        )
    }

    private static func why(_ node: NodeID, _ held: [StoreReader.HeldErasure], _ engine: SyncEngine) -> String {
        let lanes = held.compactMap(\.lane)
        if lanes.isEmpty { return "the erasure itself has not come back to this node" }
        if node == engine.node { return "its disk has still to be rid of it" }
        guard let part = lanes.lazy.compactMap({ engine.positions(of: node, audience: $0.audience) }).first else {
            return "it has said nothing of this audience"
        }
        guard part.erases else { return "its build applies no erasures; upgrade it" }
        let isHeld = held.contains { erasure in
            guard let lane = erasure.lane, let place = erasure.erasure.place else { return false }
            return part.positions[LaneID(lane, .sodium)] ?? 0 >= place.seq
        }
        let word = "by its word of \(part.time.iso8601)"
        return isHeld ? "its disk has still to be rid of it, \(word)" : "the erasure has not reached it, \(word)"
    }
}
