package import LiandongCore
package import LiandongDomain

// Lists of work orders.
extension StoreReader {
    /// Which work orders a list shows; nil leaves a condition out.
    package struct WorkOrderFilter: Sendable {
        package var numbers: [String]?
        package var services: [String]?
        /// A status by its word.
        package var status: String?
        /// Open311's two statuses.
        package var isOpen: Bool?
        /// Requested at or after, and at or before.
        package var from: Instant?
        package var to: Instant?
        package var holder: PlaceID?
        /// That this place is to act on: held by it, or dispatched to it.
        package var acting: PlaceID?
        package var offeredTo: PlaceID?
        package var isDisputed: Bool?
        /// Open, not handled yet, and their time is over.
        package var overdue: OverdueBounds?
        /// In which somebody of this name had a hand, at this place.
        package var hand: WorkOrderSummary.Hand?
        /// Whose text has every one of these words; ``OrderText/words(of:)`` gives them.
        package var words: [String] = []
        /// A matter of one of these: ``WorkOrder/concerned``.
        package var scope: [PlaceID]?
        /// Behind this one in the list's order.
        package var after: (requestedAt: Instant, record: RecordID)?
        package var limit = 1_000
        package var offset = 0

        package init() {}
    }

    /// The work orders that a filter admits, the newest request first.
    package func workOrders(_ filter: WorkOrderFilter) throws -> [RecordID] {
        let rows = try rows(filter)
        return try records(
            """
            SELECT \(rows.record) FROM \(rows.source) ORDER BY \(rows.requestedAt) DESC, \(rows.record) LIMIT ? OFFSET ?
            """,
            rows.arguments + [filter.limit, filter.offset]
        )
    }

    /// The work orders of which something came with a stamp at or after an instant, the latest first.
    package func workOrders(updatedSince from: Instant, limit: Int) throws -> [RecordID] {
        try records(
            """
            SELECT record FROM \(rows(of: "work_orders")) WHERE updated_at >= ? ORDER BY updated_at DESC, record LIMIT ?
            """,
            [from.milliseconds, limit]
        )
    }

    /// A filter as SQL.
    struct WorkOrderRows {
        /// What follows `FROM`, up to the end of `WHERE`; the rows of orders are named `listed`.
        var source: String
        var arguments: [any SQLBindable] = []
        /// The columns that a list is ordered by: of the table that is gone over in that order.
        var requestedAt = "listed.requested_at"
        var record = "listed.record"

        fileprivate mutating func add(_ condition: String, _ values: [any SQLBindable] = []) {
            source += " AND \(condition)"
            arguments += values
        }
    }

    func rows(_ filter: WorkOrderFilter) throws -> WorkOrderRows {
        let few = filter.words.isEmpty ? nil : try few(withWords: filter.words)
        var rows = orders(of: filter.acting, fewOnly: few != nil)
        if let numbers = filter.numbers {
            let numbered = self.rows(of: "work_order_numbers")
            rows.add(
                "listed.record IN (SELECT record FROM \(numbered) WHERE number IN (\(marks(numbers.count))))",
                numbers
            )
        }
        if let services = filter.services { rows.add("service IN (\(marks(services.count)))", services) }
        // Written out, for the indexes of those alone that are open, or in dispute.
        if let isOpen = filter.isOpen { rows.add("is_open = \(isOpen ? 1 : 0)") }
        if let status = filter.status { rows.add("status = ?", [status]) }
        if let from = filter.from { rows.add("\(rows.requestedAt) >= ?", [from.milliseconds]) }
        if let to = filter.to { rows.add("\(rows.requestedAt) <= ?", [to.milliseconds]) }
        if let holder = filter.holder { rows.add("holder = ?", [holder.column]) }
        if let place = filter.offeredTo {
            let offers = self.rows(of: "work_order_offers")
            rows.add("listed.record IN (SELECT record FROM \(offers) WHERE place = ?)", [place.column])
        }
        if let isDisputed = filter.isDisputed { rows.add("is_disputed = \(isDisputed ? 1 : 0)") }
        if let bounds = filter.overdue {
            let (condition, values) = isOverdue(bounds)
            rows.add("is_open = 1 AND handled_at IS NULL AND \(condition)", values)
        }
        if let hand = filter.hand {
            let hands = self.rows(of: "work_order_hands")
            rows.add(
                "listed.record IN (SELECT record FROM \(hands) WHERE place = ? AND name = ?)",
                [hand.place.column, hand.name]
            )
        }
        if let few {
            let repeated = StoreReader.filledUp(few)
            rows.add("listed.record IN (\(marks(repeated.count)))", repeated)
        } else if !filter.words.isEmpty {
            // Row by row in the list's order, so that a page is found before all texts are looked at.
            let texts = self.rows(of: "work_order_texts")
            let written = "SELECT 1 FROM \(texts) WHERE record = listed.record AND \(contains(filter.words))"
            rows.add("EXISTS(\(written))", filter.words)
        }
        if let scope = filter.scope {
            let places = self.rows(of: "work_order_places")
            rows.add(
                "listed.record IN (SELECT record FROM \(places) WHERE place IN (\(marks(scope.count))))",
                scope.map(\.column)
            )
        }
        if let (requestedAt, record) = filter.after {
            rows.add("\(rows.requestedAt) <= ?", [requestedAt.milliseconds])
            rows.add("(\(rows.requestedAt) < ? OR \(rows.record) > ?)", [requestedAt.milliseconds, record])
        }
        return rows
    }

