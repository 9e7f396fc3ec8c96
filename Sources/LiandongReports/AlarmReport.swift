package import LiandongCore
package import LiandongDomain

/// Alarms: `liandong.alarms/1`.
package struct AlarmsReport: Codable, Sendable {
    package var schema = "liandong.alarms/1"
    package let asOf: String
    package let alarms: [AlarmReport]

    package init(_ alarms: [AlarmReport], at now: Instant) {
        self.asOf = now.iso8601
        self.alarms = alarms
    }
}

/// One alarm: `liandong.alarm/1`.
package struct AlarmReport: Codable, Sendable {
    package var schema = "liandong.alarm/1"
    package let asOf: String
    package let record: String
    package let device: String
    package let deviceName: String
    package let community: PlaceReport
    /// Where the device is; absent where nobody said.
    package let latitude: Double?
    package let longitude: Double?
    package let type: String
    package let severity: String
    package let raised: Bool
    package let status: String
    package let count: Int
    package let raisedAt: String
    /// When somebody first said that they look after it.
    package let acknowledgedAt: String?
    package let result: String?
    /// Those who looked found different things.
    package let contested: Bool
    package let escalatedTo: String?
    /// The numbers of its work orders.
    package let orders: [String]
    package let conditions: [Condition]
    package let handling: [Handling]
    /// What can be done about it now, and why the rest cannot.
    package let acts: [LegalAct]

    package struct LegalAct: Codable, Sendable {
        package let act: String
        package let legal: Bool
        /// Why not.
        package let reason: String?
        package let wayOut: String?
    }

    package struct Condition: Codable, Sendable {
        package let raised: Bool
        package let at: String
        package let quality: String
        package let series: String
        package let value: String
        package let count: Int
        package let reason: String
    }

    package struct Handling: Codable, Sendable {
        package let at: String
        package let act: String
        package let by: String
        package let result: String?
        package let text: String
    }
}

extension AlarmReport {
    /// - Parameters:
    ///   - device: nil where this node does not hold it.
    ///   - orders: the numbers of its work orders.
    package init(
        _ alarm: DeviceAlarm,
        of device: Device?,
        orders: [String],
        _ authority: AuthorityState,
        at now: Instant
    ) {
        self.asOf = now.iso8601
        self.record = "\(alarm.record)"
        self.device = device?.code ?? "\(alarm.device)"
        self.deviceName = device?.name ?? ""
        self.community = PlaceReport(alarm.community, authority)
        self.latitude = device?.location?.latitude
        self.longitude = device?.location?.longitude
        self.type = alarm.type
        self.severity = alarm.severity.name
        self.raised = alarm.isRaised
        self.status = alarm.status.name
        self.count = alarm.count
        self.raisedAt = alarm.raisedAt.iso8601
        self.acknowledgedAt = alarm.acknowledgedAt?.iso8601
        self.result = alarm.result?.rawValue
        self.contested = alarm.isContested
        self.escalatedTo = alarm.escalatedTo?.name
        self.orders = orders
        self.conditions = alarm.conditions.map {
            Condition(
                raised: $0.isRaised,
                at: $0.at.iso8601,
                quality: $0.quality.name,
                series: $0.series,
                value: $0.value,
                count: $0.count,
                reason: $0.reason
            )
        }
        self.handling = alarm.handling.map { entry in
            Handling(
                at: entry.at.iso8601,
                act: entry.act.name,
                by: entry.place.map { authority.name(of: $0) } ?? "unknown",
                result: entry.result?.rawValue,
                text: entry.text
            )
        }
        self.acts = alarm.legalActs.map {
            LegalAct(
                act: $0.verb.rawValue,
                legal: $0.refusal == nil,
                reason: $0.refusal?.reason,
                wayOut: $0.refusal?.wayOut
            )
        }
    }
}
