package import LiandongCore

/// What a transaction changed, for those who follow it.
package struct RecordChanges: Sendable, Hashable {
    /// Sorted.
    package let records: [RecordID]
    /// Those among them that are registrations.
    package var registrations: [RecordID] = []
    /// Of orders, the places of which they were a matter before, and are not any more.
    package var left: [RecordID: [PlaceID]] = [:]
    /// Whether a device or a rule for devices may be among them.
    package var hasDevices = false

    package init(_ records: [RecordID]) { self.records = records }
}
