package import LiandongCore

/// A day of the Gregorian calendar, as told by clocks of UTC+8.
package struct CivilDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// All of China keeps one time, without summer time since 1991.
    package static let offsetMilliseconds: Int64 = 8 * 3_600_000
    package static let dayMilliseconds: Int64 = 86_400_000

    /// Days since 1970-01-01.
    package let number: Int

    package init(number: Int) { self.number = number }

    /// The day that an instant falls on.
    package init(_ instant: Instant) {
        let local = instant.advanced(byMilliseconds: CivilDate.offsetMilliseconds).milliseconds
        let (days, rest) = local.quotientAndRemainder(dividingBy: CivilDate.dayMilliseconds)
        self.number = Int(rest < 0 ? days - 1 : days)
    }

    /// - Returns: nil for a day that is not in the calendar.
    /// - SeeAlso: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.number = era * 146_097 + dayOfEra - 719_468
        guard self.parts == (year, month, day) else { return nil }
    }

    /// From yyyy-mm-dd.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard
            parts.count == 3, parts.map(\.count) == [4, 2, 2],
            parts.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        let numbers = parts.map { $0.reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        self.init(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    package var year: Int { parts.year }
    package var month: Int { parts.month }
    package var day: Int { parts.day }

    /// 0 is Monday.
    package var weekday: Int { ((number + 3) % 7 + 7) % 7 }

    /// The instant at which the day begins; the last there is for days beyond all instants.
    package var start: Instant {
        let (milliseconds, overflow) = Int64(clamping: number).multipliedReportingOverflow(by: Self.dayMilliseconds)
        guard !overflow else { return Instant(milliseconds: number < 0 ? .min : .max) }
        return Instant(milliseconds: milliseconds).advanced(byMilliseconds: -CivilDate.offsetMilliseconds)
    }

    package var next: CivilDate { CivilDate(number: number + 1) }

    package var description: String {
        let (year, month, day) = parts
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
    }

    package static func < (a: CivilDate, b: CivilDate) -> Bool { a.number < b.number }

    /// Year, month and day, reckoned once.
    var parts: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
