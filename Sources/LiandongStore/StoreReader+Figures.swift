package import LiandongCore
package import LiandongDomain

// What the dashboard counts, of rows that lists show.
extension StoreReader {
    private static let servicesShown = 10

    /// How many work orders a filter admits, its page left out of account.
    ///
    /// - Parameter limit: counting stops there.
    package func workOrderCount(_ filter: WorkOrderFilter, atMost limit: Int = .max) throws -> Int {
        let rows = try rows(filter)
        return try number("SELECT count(*) FROM (SELECT 1 FROM \(rows.source) LIMIT ?)", rows.arguments + [limit])
    }

    /// The figures of those that a filter admits.
    ///
    /// - Complexity: O(open orders + orders of the last days).
    package func orderFigures(
        _ filter: WorkOrderFilter,
        overdue bounds: OverdueBounds,
        at now: Instant
    ) throws -> OrderFigures {
        let today = CivilDate(now)
        let first = CivilDate(number: today.number - OrderFigures.dayCount + 1)
        var (open, overdue, disputed, recent) = (filter, filter, filter, filter)
        open.isOpen = true
        overdue.overdue = bounds
        disputed.isDisputed = true
        recent.from = first.start
        let services = try counts("service", recent)
        let rates = try self.rates(recent, bounds, at: now)
        return OrderFigures(
            open: try openCounts(open),
            overdue: try workOrderCount(overdue),
            disputed: try workOrderCount(disputed),
            services: Array(services.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(Self.servicesShown)),
            days: try days(filter, from: first, to: today),
            response: rates.response,
            resolution: rates.resolution,
            satisfaction: rates.satisfaction
        )
    }

    /// The places that have open orders among those that a filter admits, in no particular order.
    ///
    /// - Complexity: O(open orders).
    package func loads(_ filter: WorkOrderFilter, overdue bounds: OverdueBounds) throws -> [PlaceLoad] {
        var open = filter
        open.isOpen = true
        let rows = try rows(open)
        let (isLate, lateArguments) = isOverdue(bounds)
        return try db.rows(
            """
            SELECT place, count(*), sum(handled_at IS NULL AND \(isLate)) FROM \(rows.source) GROUP BY place
            """,
            arguments: lateArguments + rows.arguments
        ) { row in
            PlaceLoad(
                place: PlaceID(column: try row.integer(0)),
                open: Int(clamping: try row.integer(1)),
                overdue: Int(clamping: try row.integer(2))
            )
        }
    }

    private func openCounts(_ filter: WorkOrderFilter) throws -> [OrderFigures.Count] {
        let found = Dictionary(try counts("status", filter).map { ($0.name, $0.count) }) { $0 + $1 }
        return WorkOrder.Status.allCases.filter(\.isOpen).map { status in
            OrderFigures.Count(name: status.name, count: found[status.name] ?? 0)
        }
    }

    /// How many rows there are of each value of a column of text.
    private func counts(_ column: String, _ filter: WorkOrderFilter) throws -> [OrderFigures.Count] {
        let rows = try rows(filter)
        return try db.rows(
            "SELECT \(column), count(*) FROM \(rows.source) GROUP BY \(column)",
            arguments: rows.arguments
        ) { OrderFigures.Count(name: try $0.text(0), count: Int(clamping: try $0.integer(1))) }
    }

    private func days(_ filter: WorkOrderFilter, from first: CivilDate, to last: CivilDate) throws -> [OrderFigures.Day]
    {
        let requested = try perDay("requested_at", filter, from: first)
        let handled = try perDay("handled_at", filter, from: first)
        return (first.number...last.number).map { number in
            OrderFigures.Day(
                day: CivilDate(number: number),
                requested: requested[number] ?? 0,
                handled: handled[number] ?? 0
            )
        }
    }

    /// By the number of the day that a column's time falls on.
    private func perDay(_ column: String, _ filter: WorkOrderFilter, from first: CivilDate) throws -> [Int: Int] {
        let rows = try rows(filter)
        let shift: [any SQLBindable] = [CivilDate.offsetMilliseconds, CivilDate.dayMilliseconds]
        let days = try db.rows(
            """
            SELECT (\(column) + ?) / ? AS day, count(*) FROM \(rows.source) AND \(column) >= ? GROUP BY day
            """,
            arguments: shift + rows.arguments + [first.start.milliseconds]
        ) { (Int(clamping: try $0.integer(0)), Int(clamping: try $0.integer(1))) }
        return Dictionary(days) { $0 + $1 }
    }

    private func rates(
        _ filter: WorkOrderFilter,
        _ bounds: OverdueBounds,
        at now: Instant
    ) throws -> (response: OrderFigures.Rate, resolution: OrderFigures.Rate, satisfaction: OrderFigures.Rate) {
        let rows = try rows(filter)
        let (isLate, lateArguments) = isOverdue(bounds)
        let patience = OrderFigures.responseMilliseconds
        let columns: [(sql: String, arguments: [any SQLBindable])] = [
            ("responded_at IS NOT NULL AND responded_at - requested_at <= ?", [patience]),
            ("responded_at IS NOT NULL OR requested_at < ?", [now.advanced(byMilliseconds: -patience).milliseconds]),
            ("is_resolved AND handled_at IS NOT NULL", []),
            ("handled_at IS NOT NULL OR \(isLate)", lateArguments),
            ("satisfaction IS NOT NULL AND satisfaction >= ?", [OrderFigures.leastContent]),
            ("satisfaction IS NOT NULL", []),
        ]
        let sums = columns.map { "coalesce(sum(\($0.sql)), 0)" }.joined(separator: ", ")
        let found = try db.rows(
            "SELECT \(sums) FROM \(rows.source)",
            arguments: columns.flatMap(\.arguments) + rows.arguments
        ) { row in try columns.indices.map { Int(clamping: try row.integer($0)) } }
        let sum = found.first ?? columns.map { _ in 0 }
        return (
            OrderFigures.Rate(part: sum[0], whole: sum[1]), OrderFigures.Rate(part: sum[2], whole: sum[3]),
            OrderFigures.Rate(part: sum[4], whole: sum[5])
        )
    }

    func number(_ sql: String, _ arguments: [any SQLBindable]) throws -> Int {
        try db.rows(sql, arguments: arguments) { Int(clamping: try $0.integer(0)) }.first ?? 0
    }
}
