package import LiandongCore

/// When a work order is to be handled: computed on read from its log and a calendar, never stored.
package struct Deadline: Sendable, Hashable {
    package let startedAt: Instant
    package let due: Instant
    /// The calendar does not reach so far: the date may still move.
    package let isProvisional: Bool
    /// When the clock stopped; nil while it runs.
    package let handledAt: Instant?

    /// Whether it was, or by now is, exceeded.
    ///
    /// A partition does not stop the clock.
    package func isOverdue(at now: Instant) -> Bool { (handledAt ?? now) > due }
}

extension WorkOrder {
    /// The deadline for handling in the present round.
    ///
    /// The clock starts at the round's first dispatch; before it there is an expected date, counted from when the
    /// round began.
    package func deadline(_ catalogue: ServiceCatalogue, _ calendar: WorkingCalendar) -> Deadline {
        let inRound = events.filter { $0.isApplied && $0.round == round }
        let start = inRound.first { $0.act == .dispatch } ?? inRound.first { $0.act.beginsRound || $0.act == .accept }
        let started = start?.at ?? requestedAt
        let stopped = inRound.first { $0.act == .handled } ?? inRound.first { $0.act == .close || $0.act == .decline }
        let (due, isProvisional) = Self.due(catalogue[service]?.deadline ?? .normal, after: started, calendar)
        return Deadline(
            startedAt: started,
            due: due,
            isProvisional: isProvisional,
            handledAt: status >= .handled ? stopped?.at : nil
        )
    }

    private static func due(
        _ deadline: DeadlineClass,
        after start: Instant,
        _ calendar: WorkingCalendar
    ) -> (Instant, Bool) {
        guard let days = deadline.workingDays else {
            return (start.advanced(byMilliseconds: 2 * 3_600_000), false)
        }
        return calendar.end(ofWorkingDays: days, after: start)
    }

    /// The rounds so far, the present one last: every reopening keeps what was before it.
    package var rounds: [Round] {
        let applied = events.filter(\.isApplied)
        return (1...max(round, 1)).map { number in
            Round(number: number, events: applied.filter { $0.round == number })
        }
    }

    /// What was done between one opening and the next.
    package struct Round: Sendable, Hashable {
        /// From 1.
        package let number: Int
        package let events: [WorkOrderEvent]

        package var closing: WorkOrderEvent? { events.last { $0.act == .close } }
    }
}
