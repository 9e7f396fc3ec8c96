import LiandongCore
import LiandongDomain
import LiandongIngest
import LiandongReports
import LiandongStore

// Alarms and devices as the command line and the API show them.
extension StoreReader {
    /// - Returns: nil for a record that is no readable alarm.
    func alarmReport(_ record: RecordID, at now: Instant) throws -> AlarmReport? {
        guard let alarm = try alarm(record) else { return nil }
        let orders = try alarm.workOrders.compactMap { try workOrder($0)?.number }
        return AlarmReport(alarm, of: try device(alarm.device), orders: orders, authority, at: now)
    }

    /// - Returns: nil for a record that is no readable device.
    func deviceReport(_ record: RecordID, _ purposes: Purposes, at now: Instant) throws -> DeviceReport? {
        guard let device = try device(record) else { return nil }
        let state = try deviceState(record).flatMap { DeviceState(bytes: $0) }
        return DeviceReport(
            device,
            hearers: device.hearers(purposes),
            lastHeard: state?.lastHeard,
            authority,
            at: now
        )
    }
}
