import LiandongCore
import LiandongDomain
import LiandongJSON

/// This project's own form: a message, a list of them, or `{"messages": […]}`.
enum JSONMessages {
    static func read(_ value: JSONValue) throws(DecodingRefusal) -> [DeviceMessage] {
        switch value {
        case .array(let items): return try all(items)
        case .object:
            guard let inner = value["messages"] else { return [try message(value)] }
            guard case .array(let items) = inner else { throw wrong("messages is no list") }
            return try all(items)
        default: throw wrong("it is neither an object nor a list")
        }
    }

    private static func all(_ items: [JSONValue]) throws(DecodingRefusal) -> [DeviceMessage] {
        guard !items.isEmpty else { throw wrong("it holds no message") }
        var messages: [DeviceMessage] = []
        for item in items { messages.append(try message(item)) }
        return messages
    }

    private static let names: Set<String> = ["seq", "boot", "t", "values", "readings"]

    private static func message(_ value: JSONValue) throws(DecodingRefusal) -> DeviceMessage {
        guard case .object(let members) = value else { throw wrong("a message is no object") }
        // A misspelt name would lose readings without a word.
        if let unknown = members.first(where: { !names.contains($0.name) }) {
            throw wrong("\(unknown.name.prefix(40).debugDescription) is none of seq, boot, t, values, readings")
        }
        let time = try value["t"].map { value throws(DecodingRefusal) in try DeviceTime.read(value) }
        var items: [DeviceMessage.Item] = []
        if let values = value["values"] {
            guard case .object(let members) = values else { throw wrong("values is no object") }
            for member in members {
                items.append(
                    .init(series: try DeviceMessage.series(member.name), at: time, value: try reading(member.value))
                )
            }
        }
        if let readings = value["readings"] {
            guard case .array(let list) = readings else { throw wrong("readings is no list") }
            for item in list { items.append(try self.item(item, time)) }
        }
        guard !items.isEmpty else { throw wrong("a message has no values and no readings") }
        return DeviceMessage(sequence: try sequence(value, items), items: items)
    }

    private static func item(_ value: JSONValue, _ time: Instant?) throws(DecodingRefusal) -> DeviceMessage.Item {
        guard case .string(let name)? = value["n"], let content = value["v"] else {
            throw wrong("a reading has no name n, or no value v")
        }
        let own = try value["t"].map { value throws(DecodingRefusal) in try DeviceTime.read(value) }
        return .init(series: try DeviceMessage.series(name), at: own ?? time, value: try reading(content))
    }

    private static func reading(_ value: JSONValue) throws(DecodingRefusal) -> Reading.Value {
        switch value {
        case .number(let number): return try DeviceMessage.number(number)
        case .bool(let flag): return .flag(flag)
        case .string(let text): return try DeviceMessage.text(text)
        case .null, .array, .object: throw wrong("a value is neither number, true, false nor text")
        }
    }

    /// A number alone does not tell a message sent again from one of a device that began to count anew.
    static func sequence(
        _ value: JSONValue,
        _ items: [DeviceMessage.Item]
    ) throws(DecodingRefusal) -> DeviceMessage.Sequence? {
        guard let member = value["seq"] else { return nil }
        guard case .number(let double) = member, let number = UInt64(exactly: double), number < 1 << 53 else {
            throw wrong("seq is no whole number below 2^53")
        }
        var boot = ""
        switch value["boot"] {
        case .string(let text)?: boot = text
        case .number(let number)?: boot = "\(number)"
        case nil: break
        default: throw wrong("boot is neither text nor number")
        }
        guard boot.utf8.count <= 64 else { throw wrong("boot is longer than 64 bytes") }
        guard !boot.isEmpty || items.contains(where: { $0.at != nil }) else {
            throw wrong("seq comes without boot or t: it cannot be told from one of another run")
        }
        return .init(boot: boot, number: number)
    }

    private static func wrong(_ what: String) -> DecodingRefusal { DecodingRefusal(.malformed, "the message: \(what)") }
}

/// A device's own time.
enum DeviceTime {
    /// Seconds or, from 10¹¹ on, milliseconds since 1970; or RFC 3339 text.
    static func read(_ value: JSONValue) throws(DecodingRefusal) -> Instant {
        switch value {
        case .number(let number):
            guard number >= 0, number < 1e15 else { throw wrong("is \(number)") }
            return Instant(milliseconds: Int64(number >= 1e11 ? number : (number * 1_000).rounded()))
        case .string(let text):
            guard let instant = parse(text) else { throw wrong("is not as 2026-11-22T08:00:00+08:00") }
            return instant
        default: throw wrong("is neither number nor text")
        }
    }

    /// - Returns: nil unless it is RFC 3339 with an offset.
    private static func parse(_ text: String) -> Instant? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, let date = CivilDate(String(decoding: bytes[0..<10], as: UTF8.self))
        else { return nil }
        func two(_ index: Int) -> Int64? {
            guard index + 1 < bytes.count, let high = digit(bytes[index]), let low = digit(bytes[index + 1]) else {
                return nil
            }
            return high * 10 + low
        }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let hour = two(11), let minute = two(14), let second = two(17),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var index = 19
        var milliseconds: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var scale: Int64 = 100
            while index < bytes.count, let value = digit(bytes[index]) {
                milliseconds += value * scale
                scale /= 10
                index += 1
            }
        }
        guard let offset = offset(bytes[index...], two) else { return nil }
        let time = ((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds - offset * 60_000
        // The date's start is at UTC+8.
        return date.start.advanced(byMilliseconds: CivilDate.offsetMilliseconds + time)
    }

    /// Minutes east of UTC.
    private static func offset(_ rest: ArraySlice<UInt8>, _ two: (Int) -> Int64?) -> Int64? {
        if rest.count == 1, rest.first == UInt8(ascii: "Z") || rest.first == UInt8(ascii: "z") { return 0 }
        let start = rest.startIndex
        guard rest.count == 6, rest[start + 3] == UInt8(ascii: ":"), let hours = two(start + 1),
            let minutes = two(start + 4), hours < 24, minutes < 60
        else { return nil }
        switch rest[start] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        (0x30...0x39).contains(byte) ? Int64(byte - 0x30) : nil
    }

    private static func wrong(_ what: String) -> DecodingRefusal { DecodingRefusal(.malformed, "the time t \(what)") }
}
