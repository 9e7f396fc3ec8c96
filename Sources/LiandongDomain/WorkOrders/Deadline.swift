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

    /// Whether it still runs and is exceeded: what lists and figures call overdue.
    package func isRunningLate(at now: Instant) -> Bool { handledAt == nil && now > due }
}

extension WorkOrder {
    /// The deadline for handling in the present round.
    ///
    /// The clock starts at the round's first dispatch; before it there is an expected date, counted from when the
    /// round began.
    package func deadline(_ catalogue: ServiceCatalogue, _ calendar: WorkingCalendar) -> Deadline {
        let clock = handlingClock
        let (due, isProvisional) = (catalogue[service]?.deadline ?? .normal).due(after: clock.startedAt, calendar)
        return Deadline(
            startedAt: clock.startedAt,
            due: due,
            isProvisional: isProvisional,
            handledAt: clock.handledAt
        )
    }

    /// When the clock for handling began in the present round, and when it stopped; nil while it runs.
    var handlingClock: (startedAt: Instant, handledAt: Instant?) {
        let inRound = eventsInRound
        let start = inRound.first { $0.act == .dispatch } ?? inRound.first { $0.act.beginsRound || $0.act == .accept }
        let stopped = inRound.first { $0.act == .handled } ?? inRound.first { $0.act == .close || $0.act == .decline }
        return (start?.at ?? requestedAt, status >= .handled ? stopped?.at : nil)
    }

    /// What counts of the present round.
    private var eventsInRound: [WorkOrderEvent] { events.filter { $0.isApplied && $0.round == round } }

    /// When somebody first took it up: the first act of a place that is more than a note or handing it on.
    var respondedAt: Instant? {
        let acts: Set<WorkOrderEvent.Act> = [.note, .offer, .take, .refuse, .withdraw, .lapse, .pick, .unknown]
        return events.first { $0.isApplied && !acts.contains($0.act) }?.at
    }

    /// Whether it was handled in the present round, and not declined.
    var isResolved: Bool { status >= .handled && !eventsInRound.contains { $0.act == .decline } }

    /// What the requester said last of how content they are, 1 to 5.
    var satisfaction: Int? { events.last { $0.isApplied && $0.satisfaction != nil }?.satisfaction }

    /// Those who had a hand in it, sorted.
    var hands: [WorkOrderSummary.Hand] {
        let hands = events.compactMap { event -> WorkOrderSummary.Hand? in
            guard let place = event.authorPlace, !event.operatorName.isEmpty else { return nil }
            return WorkOrderSummary.Hand(place: place, name: event.operatorName)
        }
        return Set(hands).sorted()
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
