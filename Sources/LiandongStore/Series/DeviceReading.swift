package import LiandongCore
package import LiandongDomain

// What lists and clocks ask of devices and alarms.

extension StoreReader {
    /// Which alarms a list shows; nil leaves a condition out.
    package struct AlarmFilter: Sendable {
        package var device: RecordID?
        package var communities: [PlaceID]?
        package var type: String?
        package var status: DeviceAlarm.Status?
        /// Neither closed.
        package var isOpen: Bool?
        package var leastSeverity: AlarmSeverity?
        package var limit = 1_000

        package init() {}
    }

    package func device(_ record: RecordID) throws -> Device? {
        try self.record(record).flatMap { Device.fold($0, authority) }
    }

    package func alarm(_ record: RecordID) throws -> DeviceAlarm? {
        try self.record(record).flatMap { DeviceAlarm.fold($0, authority) }
    }

    /// By code.
    ///
    /// - Parameter communities: whose devices; nil: everyone's.
    package func devices(
        code: String? = nil,
        kind: String? = nil,
        communities: [PlaceID]? = nil,
        limit: Int = 10_000
    ) throws -> [RecordID] {
        var conditions: [String] = []
        var arguments: [any SQLBindable] = []
        if let code {
            conditions.append("code = ?")
            arguments.append(code)
        }
        if let kind {
            conditions.append("kind = ?")
            arguments.append(kind)
        }
        if let communities {
            let marks = Array(repeating: "?", count: communities.count).joined(separator: ", ")
            conditions.append("community IN (\(marks))")
            arguments += communities.map(\.column)
        }
        let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try deviceRecords(
            "SELECT record FROM \(deviceRows(of: "devices")) \(clause) ORDER BY code, record LIMIT ?",
            arguments + [limit]
        )
    }

    /// The alarms that a filter admits: the worst of the open ones first, then the newest.
    package func alarms(_ filter: AlarmFilter) throws -> [RecordID] {
        var conditions: [String] = []
        var arguments: [any SQLBindable] = []
        func add(_ condition: String, _ value: some SQLBindable) {
            conditions.append(condition)
            arguments.append(value)
        }
        if let device = filter.device { add("device = ?", device) }
        if let communities = filter.communities {
            let marks = Array(repeating: "?", count: communities.count).joined(separator: ", ")
            conditions.append("community IN (\(marks))")
            arguments += communities.map(\.column)
        }
        if let type = filter.type { add("type = ?", type) }
        if let status = filter.status { add("status = ?", status.rawValue) }
        if let severity = filter.leastSeverity { add("severity >= ?", severity.rawValue) }
        if let isOpen = filter.isOpen { add("(status < \(DeviceAlarm.Status.closed.rawValue)) = ?", isOpen) }
        let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try deviceRecords(
            """
            SELECT record FROM \(deviceRows(of: "device_alarms")) \(clause)
            ORDER BY status = \(DeviceAlarm.Status.closed.rawValue), severity DESC, raised_at DESC, record LIMIT ?
            """,
            arguments + [filter.limit]
        )
    }

    /// Alarms that nobody has acknowledged in time, of verified records alone.
    package func alarmsToEscalate(at now: Instant, limit: Int = 256) throws -> [RecordID] {
        try deviceRecords(
            "SELECT record FROM device_alarms WHERE escalates_at <= ? ORDER BY escalates_at, record LIMIT ?",
            [now.milliseconds, limit]
        )
    }

    /// Alarms that were to become work orders and have not.
    package func alarmsWithoutOrder(limit: Int = 256) throws -> [RecordID] {
        try deviceRecords("SELECT record FROM device_alarms WHERE lacks_order = 1 ORDER BY record LIMIT ?", [limit])
    }

    /// How many alarms are open, by severity.
    package func openAlarms() throws -> [(severity: AlarmSeverity, count: Int)] {
        try db.rows(
            "SELECT severity, count(*) FROM device_alarms WHERE status < ? GROUP BY severity ORDER BY severity",
            DeviceAlarm.Status.closed.rawValue
        ) { row in
            let severity = UInt8(exactly: try row.integer(0)).flatMap(AlarmSeverity.init(rawValue:)) ?? .warning
            return (severity, Int(clamping: try row.integer(1)))
        }
    }

    // MARK: This node's own

    /// What the rules remember of a device.
    package func deviceState(_ device: RecordID) throws -> [UInt8]? {
        try db.first("SELECT state FROM device_states WHERE device = ?", device) { try $0.bytes(0) }
    }

    /// Devices whose rules have something to do by now.
    package func devicesDue(at now: Instant, limit: Int = 256) throws -> [RecordID] {
        try deviceRecords(
            "SELECT device FROM device_states WHERE due <= ? ORDER BY due, device LIMIT ?",
            [now.milliseconds, limit]
        )
    }

