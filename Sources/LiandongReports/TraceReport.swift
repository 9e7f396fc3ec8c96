/// Where a record is, when each node committed it, and why one does not have it: `liandong.trace/1`.
package struct TraceReport: Codable, Sendable {
    package var schema = "liandong.trace/1"
    package let asOf: String
    package let record: String
    /// Codes of the places it is for.
    package let audience: [String]
    package let nodes: [Row]

    package init(asOf: String, record: String, audience: [String], nodes: [Row]) {
        self.asOf = asOf
        self.record = record
        self.audience = audience
        self.nodes = nodes
    }

    package struct Row: Codable, Sendable {
        /// The node's name.
        package let node: String
        /// Its NodeID.
        package let id: String
        package let placeCode: String
        package let entitled: Bool
        /// Null when nothing is known.
        package let holds: Bool?
        package let committedAt: String?
        /// Deltas that it lacks; null when that is not known.
        package let missing: Int?
        /// When it last spoke of this audience, or, where it never did, at all; null when it never spoke, of this node
        /// itself, and of those that are not to hold it.
        package let saidAt: String?
        /// In English.
        package let reason: String

        package init(
            node: String,
            id: String,
            placeCode: String,
            entitled: Bool,
            holds: Bool?,
            committedAt: String?,
            missing: Int?,
            saidAt: String?,
            reason: String
        ) {
            self.node = node
            self.id = id
            self.placeCode = placeCode
            self.entitled = entitled
            self.holds = holds
            self.committedAt = committedAt
            self.missing = missing
            self.saidAt = saidAt
            self.reason = reason
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(node, forKey: .node)
            try container.encode(id, forKey: .id)
            try container.encode(placeCode, forKey: .placeCode)
            try container.encode(entitled, forKey: .entitled)
            try container.encode(holds, forKey: .holds)
            try container.encode(committedAt, forKey: .committedAt)
            try container.encode(missing, forKey: .missing)
            try container.encode(saidAt, forKey: .saidAt)
            try container.encode(reason, forKey: .reason)
        }
    }
}
