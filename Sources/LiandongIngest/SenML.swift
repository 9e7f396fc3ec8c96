import LiandongCore
import LiandongDomain
import LiandongJSON

/// A SenML pack in JSON, resolved.
///
/// - SeeAlso: RFC 8428. Beside its labels `seq` and `boot` are read in the first record, which a reader that does not
///   know them leaves out (§4.4).
enum SenML {
    private static let version = 10.0
    /// Below it a time is relative to now (§4.5.3).
    private static let absoluteFrom = 268_435_456.0
    private static let known: Set<String> = [
        "bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut", "seq", "boot",
    ]

    private struct Base {
        var name = ""
        var time = 0.0
        var value = 0.0
        var sum = 0.0
        var hasTime = false
    }

    static func read(_ value: JSONValue, now: Instant) throws(DecodingRefusal) -> DeviceMessage {
        guard case .array(let records) = value, let first = records.first else {
            throw wrong("a pack is a list of at least one record")
        }
        guard records.count <= MessageLimits.readings else {
            throw DecodingRefusal(.tooMuch, "a pack of \(records.count) records is too large")
        }
        var base = Base()
        var items: [DeviceMessage.Item] = []
        for record in records {
            try check(record)
            try update(&base, record)
            items += try resolve(record, base, now)
        }
        guard !items.isEmpty else { throw wrong("no record has a value") }
        return DeviceMessage(sequence: try JSONMessages.sequence(first, items), items: items)
    }

    private static func check(_ record: JSONValue) throws(DecodingRefusal) {
        guard case .object(let members) = record else { throw wrong("a record is no object") }
        // §4.4: what is not known and ends in _ must be understood.
        if let unknown = members.first(where: { !known.contains($0.name) && $0.name.hasSuffix("_") }) {
            throw wrong("the label \(unknown.name.prefix(40).debugDescription) must be understood, and is not")
        }
    }

    private static func update(_ base: inout Base, _ record: JSONValue) throws(DecodingRefusal) {
        if let asked = try number(record, "bver"), asked > version { throw wrong("version \(asked) is not known") }
        if let name = try text(record, "bn") { base.name = name }
        if let time = try number(record, "bt") { (base.time, base.hasTime) = (time, true) }
        if let value = try number(record, "bv") { base.value = value }
        if let sum = try number(record, "bs") { base.sum = sum }
    }

    private static func resolve(
        _ record: JSONValue,
        _ base: Base,
        _ now: Instant
    ) throws(DecodingRefusal) -> [DeviceMessage.Item] {
        let own = try text(record, "n")
        let time = try number(record, "t")
        var values: [(suffix: String, value: Reading.Value)] = []
        if let value = try number(record, "v") { values.append(("", try DeviceMessage.number(base.value + value))) }
        if let value = try text(record, "vs") { values.append(("", try DeviceMessage.text(value))) }
        if let value = try text(record, "vd") { values.append(("", try DeviceMessage.text(value))) }
        if let value = record["vb"] {
            guard case .bool(let flag) = value else { throw wrong("vb is neither true nor false") }
            values.append(("", .flag(flag)))
        }
        guard values.count <= 1 else { throw wrong("a record has more than one value") }
        if let sum = try number(record, "s") { values.append((".sum", try DeviceMessage.number(base.sum + sum))) }
        guard !values.isEmpty else {
            guard own == nil, time == nil else { throw wrong("a record has a name or a time, and no value") }
            return []
        }
        let series = try name(base.name + (own ?? ""))
        let at = try resolved(time: base.time + (time ?? 0), isGiven: base.hasTime || time != nil, now)
        var items: [DeviceMessage.Item] = []
        for (suffix, value) in values {
            items.append(.init(series: try DeviceMessage.series(series + suffix), at: at, value: value))
        }
        return items
    }

    private static func resolved(time: Double, isGiven: Bool, _ now: Instant) throws(DecodingRefusal) -> Instant? {
        guard isGiven, time != 0 else { return nil }
        guard time.isFinite, abs(time) < 1e12 else { throw wrong("a time is \(time)") }
        let milliseconds = Int64((time * 1_000).rounded())
        return time < absoluteFrom ? now.advanced(byMilliseconds: milliseconds) : Instant(milliseconds: milliseconds)
    }

    /// The series of a resolved name: what follows the last colon or slash, as what stands before it names the device.
    ///
    /// - SeeAlso: RFC 8428 §4.5.1 for what a name may be made of.
    private static func name(_ name: String) throws(DecodingRefusal) -> String {
        guard let first = name.utf8.first, name.utf8.count <= 255 else {
            throw wrong("a record has no name, or a long one")
        }
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x3A, 0x5F: true
            default: false
            }
        }
        let isStart = (0x30...0x39).contains(first) || (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        guard isAllowed, isStart else { throw wrong("a name is not as RFC 8428 §4.5.1 has it") }
        return name.split(whereSeparator: { $0 == ":" || $0 == "/" }).last.map(String.init) ?? ""
    }

    private static func number(_ record: JSONValue, _ label: String) throws(DecodingRefusal) -> Double? {
        guard let value = record[label] else { return nil }
        guard case .number(let number) = value else { throw wrong("\(label) is no number") }
        return number
    }

    private static func text(_ record: JSONValue, _ label: String) throws(DecodingRefusal) -> String? {
        guard let value = record[label] else { return nil }
        guard case .string(let text) = value else { throw wrong("\(label) is no text") }
        return text
    }

    private static func wrong(_ what: String) -> DecodingRefusal {
        DecodingRefusal(.malformed, "the SenML pack: \(what)")
    }
}
