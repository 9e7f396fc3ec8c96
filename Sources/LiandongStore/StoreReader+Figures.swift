package import LiandongCore
package import LiandongDomain

// What figures are made of, of rows that lists show.
extension StoreReader {
    /// How many work orders a filter admits, its page left out of account.
    ///
    /// - Parameter limit: counting stops there.
    package func workOrderCount(_ filter: WorkOrderFilter, atMost limit: Int = .max) throws -> Int {
        let rows = try rows(filter)
        return try number("SELECT count(*) FROM (SELECT 1 FROM \(rows.source) LIMIT ?)", rows.arguments + [limit])
    }

    /// The work orders that figures of the days since one are made of: those that are open, or were requested or handled
    /// since.
    ///
    /// - Complexity: O(all orders).
    package func countedOrders(since first: CivilDate) throws -> CountedOrders {
        var orders = CountedOrders()
        let start = first.start.milliseconds
        // Both go by the records' ids, so that neither is looked up.
        let recent = "WHERE is_open = 1 OR requested_at >= ? OR handled_at >= ? ORDER BY record"
        let told = "SELECT record, place FROM \(rows(of: "work_order_places")) ORDER BY record, place"
        let places = try SQLStatement(db, told)
        defer { places.reset() }
        var hasPlace = try places.step()
        try db.forEachRow("\(countedColumns) \(recent)", start, start) { row in
            let record: RecordID = try row.identifier(0)
            var concerned: [PlaceID] = []
            while hasPlace, case let told:RecordID = try places.row.identifier(0), told <= record {
                if told == record { concerned.append(PlaceID(column: try places.row.integer(1))) }
                hasPlace = try places.step()
            }
            orders.put(try counted(row, concerned))
            return true
        }
        return orders
    }

    /// - Returns: nil where the record is no work order, or not known.
    package func countedOrder(_ record: RecordID) throws -> CountedOrder? {
        let told = "SELECT place FROM \(rows(of: "work_order_places")) WHERE record = ? ORDER BY place"
        let concerned = try db.rows(told, record) { PlaceID(column: try $0.integer(0)) }
        return try db.first("\(countedColumns) WHERE record = ?", record) { try counted($0, concerned) }
    }

    private var countedColumns: String {
        """
        SELECT record, status, service, place, is_disputed, requested_at, clock_started_at, responded_at, handled_at,
            is_resolved, satisfaction FROM \(rows(of: "work_orders"))
        """
    }

    private func counted(_ row: SQLRow, _ concerned: [PlaceID]) throws -> CountedOrder {
        let word = try row.text(1)
        guard let status = WorkOrder.Status(name: word) else {
            throw StoreError(.corrupt, "a work order has the status \(word), which is none")
        }
        return CountedOrder(
            record: try row.identifier(0),
            status: status,
            service: try row.text(2),
            place: PlaceID(column: try row.integer(3)),
            concerned: concerned,
            isDisputed: try row.integer(4) != 0,
            requestedAt: Instant(milliseconds: try row.integer(5)),
            clockStartedAt: Instant(milliseconds: try row.integer(6)),
            respondedAt: try row.optionalInteger(7).map(Instant.init(milliseconds:)),
            handledAt: try row.optionalInteger(8).map(Instant.init(milliseconds:)),
            isResolved: try row.integer(9) != 0,
            satisfaction: try row.optionalInteger(10).map(Int.init(clamping:))
        )
    }

    func number(_ sql: String, _ arguments: [any SQLBindable]) throws -> Int {
        try db.rows(sql, arguments: arguments) { Int(clamping: try $0.integer(0)) }.first ?? 0
    }
}
