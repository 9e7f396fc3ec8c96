package import LiandongCore
import SwiftProtobuf

/// How bad what an alarm tells of is.
package enum AlarmSeverity: UInt8, Sendable, CaseIterable, Comparable {
    case notice = 1
    case warning = 2
    case critical = 3
    /// Fire, gas, a call for help, somebody trapped: never held back, never waiting behind others.
    case life = 4

    package var name: String { String(describing: self) }

    package static func < (a: AlarmSeverity, b: AlarmSeverity) -> Bool { a.rawValue < b.rawValue }

    /// A severity that this build does not know is a warning.
    init(wire: WireAlarmSeverity) {
        self = UInt8(exactly: wire.rawValue).flatMap(AlarmSeverity.init(rawValue:)) ?? .warning
    }

    var wire: WireAlarmSeverity { WireAlarmSeverity(rawValue: Int(rawValue)) ?? .unspecified }
}

/// Which readings of a series raise which alarm, and when it is cleared.
package struct DeviceRule: Sendable, Hashable {
    /// When a reading speaks for the alarm.
    package enum Condition: Sendable, Hashable {
        /// Cleared at or below the second bound.
        case above(Double, clearsAt: Double)
        /// Cleared at or above the second bound.
        case below(Double, clearsAt: Double)
        case isTrue
        case isFalse
        case equals(String)
    }

    /// When the rule is in force, by clocks of UTC+8.
    package struct Schedule: Sendable, Hashable {
        /// Bit 0 is Monday; 0: every day.
        package var weekdays: UInt8
        /// Minutes of the day; equal bounds: all of it; the second less than the first: over midnight.
        package var fromMinute: Int
        package var toMinute: Int

        package init(weekdays: UInt8 = 0, fromMinute: Int = 0, toMinute: Int = 0) {
            self.weekdays = weekdays
            self.fromMinute = fromMinute
            self.toMinute = toMinute
        }

        package static let always = Schedule()

        /// Whether the rule is in force; what begins before midnight belongs to the day that it began on.
        package func contains(_ instant: Instant) -> Bool {
            let date = CivilDate(instant)
            let minute = Int(instant.milliseconds(since: date.start) / 60_000)
            func holds(on day: CivilDate) -> Bool { weekdays == 0 || weekdays >> UInt8(day.weekday) & 1 == 1 }
            guard fromMinute != toMinute else { return holds(on: date) }
            if fromMinute < toMinute { return (fromMinute..<toMinute).contains(minute) && holds(on: date) }
            if minute >= fromMinute { return holds(on: date) }
            return minute < toMinute && holds(on: CivilDate(number: date.number - 1))
        }
    }

    /// How long an alarm may stay unacknowledged before the next tier is called; 0: for ever.
    package struct Escalation: Sendable, Hashable {
        package var streetAfterMinutes: Int
        package var districtAfterMinutes: Int

        package init(streetAfterMinutes: Int = 0, districtAfterMinutes: Int = 0) {
            self.streetAfterMinutes = streetAfterMinutes
            self.districtAfterMinutes = districtAfterMinutes
        }

        package static let never = Escalation()
    }

    /// The alarm's type: "fire", "sos"; one rule a type and series.
    package var type: String
    package var series: String
    package var condition: Condition
    /// How long the condition must hold before the alarm is raised.
    package var forSeconds: Int
    /// An episode ends so long after its last input; 0: by the value alone.
    package var quietSeconds: Int
    package var severity: AlarmSeverity
    /// Of the work order that the alarm becomes; empty: none by itself.
    package var service: String
    package var schedule: Schedule
    package var escalation: Escalation

    package init(
        _ type: String,
        _ series: String,
        _ condition: Condition,
        _ severity: AlarmSeverity,
        forSeconds: Int = 0,
        quietSeconds: Int = 0,
        service: String = "",
        schedule: Schedule = .always,
        escalation: Escalation = .never
    ) {
        self.type = type
        self.series = series
        self.condition = condition
        self.severity = severity
        self.forSeconds = forSeconds
        self.quietSeconds = quietSeconds
        self.service = service
        self.schedule = schedule
        self.escalation = escalation
    }

    /// What the rule's state is kept under.
    package var key: String { type + "/" + series }

    /// Neither types nor series have a stroke.
    package static func type(ofKey key: String) -> String { String(key.prefix { $0 != "/" }) }

    /// Whether each input is an event of its own: a press, and not a state that goes on.
    package var isMomentary: Bool { quietSeconds > 0 }
}

// MARK: - Checks

