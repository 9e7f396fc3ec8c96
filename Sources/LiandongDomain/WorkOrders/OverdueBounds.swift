package import LiandongCore

/// Which clocks have run out at one moment: those that began at or before a bound, by class of deadline.
///
/// Deadlines are not stored, as the calendar they are counted by changes; where a clock began is.
package struct OverdueBounds: Sendable, Hashable {
    /// For the services of one class.
    package struct Bound: Sendable, Hashable {
        /// By their codes, sorted.
        package let services: [String]
        package let latestStart: Instant
    }

    /// In the order of the classes.
    package let bounds: [Bound]
    /// For services that the catalogue does not have.
    package let otherwise: Instant

    package init(_ catalogue: ServiceCatalogue, _ calendar: WorkingCalendar, at now: Instant) {
        self.bounds = DeadlineClass.allCases.map { deadline in
            Bound(
                services: catalogue.services.filter { $0.deadline == deadline }.map(\.code).sorted(),
                latestStart: deadline.latestStart(overdueAt: now, calendar)
            )
        }
        self.otherwise = DeadlineClass.normal.latestStart(overdueAt: now, calendar)
    }

    /// The bound for a service.
    func latestStart(of service: String) -> Instant {
        bounds.first { $0.services.contains(service) }?.latestStart ?? otherwise
    }
}

extension DeadlineClass {
    /// When what began at an instant is due, and whether the calendar does not reach so far.
    func due(after start: Instant, _ calendar: WorkingCalendar) -> (Instant, Bool) {
        guard let days = workingDays else { return (start.advanced(byMilliseconds: 2 * 3_600_000), false) }
        return calendar.end(ofWorkingDays: days, after: start)
    }

    /// The latest beginning of which the deadline has passed: it grows with the beginning, so halving finds it.
    func latestStart(overdueAt now: Instant, _ calendar: WorkingCalendar) -> Instant {
        // Fifteen working days are over long before.
        var passed = now.advanced(byMilliseconds: -400 * CivilDate.dayMilliseconds)
        var open = now
        while open.milliseconds(since: passed) > 1 {
            let middle = passed.advanced(byMilliseconds: open.milliseconds(since: passed) / 2)
            if due(after: middle, calendar).0 < now { passed = middle } else { open = middle }
        }
        return passed
    }
}
