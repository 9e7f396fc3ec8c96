package import LiandongCore

/// Which days are worked, and until when that is known.
package struct WorkingCalendar: Sendable {
    /// Days that differ from their weekday: true is worked.
    private let exceptions: [CivilDate: Bool]
    /// The last day that the calendar speaks of.
    package let lastDay: CivilDate

    /// Office hours, for deadlines that are counted in working days: a deadline falls at the end of its day.
    private static let endOfDayMilliseconds: Int64 = 18 * 3_600_000

    /// - Parameters:
    ///   - exceptions: yyyy-mm-dd, and whether it is worked. What is no day is left out.
    ///   - lastDay: yyyy-mm-dd.
    package init(exceptions: [(String, Bool)], lastDay: String) {
        var days: [CivilDate: Bool] = [:]
        for (text, isWorked) in exceptions {
            if let day = CivilDate(text) { days[day] = isWorked }
        }
        self.exceptions = days
        self.lastDay = CivilDate(lastDay) ?? days.keys.max() ?? CivilDate(number: 0)
    }

    package func isWorkday(_ day: CivilDate) -> Bool { exceptions[day] ?? (day.weekday < 5) }

    /// When so many working days after an instant are over.
    ///
    /// The day of the instant does not count. Past ``lastDay`` Monday to Friday are taken for working days, and the
    /// answer is provisional.
    package func end(ofWorkingDays count: Int, after start: Instant) -> (instant: Instant, isProvisional: Bool) {
        var day = CivilDate(start)
        var left = count
        while left > 0 {
            day = day.next
            if isWorkday(day) { left -= 1 }
        }
        return (day.start.advanced(byMilliseconds: WorkingCalendar.endOfDayMilliseconds), day > lastDay)
    }
}
