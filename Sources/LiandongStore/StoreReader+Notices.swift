import GRDB
package import LiandongCore
package import LiandongDomain

extension ReadModels {
    func replace(_ notice: NoticeSummary) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO \(prefix)notices(record, place, title, is_withdrawn, published_at, shown_from,
                shown_until, updated_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """,
            notice.record,
            notice.place.column,
            notice.title,
            notice.isWithdrawn,
            notice.publishedAt.milliseconds,
            notice.from.milliseconds,
            notice.until.milliseconds,
            notice.updatedAt.milliseconds
        )
    }
}

extension StoreReader {
    /// Which notices a list shows.
    package struct NoticeFilter: Sendable {
        /// Nil: of all places.
        package var places: [PlaceID]?
        /// Only those that are shown then; nil: all of them.
        package var currentAt: Instant?
        /// Those published before this one, in the list's order.
        package var after: (publishedAt: Instant, record: RecordID)?
        package var limit = 50

        package init() {}
    }

    package func notice(_ record: RecordID) throws -> Notice? {
        try self.record(record).flatMap { Notice.fold($0, authority) }
    }

    /// The newest first, none of them folded.
    package func notices(_ filter: NoticeFilter) throws -> [NoticeSummary] {
        var conditions = ["1"]
        var arguments: [any SQLBindable] = []
        if let places = filter.places {
            conditions.append("place IN (\(marks(places.count)))")
            arguments += places.map(\.column)
        }
        if let now = filter.currentAt?.milliseconds {
            conditions.append("is_withdrawn = 0 AND shown_from <= ? AND shown_until > ?")
            arguments += [now, now]
        }
        if let after = filter.after {
            conditions.append("(published_at < ? OR (published_at = ? AND record > ?))")
            arguments += [after.publishedAt.milliseconds, after.publishedAt.milliseconds, after.record]
        }
        arguments.append(filter.limit)
        return try db.rows(
            """
            SELECT record, place, title, is_withdrawn, published_at, shown_from, shown_until, updated_at
            FROM \(rows(of: "notices")) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY published_at DESC, record LIMIT ?
            """,
            arguments: arguments
        ) { row in
            NoticeSummary(
                record: try row.identifier(0),
                place: PlaceID(column: try row.integer(1)),
                title: try row.text(2),
                isWithdrawn: try row.integer(3) != 0,
                publishedAt: Instant(milliseconds: try row.integer(4)),
                from: Instant(milliseconds: try row.integer(5)),
                until: Instant(milliseconds: try row.integer(6)),
                updatedAt: Instant(milliseconds: try row.integer(7))
            )
        }
    }
}
