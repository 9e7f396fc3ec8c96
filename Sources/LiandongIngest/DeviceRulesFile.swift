package import LiandongDomain
import LiandongJSON

/// The rules for a kind of device as people write them: JSON, as docs/devices.md shows.
package struct DeviceRulesFile: Sendable, Hashable {
    package var kind: DeviceKind
    package var rules: [DeviceRule]
    package var silentAfterSeconds: Int

    package init(_ rules: DeviceRules) {
        (kind, self.rules, silentAfterSeconds) = (rules.kind, rules.rules, rules.silentAfterSeconds)
    }

    /// Reads a file; what the rules may say is checked where they are set.
    ///
    /// - Throws: a refusal that names the rule, the member and what is wrong with it.
    package init(parsing bytes: [UInt8]) throws(Refusal) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch { throw Self.wrong(error.description) }
        let file = try Members(value, "the file", known: ["kind", "silent_after_seconds", "rules"])
        let word = try file.text("kind") ?? ""
        guard let kind = DeviceKind(rawValue: word) else {
            let words = DeviceKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.wrong("kind: \(word.debugDescription) is none of \(words)")
        }
        guard let silence = try file.whole("silent_after_seconds") else {
            throw Self.wrong("silent_after_seconds is not given; 0 is never")
        }
        guard case .array(let items)? = value["rules"] else { throw Self.wrong("rules is no list") }
        var rules: [DeviceRule] = []
        for (index, item) in items.enumerated() { rules.append(try Self.rule(item, "rule \(index + 1)")) }
        (self.kind, self.rules, silentAfterSeconds) = (kind, rules, silence)
    }

    static func wrong(_ what: String) -> Refusal {
        Refusal(.rulesFile, what)
    }

    private static let members = [
        "type", "series", "above", "below", "is", "clears_at", "severity", "for_seconds", "quiet_seconds", "service",
        "weekdays", "from", "to", "street_after_minutes", "district_after_minutes",
    ]

    private static func rule(_ value: JSONValue, _ name: String) throws(Refusal) -> DeviceRule {
        let members = try Members(value, name, known: members)
        guard let type = try members.text("type"), let series = try members.text("series") else {
            throw wrong("\(name) has no type, or no series")
        }
        let word = try members.text("severity") ?? ""
        guard let severity = AlarmSeverity.allCases.first(where: { $0.name == word }) else {
            let words = AlarmSeverity.allCases.map(\.name).joined(separator: ", ")
            throw wrong("\(name): severity: \(word.debugDescription) is none of \(words)")
        }
        return DeviceRule(
            type,
            series,
            try condition(members, value["is"]),
            severity,
            forSeconds: try members.whole("for_seconds") ?? 0,
            quietSeconds: try members.whole("quiet_seconds") ?? 0,
            service: try members.text("service") ?? "",
            schedule: try schedule(members, value["weekdays"]),
            escalation: .init(
                streetAfterMinutes: try members.whole("street_after_minutes") ?? 0,
                districtAfterMinutes: try members.whole("district_after_minutes") ?? 0
            )
        )
    }

    private static func condition(
        _ members: Members,
        _ value: JSONValue?
    ) throws(Refusal) -> DeviceRule.Condition {
        let (above, below) = (try members.number("above"), try members.number("below"))
        let clears = try members.number("clears_at")
        guard [above != nil, below != nil, value != nil].count(where: { $0 }) == 1 else {
            throw wrong("\(members.name) has not exactly one of above, below, is")
        }
        if let above { return .above(above, clearsAt: clears ?? above) }
        if let below { return .below(below, clearsAt: clears ?? below) }
        guard clears == nil else { throw wrong("\(members.name) has clears_at without above or below") }
        switch value {
        case .bool(true)?: return .isTrue
        case .bool(false)?: return .isFalse
        case .string(let text)?: return .equals(text)
        default: throw wrong("\(members.name): is is neither true, false nor text")
        }
    }

    private static func schedule(
        _ members: Members,
        _ weekdays: JSONValue?
    ) throws(Refusal) -> DeviceRule.Schedule {
        var schedule = DeviceRule.Schedule(
            fromMinute: try members.minute("from") ?? 0,
            toMinute: try members.minute("to") ?? 0
        )
        guard let weekdays else { return schedule }
        guard case .array(let days) = weekdays else { throw wrong("\(members.name): weekdays is no list") }
        for day in days {
            guard case .number(let number) = day, let day = UInt8(exactly: number), (1...7).contains(day) else {
                throw wrong("\(members.name): weekdays has another than 1, Monday, to 7")
            }
            schedule.weekdays |= 1 << (day - 1)
        }
        return schedule
    }

    /// The members of one object.
    private struct Members {
        let value: JSONValue
        let name: String

        init(_ value: JSONValue, _ name: String, known: [String]) throws(Refusal) {
            guard case .object(let members) = value else { throw wrong("\(name) is no object") }
            if let unknown = members.first(where: { !known.contains($0.name) }) {
                let words = known.joined(separator: ", ")
                throw wrong("\(name): \(String(unknown.name.prefix(40)).debugDescription) is none of \(words)")
            }
            (self.value, self.name) = (value, name)
        }

        func text(_ member: String) throws(Refusal) -> String? {
            guard let found = value[member] else { return nil }
            guard case .string(let text) = found else { throw wrong("\(name): \(member) is no text") }
            return text
        }

        func number(_ member: String) throws(Refusal) -> Double? {
            guard let found = value[member] else { return nil }
            guard case .number(let number) = found else { throw wrong("\(name): \(member) is no number") }
            return number
        }

        func whole(_ member: String) throws(Refusal) -> Int? {
            guard let number = try number(member) else { return nil }
            guard let whole = Int(exactly: number), whole >= 0 else {
                throw wrong("\(name): \(member): \(number) is no whole number from 0 on")
            }
            return whole
        }

        /// Of the day, from "22:00".
        func minute(_ member: String) throws(Refusal) -> Int? {
            guard let text = try text(member) else { return nil }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
                let minute = Int(parts[1]), (0...24).contains(hour), (0..<60).contains(minute),
                hour * 60 + minute <= 1_440
            else { throw wrong("\(name): \(member): \(text.debugDescription) is no time as 22:00") }
            return hour * 60 + minute
        }
    }
}