    /// All orders, or those on which a place is to act.
    ///
    /// The latter lie in a list's order themselves; of a few, each is asked instead.
    private func orders(of acting: PlaceID?, fewOnly: Bool) -> WorkOrderRows {
        let (orders, places) = (rows(of: "work_orders"), rows(of: "work_order_places"))
        guard let acting else { return WorkOrderRows(source: "\(orders) AS listed WHERE TRUE") }
        let told = "FROM \(places) WHERE place = ? AND is_acting = 1"
        guard !fewOnly else {
            return WorkOrderRows(
                source: """
                    \(orders) AS listed
                    WHERE EXISTS(SELECT 1 \(told) AND requested_at = listed.requested_at AND record = listed.record)
                    """,
                arguments: [acting.column]
            )
        }
        return WorkOrderRows(
            source: """
                (SELECT requested_at AS told_of, record AS told \(told))
                CROSS JOIN \(orders) AS listed ON listed.record = told WHERE TRUE
                """,
            arguments: [acting.column],
            requestedAt: "told_of",
            record: "told"
        )
    }

    /// The orders in whose text every one of these words stands; nil where they are many.
    ///
    /// - Complexity: O(all texts), once for all lists of a reading.
    private func few(withWords words: [String]) throws -> [RecordID]? {
        if let known = searches.found[words] { return known }
        let found = try records(
            "SELECT record FROM \(rows(of: "work_order_texts")) WHERE \(contains(words)) LIMIT ?",
            try rarestFirst(words) + [TextSearches.few + 1]
        )
        let few = found.count > TextSearches.few ? nil : found
        searches.found[words] = .some(few)
        return few
    }

    /// In the order in which a text is asked for them: one that lacks the first is not asked for the others.
    ///
    /// How rare they are a few texts tell, as they lie by random ids.
    private func rarestFirst(_ words: [String]) throws -> [String] {
        guard words.count > 1 else { return words }
        let sums = words.map { _ in "coalesce(sum(instr(text, ?) > 0), 0)" }.joined(separator: ", ")
        let sample = "SELECT text FROM \(rows(of: "work_order_texts")) LIMIT \(TextSearches.sample)"
        let counts = try db.rows("SELECT \(sums) FROM (\(sample))", arguments: words) { row in
            try words.indices.map { try row.integer($0) }
        }
        guard let counts = counts.first else { return words }
        return zip(counts, words).enumerated().sorted { ($0.1.0, $0.0) < ($1.1.0, $1.0) }.map(\.element.1)
    }

    /// With the last repeated up to a power of two: each length is a statement that the connection keeps.
    private static func filledUp(_ records: [RecordID]) -> [RecordID] {
        guard let last = records.last else { return [] }
        var count = 1
        while count < records.count { count *= 2 }
        return records + Array(repeating: last, count: count - records.count)
    }

    private func contains(_ words: [String]) -> String {
        words.map { _ in "instr(text, ?) > 0" }.joined(separator: " AND ")
    }

    /// Whether a row's clock began so early that its time is over.
    func isOverdue(_ bounds: OverdueBounds) -> (condition: String, arguments: [any SQLBindable]) {
        let known = bounds.bounds.filter { !$0.services.isEmpty }
        let cases = known.map { "WHEN service IN (\(marks($0.services.count))) THEN ? " }.joined()
        var values: [any SQLBindable] = []
        for bound in known {
            values += bound.services
            values.append(bound.latestStart.milliseconds)
        }
        let otherwise = bounds.otherwise.milliseconds
        guard !cases.isEmpty else { return ("clock_started_at <= ?", [otherwise]) }
        // The first of the two is what the index can be entered by.
        let latest = known.reduce(otherwise) { max($0, $1.latestStart.milliseconds) }
        return (
            "(clock_started_at <= ? AND clock_started_at <= CASE \(cases)ELSE ? END)", [latest] + values + [otherwise]
        )
    }
}

/// What was found in texts during one reading, as one page has several lists of the same words.
final class TextSearches {
    /// More than this are met on the way through a list.
    static let few = 1_000
    fileprivate static let sample = 200

    fileprivate var found: [[String]: [RecordID]?] = [:]
}
