import GRDB
package import LiandongCore

extension StoreReader {
    /// Every audience that records held here are for, by home or by a given, with their number, sorted by id.
    ///
    /// - Complexity: O(entries): for an operator who asks, not for requests.
    package func recordsByAudience() throws -> [(id: AudienceID, audience: Audience, records: Int)] {
        try db.rows(
            """
            SELECT audience, count(*) FROM (
                SELECT home AS audience, number AS record FROM records
                UNION SELECT element, record FROM entries WHERE field % 100 = 99 AND removes = 0)
            GROUP BY audience ORDER BY audience
            """
        ) { row in
            (id: try row.identifier(0) as AudienceID, records: Int(clamping: try row.integer(1)))
        }.compactMap { id, records in try storage.audience(id).map { (id, $0, records) } }
    }
}
