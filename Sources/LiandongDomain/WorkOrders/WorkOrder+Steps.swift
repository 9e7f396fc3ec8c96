extension WorkOrder {
    /// An entry of the log that everybody may know of, and the status after it.
    package struct Step: Sendable, Hashable {
        package let event: WorkOrderEvent
        package let status: Status
    }

    /// What was done about it, as everybody may know, in the order of the log.
    ///
    /// The last one's status is the order's: what is not public changes none.
    package var publicSteps: [Step] {
        var stage = (round: 1, status: Status.submitted)
        var steps: [Step] = []
        for event in events where event.isPublic {
            if let reached = event.act.reached, stage < (event.round, reached) { stage = (event.round, reached) }
            steps.append(Step(event: event, status: stage.status))
        }
        return steps
    }
}

extension WorkOrderEvent {
    /// Whether everybody may know that it happened; what was written with it only where ``Act/isTold``.
    package var isPublic: Bool { isApplied && act != .note }
}

extension WorkOrderEvent.Act {
    /// The status that it brings a round to; nil for what brings it to none.
    var reached: WorkOrder.Status? {
        switch self {
        case .accept, .take: .accepted
        case .decline: .declined
        case .file: .filed
        case .dispatch: .dispatched
        case .signFor: .signedFor
        case .handle, .rework: .handling
        case .handled: .handled
        case .verify: .verified
        case .revisit: .revisited
        case .close: .closed
        case .archive: .archived
        case .reopen: .reopened
        case .note, .offer, .refuse, .withdraw, .lapse, .pick, .unknown: nil
        }
    }
}
