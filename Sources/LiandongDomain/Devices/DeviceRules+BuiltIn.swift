extension DeviceRules {
    /// What holds where no place has said anything: sensible bounds for each kind.
    package static func builtIn(_ kind: DeviceKind) -> DeviceRules {
        DeviceRules(kind, rules: rules(kind), silentAfterSeconds: silence(kind))
    }

    private static let life = DeviceRule.Escalation(streetAfterMinutes: 2, districtAfterMinutes: 5)
    private static let soon = DeviceRule.Escalation(streetAfterMinutes: 15, districtAfterMinutes: 60)
    private static let batteryLow = DeviceRule("battery-low", "battery", .below(15, clearsAt: 30), .notice)

    private static func rules(_ kind: DeviceKind) -> [DeviceRule] {
        switch kind {
        case .smoke:
            [
                DeviceRule("fire", "smoke", .isTrue, .life, service: "0701", escalation: life),
                batteryLow,
            ]
        case .gas:
            [
                DeviceRule("gas", "gas", .isTrue, .life, service: "0404", escalation: life),
                DeviceRule("gas", "lel", .above(10, clearsAt: 5), .life, service: "0404", escalation: life),
                batteryLow,
            ]
        case .sos:
            [
                DeviceRule("sos", "press", .isTrue, .life, quietSeconds: 900, service: "0801", escalation: life),
                batteryLow,
            ]
        case .bloodPressure:
            [
                // The bounds of a hypertensive crisis, and of a low that calls for a visit.
                DeviceRule("pressure-high", "systolic", .above(179, clearsAt: 160), .critical, escalation: soon),
                DeviceRule("pressure-high", "diastolic", .above(119, clearsAt: 100), .critical, escalation: soon),
                DeviceRule("pressure-low", "systolic", .below(90, clearsAt: 95), .warning),
            ]
        case .door: [DeviceRule("door-open", "open", .isTrue, .warning, forSeconds: 600), batteryLow]
        case .parking:
            // For places that must stay free: a fire lane.
            [
                DeviceRule(
                    "lane-blocked",
                    "occupied",
                    .isTrue,
                    .warning,
                    forSeconds: 300,
                    service: "0305",
                    escalation: soon
                ),
                batteryLow,
            ]
        case .elevator:
            [
                DeviceRule("trapped", "trapped", .isTrue, .life, service: "0603", escalation: life),
                DeviceRule("elevator-fault", "fault", .isTrue, .critical, forSeconds: 30, escalation: soon),
                DeviceRule("overspeed", "speed", .above(3, clearsAt: 2.5), .critical, escalation: soon),
            ]
        case .environment:
            [
                DeviceRule("air-bad", "pm25", .above(150, clearsAt: 115), .warning, forSeconds: 1_800),
                DeviceRule(
                    "noise-at-night",
                    "noise",
                    .above(65, clearsAt: 55),
                    .notice,
                    forSeconds: 600,
                    schedule: .init(fromMinute: 22 * 60, toMinute: 6 * 60)
                ),
            ]
        case .wasteBin:
            [
                DeviceRule("bin-full", "fill", .above(90, clearsAt: 50), .notice, forSeconds: 900, service: "0101"),
                DeviceRule(
                    "bin-fire",
                    "temperature",
                    .above(70, clearsAt: 50),
                    .life,
                    service: "0701",
                    escalation: life
                ),
                batteryLow,
            ]
        case .camera:
            [
                DeviceRule("fall", "behaviour", .equals("fall"), .critical, quietSeconds: 600, escalation: soon),
                DeviceRule("intrusion", "behaviour", .equals("intrusion"), .warning, quietSeconds: 600),
                DeviceRule("crowd", "count", .above(100, clearsAt: 60), .warning, forSeconds: 300),
                DeviceRule(
                    "thrown-object",
                    "behaviour",
                    .equals("thrown-object"),
                    .critical,
                    quietSeconds: 600,
                    service: "0702",
                    escalation: soon
                ),
                DeviceRule(
                    "ebike-indoors",
                    "behaviour",
                    .equals("ebike-indoors"),
                    .warning,
                    quietSeconds: 600,
                    service: "0701"
                ),
            ]
        case .other: []
        }
    }

    /// Devices that measure speak every few minutes, those on batteries daily, worn and home ones as they are used.
    private static func silence(_ kind: DeviceKind) -> Int {
        switch kind {
        case .elevator, .camera: 600
        case .environment: 3_600
        case .smoke, .gas, .sos, .door, .parking, .wasteBin: 90_000
        case .bloodPressure, .other: 0
        }
    }
}
