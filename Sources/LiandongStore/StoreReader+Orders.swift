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
        let (clause, arguments) = try conditions(filter)
        return try records(
            """
            SELECT record FROM \(rows(of: "work_orders")) AS listed \(clause)
            ORDER BY requested_at DESC, record LIMIT ? OFFSET ?
            """,
            arguments + [filter.limit, filter.offset]
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

    /// The filter as SQL, over rows named `listed`.
    func conditions(_ filter: WorkOrderFilter) throws -> (clause: String, arguments: [any SQLBindable]) {
        var conditions: [String] = []
        var arguments: [any SQLBindable] = []
        func add(_ condition: String, _ values: [any SQLBindable]) {
            conditions.append(condition)
            arguments += values
        }
        if let numbers = filter.numbers {
            add(
                "record IN (SELECT record FROM \(rows(of: "work_order_numbers")) WHERE number IN (\(marks(numbers.count))))",
                numbers
            )
        }
        if let services = filter.services { add("service IN (\(marks(services.count)))", services) }
        // Written out, for the indexes of those alone that are open, or in dispute.
        if let isOpen = filter.isOpen { add("is_open = \(isOpen ? 1 : 0)", []) }
        if let status = filter.status { add("status = ?", [status]) }
        if let from = filter.from { add("requested_at >= ?", [from.milliseconds]) }
        if let to = filter.to { add("requested_at <= ?", [to.milliseconds]) }
        if let holder = filter.holder { add("holder = ?", [holder.column]) }
        if let place = filter.acting {
            let acting = "FROM \(rows(of: "work_order_places")) AS told WHERE told.place = ? AND told.is_acting = 1"
            // Few are looked up one by one; of many, most that a list goes over are among them.
            let isMany = try number("SELECT count(*) FROM (SELECT 1 \(acting) LIMIT 1000)", [place.column]) == 1_000
            add(
                isMany
                    ? "EXISTS(SELECT 1 \(acting) AND told.record = listed.record)"
                    : "record IN (SELECT told.record \(acting))",
                [place.column]
            )
        }
        if let place = filter.offeredTo {
            add("record IN (SELECT record FROM \(rows(of: "work_order_offers")) WHERE place = ?)", [place.column])
        }
        if let isDisputed = filter.isDisputed { add("is_disputed = \(isDisputed ? 1 : 0)", []) }
        if let bounds = filter.overdue {
            let (condition, values) = isOverdue(bounds)
            add("is_open = 1 AND handled_at IS NULL AND \(condition)", values)
        }
        if let hand = filter.hand {
            add(
                "record IN (SELECT record FROM \(rows(of: "work_order_hands")) WHERE place = ? AND name = ?)",
                [hand.place.column, hand.name]
            )
        }
        if !filter.words.isEmpty {
            // Row by row in the list's order, so that a page is found before all texts are looked at.
            let parts = filter.words.map { _ in "instr(written.text, ?) > 0" }.joined(separator: " AND ")
            let texts = rows(of: "work_order_texts")
            add(
                "EXISTS(SELECT 1 FROM \(texts) AS written WHERE written.record = listed.record AND \(parts))",
                filter.words
            )
        }
        if let scope = filter.scope {
            let places = rows(of: "work_order_places")
            add(
                "record IN (SELECT record FROM \(places) WHERE place IN (\(marks(scope.count))))",
                scope.map(\.column)
            )
        }
        if let after = filter.after {
            add(
                "(requested_at < ? OR (requested_at = ? AND record > ?))",
                [
                    after.requestedAt.milliseconds, after.requestedAt.milliseconds, after.record,
                ]
            )
        }
        return (conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "), arguments)
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