// MARK: - As text

extension DeviceRulesFile {
    /// The file's text, a rule a line: what ``init(parsing:)`` reads as the same.
    package var text: String {
        let lines = rules.map { "    " + Self.value($0).text }.joined(separator: ",\n")
        let list = rules.isEmpty ? "[]" : "[\n\(lines)\n  ]"
        return """
            {
              "kind": \(JSONValue.string(kind.rawValue).text),
              "silent_after_seconds": \(silentAfterSeconds),
              "rules": \(list)
            }
            """
    }

    private static func value(_ rule: DeviceRule) -> JSONValue {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        func add(_ name: String, unlessZero number: Int) { if number != 0 { add(name, .integer(number)) } }
        add("type", .string(rule.type))
        add("series", .string(rule.series))
        switch rule.condition {
        case .above(let bound, let clears):
            add("above", .number(bound))
            add("clears_at", .number(clears))
        case .below(let bound, let clears):
            add("below", .number(bound))
            add("clears_at", .number(clears))
        case .isTrue: add("is", true)
        case .isFalse: add("is", false)
        case .equals(let text): add("is", .string(text))
        }
        add("severity", .string(rule.severity.name))
        add("for_seconds", unlessZero: rule.forSeconds)
        add("quiet_seconds", unlessZero: rule.quietSeconds)
        if !rule.service.isEmpty { add("service", .string(rule.service)) }
        let schedule = rule.schedule
        if schedule.weekdays != 0 {
            let days = (1...7).filter { schedule.weekdays >> UInt8($0 - 1) & 1 == 1 }
            add("weekdays", .array(days.map(JSONValue.integer)))
        }
        if schedule.fromMinute != schedule.toMinute {
            add("from", .string(clock(schedule.fromMinute)))
            add("to", .string(clock(schedule.toMinute)))
        }
        add("street_after_minutes", unlessZero: rule.escalation.streetAfterMinutes)
        add("district_after_minutes", unlessZero: rule.escalation.districtAfterMinutes)
        return .object(members)
    }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return two(minute / 60) + ":" + two(minute % 60)
    }
}
