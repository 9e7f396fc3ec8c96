package import LiandongCore
import LiandongDomain

/// The w3 profile of ISO 8601 that GeoReport v2 prescribes: `2026-11-21T14:05:00+08:00`.
///
/// Pure arithmetic on ``CivilDate``: no formatter is made or shared.
package enum GeoReportTime {
    /// The instant by clocks of UTC+8, whole seconds.
    package static func text(_ instant: Instant) -> String {
        let date = CivilDate(instant)
        let seconds = Int(clamping: max(0, instant.milliseconds(since: date.start)) / 1000)
        let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(date)T\(padded(hour)):\(padded(minute)):\(padded(second))+08:00"
    }

    /// Reads `yyyy-mm-ddThh:mm:ss`, with a fraction if there is one, and `Z` or an offset.
    ///
    /// An offset's plus sign that arrived as a space, as it does from queries that did not escape it, is taken as meant.
    ///
    /// - Returns: nil for anything else, days that are not in the calendar included.
    package static func instant(_ text: String) -> Instant? {
        let bytes = Array(text.utf8)
        guard
            bytes.count >= 20, bytes.count <= 40,
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let date = CivilDate(String(decoding: bytes[..<10], as: UTF8.self)),
            let hour = number(bytes[11..<13], upTo: 23),
            let minute = number(bytes[14..<16], upTo: 59),
            let second = number(bytes[17..<19], upTo: 59)
        else { return nil }
        var rest = bytes[19...]
        let milliseconds = fraction(&rest)
        guard let milliseconds, let offset = offset(rest) else { return nil }
        let local = Int64((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
        // `date.start` is the day's beginning at +08:00.
        return date.start.advanced(byMilliseconds: CivilDate.offsetMilliseconds + local - offset)
    }

    /// Takes `.123…` off the front.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(1 + digits.count)
        let thousandths = digits.prefix(3).reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return digits.count == 1 ? thousandths * 100 : digits.count == 2 ? thousandths * 10 : thousandths
    }

    /// In milliseconds east of UTC.
    private static func offset(_ rest: ArraySlice<UInt8>) -> Int64? {
        guard let sign = rest.first else { return nil }
        if sign == UInt8(ascii: "Z") { return rest.count == 1 ? 0 : nil }
        guard [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: " ")].contains(sign) else { return nil }
        let digits = rest.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard
            digits.count == 4, rest.count <= 6,
            let hours = number(digits.prefix(2), upTo: 14), let minutes = number(digits.suffix(2), upTo: 59)
        else { return nil }
        let size = Int64(hours * 60 + minutes) * 60_000
        return sign == UInt8(ascii: "-") ? -size : size
    }

    private static func number(_ digits: some Collection<UInt8>, upTo limit: Int) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return value <= limit ? value : nil
    }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