    /// A community's devices that were heard of here, and when their rules have something to do.
    package func heardDevices(
        of community: PlaceID
    ) throws -> [(device: RecordID, kind: String, isBlocked: Bool, due: Instant?)] {
        try db.rows(
            """
            SELECT device, kind, is_blocked, due FROM device_states JOIN devices ON record = device
            WHERE community = ? ORDER BY device
            """,
            community.column
        ) { row in
            (
                try row.identifier(0), try row.text(1), try row.integer(2) != 0,
                row.isNull(3) ? nil : Instant(milliseconds: try row.integer(3))
            )
        }
    }

    /// The device that a token's hash speaks for.
    package func device(tokenHash: [UInt8]) throws -> RecordID? {
        try db.first("SELECT device FROM device_tokens WHERE hash = ?", tokenHash) { try $0.identifier(0) }
    }

    /// What a broker checks the newest token of each code by, of a community's devices that are not blocked.
    package func brokerSecrets(of community: PlaceID) throws -> [String: String] {
        let rows = try db.rows(
            """
            SELECT code, broker_secret FROM device_tokens JOIN devices ON record = device
            WHERE community = ? AND is_blocked = 0 AND broker_secret IS NOT NULL ORDER BY made_at, hash
            """,
            community.column
        ) { (try $0.text(0), try $0.text(1)) }
        return Dictionary(rows, uniquingKeysWith: { _, newer in newer })
    }

    /// The device that a code means at the broker: the one of the newest token.
    package func brokerDevice(code: String, of community: PlaceID) throws -> RecordID? {
        try db.first(
            """
            SELECT device FROM device_tokens JOIN devices ON record = device
            WHERE code = ? AND community = ? AND broker_secret IS NOT NULL ORDER BY made_at DESC, hash DESC LIMIT 1
            """,
            code,
            community.column
        ) { try $0.identifier(0) }
    }

    /// What could not be decoded, the oldest first.
    package func quarantinedMessages(after number: Int64 = 0, limit: Int = 100) throws -> [QuarantinedMessage] {
        try db.rows(
            """
            SELECT number, device, source, format, reason, received_at, payload FROM quarantine
            WHERE number > ? ORDER BY number LIMIT ?
            """,
            number,
            limit
        ) { row in
            QuarantinedMessage(
                number: try row.integer(0),
                device: try row.optionalIdentifier(1),
                source: try row.text(2),
                format: try row.text(3),
                reason: try row.text(4),
                receivedAt: Instant(milliseconds: try row.integer(5)),
                payload: try row.bytes(6)
            )
        }
    }

    /// The greatest number in quarantine; 0 where there is none.
    package func newestQuarantined() throws -> Int64 {
        try db.first("SELECT ifnull(max(number), 0) FROM quarantine") { try $0.integer(0) } ?? 0
    }

    /// Whether a message is there still: it may have been replayed or let go of.
    ///
    /// - Parameter payload: as it was read: the greatest number is given again once it is free.
    package func isQuarantined(_ number: Int64, received receivedAt: Instant, _ payload: [UInt8]) throws -> Bool {
        try db.first(
            "SELECT 1 FROM quarantine WHERE number = ? AND received_at = ? AND payload = ?",
            number,
            receivedAt.milliseconds,
            payload
        ) { _ in true } ?? false
    }

    /// How many lie in quarantine, and how many were ever let go of for want of room.
    package func quarantineCounts() throws -> (held: Int, dropped: Int) {
        let held = try db.first("SELECT count(*) FROM quarantine") { Int(clamping: try $0.integer(0)) } ?? 0
        return (held, Int(clamping: try db.meta("quarantine_dropped") ?? 0))
    }

    /// Readings that wait for their days' files, in batches.
    package func journalDepth() throws -> Int {
        try db.first("SELECT count(*) FROM ingest_journal") { Int(clamping: try $0.integer(0)) } ?? 0
    }

    private func deviceRows(of model: String) -> String { isPreviewing ? "shown_" + model : model }

    private func deviceRecords(_ sql: String, _ arguments: [any SQLBindable]) throws -> [RecordID] {
        try db.rows(sql, arguments: arguments) { try $0.identifier(0) }
    }
}

/// Bytes that no reading could be made of.
package struct QuarantinedMessage: Sendable, Hashable {
    package let number: Int64
    /// Whose token or topic they came with.
    package let device: RecordID?
    /// "http" or "mqtt".
    package let source: String
    package let format: String
    package let reason: String
    package let receivedAt: Instant
    package let payload: [UInt8]
}
