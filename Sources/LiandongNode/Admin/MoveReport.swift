import LiandongCore
import LiandongDomain
package import LiandongReports

/// What a place's move to another parent does to who holds what: `liandong.move/1`.
package struct MoveReport: Codable, Sendable {
    package var schema = "liandong.move/1"
    package let asOf: String
    package let place: PlaceReport
    package let from: PlaceReport
    package let to: PlaceReport
    /// False when it was only asked what would happen.
    package let isMoved: Bool
    /// Those for which anything changes.
    package let nodes: [Row]

    package struct Row: Codable, Sendable {
        package let node: String
        package let id: String
        package let placeCode: String
        /// When it was last heard of; absent: never.
        package let heardAt: String?
        package let gains: [Change]
        package let loses: [Change]
    }

    package struct Change: Codable, Sendable {
        /// The members' codes; " below" stands behind one that has everything under it too.
        package let audience: [String]
        package let records: Int
        /// Deltas that the node said it holds and the asked one lacks: what the node wrote and has not sent is among
        /// them.
        ///
        /// Absent where a node gains, and when it said nothing of the audience.
        package let notHere: Int?
    }
}

extension MoveReport {
    /// - Parameter audiences: every audience with the number of records that are for it, sorted.
    init(
        _ place: Place,
        to parent: Place,
        isMoved: Bool,
        before: AuthorityState,
        after: AuthorityState,
        audiences: [(id: AudienceID, audience: Audience, records: Int)],
        _ engine: SyncEngine,
        at now: Instant
    ) {
        func report(_ id: PlaceID?) -> PlaceReport {
            PlaceReport(code: id.map { before.code(of: $0) } ?? "", name: id.map { before.name(of: $0) } ?? "")
        }
        let rows = before.nodes.values.sorted { ($0.place, $0.node) < ($1.place, $1.node) }.compactMap { enrolment in
            var (gains, loses): ([Change], [Change]) = ([], [])
            for (id, audience, records) in audiences {
                let had = before.isEntitled(enrolment.node, to: audience)
                let has = after.isEntitled(enrolment.node, to: audience)
                guard had != has else { continue }
                let change = Change(
                    audience: audience.members.map {
                        before.code(of: $0.place) + ($0.scope == .below ? " below" : "")
                    },
                    records: records,
                    notHere: had ? engine.lacking(from: enrolment.node, audience: id).map { Int(clamping: $0) } : nil
                )
                if has { gains.append(change) } else { loses.append(change) }
            }
            guard !gains.isEmpty || !loses.isEmpty else { return nil as Row? }
            let isOwn = enrolment.node == engine.node
            return Row(
                node: enrolment.name,
                id: "\(enrolment.node)",
                placeCode: before.code(of: enrolment.place),
                heardAt: isOwn ? now.iso8601 : engine.beatState(of: enrolment.node)?.time.iso8601,
                gains: gains,
                loses: loses
            )
        }
        self.init(
            asOf: now.iso8601,
            place: report(place.id),
            from: report(place.parent),
            to: report(parent.id),
            isMoved: isMoved,
            nodes: rows
        )
    }
}
