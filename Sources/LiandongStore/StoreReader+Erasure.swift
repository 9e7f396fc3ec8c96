import GRDB
package import LiandongCore

extension StoreReader {
    /// An erasure as this replica holds it.
    package struct HeldErasure: Sendable, Hashable {
        package let erasure: Erasure
        /// Of its op; nil when that has not come.
        package let lane: LaneKey?
        /// Nil when nothing of it was ever held here.
        package let audience: Audience?
    }

    /// The erasures of one record, or the latest of all.
    package func erasures(of record: RecordID? = nil, limit: Int = 1_000) throws -> [HeldErasure] {
        let found =
            try record.map { try storage.erasures(of: $0) }
            ?? db.rows(
                "SELECT \(Erasure.columns) FROM erasures ORDER BY stamp DESC, record, audience, delta, idx LIMIT ?",
                limit
            ) { try Erasure($0) }
        return try found.map { erasure in
            HeldErasure(
                erasure: erasure,
                lane: try erasure.place.flatMap { try storage.laneKey(number: $0.lane) },
                audience: try storage.audience(erasure.target.audience)
            )
        }
    }
}
