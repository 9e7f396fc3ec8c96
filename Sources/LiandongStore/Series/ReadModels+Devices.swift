import LiandongCore
import LiandongDomain

extension ReadModels {
    func replace(_ device: DeviceSummary) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO \(prefix)devices(record, community, code, kind, name, place, is_blocked, updated_at)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """,
            device.record,
            device.community.column,
            device.code,
            device.kind,
            device.name,
            device.place.column,
            device.isBlocked,
            device.updatedAt.milliseconds
        )
    }

    func replace(_ alarm: AlarmSummary) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO \(prefix)device_alarms(record, device, community, type, severity, status, is_raised, raised_at,
                updated_at, escalates_at, lacks_order) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            alarm.record,
            alarm.device,
            alarm.community.column,
            alarm.type,
            alarm.severity.rawValue,
            alarm.status.rawValue,
            alarm.isRaised,
            alarm.raisedAt.milliseconds,
            alarm.updatedAt.milliseconds,
            alarm.escalatesAt?.milliseconds,
            alarm.lacksOrder
        )
    }
}