extension DeviceRule {
    /// The rule with its texts normalised.
    ///
    /// - Throws: a refusal for what is out of bounds, and for whatever would hold a life-safety alarm back.
    package func checked() throws(Refusal) -> DeviceRule {
        var rule = self
        rule.type = try DeviceName.checked(type, Localized("报警类型", "the alarm's type"), limit: 40)
        rule.series = try DeviceName.checked(series, Localized("序列", "the series"), limit: 64)
        try bounded(forSeconds, 0...604_800, Localized("须持续的秒数", "seconds that a rule must hold"))
        try bounded(quietSeconds, 0...604_800, Localized("安静秒数", "seconds of quiet"))
        try bounded(schedule.fromMinute, 0...1_440, Localized("时段（分钟）", "minutes of a schedule"))
        try bounded(schedule.toMinute, 0...1_440, Localized("时段（分钟）", "minutes of a schedule"))
        try bounded(Int(schedule.weekdays), 0...127, Localized("时段的星期", "a schedule's weekdays"))
        try bounded(
            escalation.streetAfterMinutes,
            0...10_080,
            Localized("通知街道前的分钟数", "minutes until the street is called")
        )
        try bounded(
            escalation.districtAfterMinutes,
            0...10_080,
            Localized("通知区前的分钟数", "minutes until the district is called")
        )
        switch condition {
        case .above(let threshold, let clears):
            try require(
                threshold.isFinite && clears.isFinite && clears <= threshold,
                Localized("解除值高于触发值", "clears above what it is raised at")
            )
        case .below(let threshold, let clears):
            try require(
                threshold.isFinite && clears.isFinite && clears >= threshold,
                Localized("解除值低于触发值", "clears below what it is raised at")
            )
        case .equals(let text):
            rule.condition = .equals(try Text.required(text, Localized("数值", "the value"), limit: 100))
        case .isTrue, .isFalse: break
        }
        if !service.isEmpty { rule.service = try ServiceCatalogue.current.require(service).code }
        guard severity == .life else { return rule }
        try require(forSeconds == 0, Localized("危及生命的规则不能等待", "waits, and is a life-safety rule"))
        try require(schedule == .always, Localized("危及生命的规则不能限定时段", "has a schedule, and is a life-safety rule"))
        try require(
            !service.isEmpty,
            Localized("危及生命的规则须写明工单的事项", "has no service for its work order, and is a life-safety rule")
        )
        return rule
    }

    private func require(_ isRight: Bool, _ wrong: Localized) throws(Refusal) {
        guard !isRight else { return }
        throw Refusal(.ruleWrong, type, wrong)
    }

    private func bounded(_ value: Int, _ bounds: ClosedRange<Int>, _ what: Localized) throws(Refusal) {
        guard !bounds.contains(value) else { return }
        throw Refusal(.ruleOutOfRange, type, value, what, bounds.lowerBound, bounds.upperBound)
    }
}

/// Names that stand in topics, addresses and rows: Latin letters, digits, dots, hyphens and underscores.
package enum DeviceName {
    static func checked(_ text: String, _ name: Localized, limit: Int) throws(Refusal) -> String {
        let checked = try Text.required(text, name, limit: limit)
        guard isPlain(checked) else {
            throw Refusal(.nameForm, name, checked)
        }
        return checked
    }

    /// Whether it has these alone, and any.
    package static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}

// MARK: - On the wire

extension DeviceRule {
    /// - Returns: nil for a comparison that this build does not know, and for what no check lets pass.
    init?(wire: WireDeviceRule) {
        let condition: Condition
        switch wire.comparison {
        case .above: condition = .above(wire.threshold, clearsAt: wire.clearsAt)
        case .below: condition = .below(wire.threshold, clearsAt: wire.clearsAt)
        case .isTrue: condition = .isTrue
        case .isFalse: condition = .isFalse
        case .equals: condition = .equals(wire.text)
        case .unspecified, .UNRECOGNIZED: return nil
        }
        let rule = DeviceRule(
            wire.type,
            wire.series,
            condition,
            AlarmSeverity(wire: wire.severity),
            forSeconds: Int(wire.forSeconds),
            quietSeconds: Int(wire.quietSeconds),
            service: wire.service,
            schedule: Schedule(
                weekdays: UInt8(clamping: wire.weekdays),
                fromMinute: Int(wire.fromMinute),
                toMinute: Int(wire.toMinute)
            ),
            escalation: Escalation(
                streetAfterMinutes: Int(wire.streetAfterMinutes),
                districtAfterMinutes: Int(wire.districtAfterMinutes)
            )
        )
        guard let checked = try? rule.checked() else { return nil }
        self = checked
    }

    var wire: WireDeviceRule {
        .with {
            $0.type = type
            $0.series = series
            switch condition {
            case .above(let threshold, let clears):
                $0.comparison = .above
                $0.threshold = threshold
                $0.clearsAt = clears
            case .below(let threshold, let clears):
                $0.comparison = .below
                $0.threshold = threshold
                $0.clearsAt = clears
            case .isTrue: $0.comparison = .isTrue
            case .isFalse: $0.comparison = .isFalse
            case .equals(let text):
                $0.comparison = .equals
                $0.text = text
            }
            $0.forSeconds = UInt32(clamping: forSeconds)
            $0.quietSeconds = UInt32(clamping: quietSeconds)
            $0.severity = severity.wire
            $0.service = service
            $0.weekdays = UInt32(schedule.weekdays)
            $0.fromMinute = UInt32(clamping: schedule.fromMinute)
            $0.toMinute = UInt32(clamping: schedule.toMinute)
            $0.streetAfterMinutes = UInt32(clamping: escalation.streetAfterMinutes)
            $0.districtAfterMinutes = UInt32(clamping: escalation.districtAfterMinutes)
        }
    }
}
