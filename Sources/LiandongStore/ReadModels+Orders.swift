import LiandongCore
import LiandongDomain

extension ReadModels {
    /// - Returns: the places of which it is no matter any more.
    func replace(_ order: WorkOrderSummary, isNew: Bool) throws -> [PlaceID] {
        let record = order.record
        var before: [PlaceID] = []
        if !isNew {
            for table in ["work_order_offers", "work_order_hands", "work_order_texts"] {
                try db.run("DELETE FROM \(prefix)\(table) WHERE record = ?", record)
            }
            let places = "DELETE FROM \(prefix)work_order_places WHERE record = ? RETURNING place"
            before = try db.rows(places, record) { PlaceID(column: try $0.integer(0)) }
        }
        try db.run(
            """
            INSERT OR REPLACE INTO \(prefix)work_orders(record, number, status, is_open, service, accepted_at, place, holder,
                is_disputed, round, requested_at, submitted_at, updated_at, clock_started_at, responded_at, handled_at,
                is_resolved, satisfaction) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            record,
            order.number,
            order.status.name,
            order.isOpen,
            order.service,
            order.acceptedAt.column,
            order.place.column,
            order.holder.column,
            order.isDisputed,
            order.round,
            order.requestedAt.milliseconds,
            order.submittedAt.milliseconds,
            order.updatedAt.milliseconds,
            order.clockStartedAt.milliseconds,
            order.respondedAt?.milliseconds,
            order.handledAt?.milliseconds,
            order.isResolved,
            order.satisfaction
        )
        for number in order.numbers {
            try db.run("INSERT OR IGNORE INTO \(prefix)work_order_numbers(number, record) VALUES(?, ?)", number, record)
        }
        for place in order.offeredTo {
            try db.run(
                "INSERT OR IGNORE INTO \(prefix)work_order_offers(place, record) VALUES(?, ?)",
                place.column,
                record
            )
        }
        for place in order.concerned {
            try db.run(
                """
                INSERT OR REPLACE INTO \(prefix)work_order_places(place, is_acting, requested_at, record)
                VALUES(?, ?, ?, ?)
                """,
                place.column,
                order.acting.contains(place),
                order.requestedAt.milliseconds,
                record
            )
        }
        for hand in order.hands {
            try db.run(
                "INSERT OR IGNORE INTO \(prefix)work_order_hands(place, name, record) VALUES(?, ?, ?)",
                hand.place.column,
                hand.name,
                record
            )
        }
        if !order.text.isEmpty {
            try db.run(
                "INSERT OR REPLACE INTO \(prefix)work_order_texts(record, text) VALUES(?, ?)",
                record,
                order.text
            )
        }
        return before.filter { !order.concerned.contains($0) }
    }
}
