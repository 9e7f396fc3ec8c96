package import LiandongCore
package import LiandongDomain

/// Devices: `liandong.devices/1`.
package struct DevicesReport: Codable, Sendable {
    package var schema = "liandong.devices/1"
    package let asOf: String
    package let devices: [DeviceReport]

    package init(_ devices: [DeviceReport], at now: Instant) {
        self.asOf = now.iso8601
        self.devices = devices
    }
}

/// One device: `liandong.device/1`.
package struct DeviceReport: Codable, Sendable {
    package var schema = "liandong.device/1"
    package let asOf: String
    package let record: String
    package let code: String
    package let kind: String
    package let name: String
    package let model: String
    package let community: PlaceReport
    package let place: PlaceReport
    package let address: String?
    package let latitude: Double?
    package let longitude: Double?
    package let reported: [String]
    /// Masked; nil where this node may not read who they are.
    package let hearers: [String]?
    package let blocked: String?
    package let registeredAt: String
    /// When this node last heard of it; nil: never, or it is another community's.
    package let lastHeard: String?
    /// Shown once, where one was made.
    package var token: String?
}

extension DeviceReport {
    /// - Parameters:
    ///   - hearers: nil where this node may not read who they are.
    ///   - lastHeard: nil: never, or not by this node.
    package init(
        _ device: Device,
        hearers: [Contact]?,
        lastHeard: Instant?,
        _ authority: AuthorityState,
        at now: Instant
    ) {
        self.asOf = now.iso8601
        self.record = "\(device.record)"
        self.code = device.code
        self.kind = device.kind.rawValue
        self.name = device.name
        self.model = device.model
        self.community = PlaceReport(device.community, authority)
        self.place = PlaceReport(device.place, authority)
        self.address = device.address
        self.latitude = device.location?.latitude
        self.longitude = device.location?.longitude
        self.reported = device.reported
        self.hearers = hearers?.map { "\(Masking.name($0.name)) \(Masking.phone($0.phone))" }
        self.blocked = device.block.map { $0.reason.isEmpty ? "blocked" : $0.reason }
        self.registeredAt = device.registeredAt.iso8601
        self.lastHeard = lastHeard?.iso8601
        self.token = nil
    }
}
