import LiandongCore

/// Judges the entries of a log, each by what its author had seen, and folds those that count.
struct WorkOrderLog {
    let events: [WorkOrderEvent]
    let progress: WorkOrder.Progress
    private(set) var state: WorkOrderState

    /// - Complexity: O(*n*) and O(*n*) more for each entry whose author had seen two sides of a partition meet.
    init(_ view: RecordView, _ scene: WorkOrderRules.Scene) {
        let entries = view.log(WorkOrderField.events).compactMap { entry in
            EventID(entry.element).map { Entry($0, entry, entry.message(WireWorkOrderEvent.self)) }
        }
        let causality = CausalLog(entries.map { ($0.id, $0.after) })
        let positions = Dictionary(
            entries.indices.map { (entries[$0].id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let texts = view.texts(WorkOrderField.eventTexts)

        var history = History(scene: scene)
        var events: [WorkOrderEvent] = []
        events.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let text = texts[TextKey(entry.view)]
            let event = entry.ruled(scene.authority, positions, text: text)
            let (verdict, round) = history.append(
                event,
                at: index,
                past: causality.seen[index],
                parents: causality.parents[index]
            )
            events.append(entry.view(event, verdict, round: round, text: text))
        }
        self.events = events
        self.state = history.state
        let heads = causality.heads.map { entries[$0].id }
        self.progress = history.state.progress(heads: Set(heads).sorted(), scene)
    }

    /// Notes an event whose author has seen all of the log.
    mutating func append(_ event: WorkOrderRules.Event, _ scene: WorkOrderRules.Scene) {
        state.apply(event, at: events.count, seen: state, past: .init(below: events.count), scene.authority)
    }

    /// One entry of the log, decoded.
    private struct Entry {
        let id: EventID
        let view: EntryView
        let wire: WireWorkOrderEvent?
        let after: [EventID]

        init(_ id: EventID, _ view: EntryView, _ wire: WireWorkOrderEvent?) {
            self.id = id
            self.view = view
            self.wire = wire
            self.after = (wire?.after ?? []).compactMap { EventID($0) }
        }

        func ruled(
            _ authority: AuthorityState,
            _ positions: [EventID: Int],
            text: EntryView?
        ) -> WorkOrderRules.Event {
            let act = wire.map { WorkOrderEvent.Act(wire: $0.act) } ?? .unknown
            var reason = wire?.reason ?? ""
            // Why an offer was refused is the text beside the event; the event itself says it in older ones.
            if act == .refuse, reason.isEmpty { reason = text?.message(WireEventText.self)?.text ?? "" }
            let subject = wire.flatMap { EventID($0.subject) }
            return WorkOrderRules.Event(
                id: id,
                act: act,
                authorPlace: authority.place(of: view.author),
                place: wire.flatMap { $0.place == 0 ? nil : PlaceID(raw: $0.place) },
                subject: subject,
                subjectIndex: subject.flatMap { positions[$0] },
                reason: reason
            )
        }

        func view(
            _ event: WorkOrderRules.Event,
            _ verdict: WorkOrderEvent.Verdict,
            round: Int,
            text: EntryView?
        ) -> WorkOrderEvent {
            let written = text?.message(WireEventText.self)
            return WorkOrderEvent(
                id: id,
                act: event.act,
                after: after,
                author: view.author,
                authorPlace: event.authorPlace,
                writtenAt: view.instant,
                happenedAt: wire.flatMap { $0.happenedAt == 0 ? nil : Instant(wire: $0.happenedAt) },
                place: event.place,
                subject: event.subject,
                reason: event.reason,
                satisfaction: wire.flatMap { (1...5).contains($0.satisfaction) ? Int($0.satisfaction) : nil },
                role: wire?.role ?? "",
                text: written?.text ?? "",
                operatorName: written?.operator ?? "",
                verdict: verdict,
                round: round
            )
        }
    }
}

/// The events that count so far, and the state they make.
private struct History {
    let scene: WorkOrderRules.Scene
    private(set) var state: WorkOrderState
    private var entries: [Judged] = []

    /// An event, what its author had seen, and the state that is made by that and the event.
    private struct Judged {
        let event: WorkOrderRules.Event
        let counts: Bool
        let past: CausalLog.Past
        let seen: WorkOrderState
        let made: WorkOrderState
    }

    init(scene: WorkOrderRules.Scene) {
        self.scene = scene
        self.state = WorkOrderState(acceptedAt: scene.acceptedAt)
    }

    /// Judges the next event by the state that its author saw, and applies it when it counts.
    mutating func append(
        _ event: WorkOrderRules.Event,
        at index: Int,
        past: CausalLog.Past,
        parents: [Int]
    ) -> (WorkOrderEvent.Verdict, round: Int) {
        let seen = self.seen(past, parents, at: index)
        var made = seen
        let verdict: WorkOrderEvent.Verdict
        do throws(Refusal) {
            try WorkOrderRules.check(event, seen, scene)
            verdict = .applied
            made.apply(event, at: index, seen: seen, past: past, scene.authority)
            state.apply(event, at: index, seen: seen, past: past, scene.authority)
        } catch {
            verdict = .flagged(error)
        }
        entries.append(Judged(event: event, counts: verdict == .applied, past: past, seen: seen, made: made))
        return (verdict, seen.stage.round + (verdict == .applied && event.act.beginsRound ? 1 : 0))
    }

    /// The state that an author saw: only where it had seen two sides of a partition is it to be made anew.
    private func seen(_ past: CausalLog.Past, _ parents: [Int], at index: Int) -> WorkOrderState {
        if past.count == index { return state }
        if parents.count == 1, let parent = parents.first { return entries[parent].made }
        return replay(past)
    }

    /// The state that the events of a past make by themselves.
    private func replay(_ past: CausalLog.Past) -> WorkOrderState {
        var replayed = WorkOrderState(acceptedAt: scene.acceptedAt)
        for (index, entry) in entries.enumerated() where entry.counts && past.contains(index) {
            replayed.apply(entry.event, at: index, seen: entry.seen, past: entry.past, scene.authority)
        }
        return replayed
    }
}

extension WorkOrderState {
    /// What people are shown of the state.
    func progress(heads: [EventID], _ scene: WorkOrderRules.Scene) -> WorkOrder.Progress {
        let proposed = dispatches.min { ($0.tier, $0.index) < ($1.tier, $1.index) }
        let others = Set(dispatches.map(\.place)).subtracting(proposed.map { [$0.place] } ?? [])
        return WorkOrder.Progress(
            status: stage.status,
            round: stage.round,
            holders: holders,
            dispute: dispute(scene),
            offers: shownOffers,
            lead: proposed?.place,
            otherLeads: others.sorted(),
            heads: heads
        )
    }

    private func dispute(_ scene: WorkOrderRules.Scene) -> WorkOrder.Dispute? {
        guard let giver = disputed else { return nil }
        let claimants = followers(of: giver)
        return WorkOrder.Dispute(
            claims: claimants.compactMap { tenure in
                tenures[tenure].take.map {
                    WorkOrder.Dispute.Claim(take: $0, place: tenures[tenure].holder)
                }
            },
            giver: tenures[giver].holder,
            arbiter: scene.arbiter(of: claimants.map { tenures[$0].holder }, giver: tenures[giver].holder)
        )
    }
}

extension WorkOrderEvent.Act {
    init(wire: WireWorkOrderAct) {
        self = WorkOrderEvent.Act.allCases.first { $0.wire == wire && $0 != .unknown } ?? .unknown
    }

    var wire: WireWorkOrderAct {
        switch self {
        case .accept: .accept
        case .decline: .decline
        case .file: .file
        case .dispatch: .dispatch
        case .signFor: .signFor
        case .handle: .handle
        case .handled: .handled
        case .verify: .verify
        case .rework: .rework
        case .revisit: .revisit
        case .close: .close
        case .reopen: .reopen
        case .archive: .archive
        case .note: .note
        case .offer: .offer
        case .take: .take
        case .refuse: .refuse
        case .withdraw: .withdraw
        case .lapse: .lapse
        case .pick: .pick
        case .unknown: .unspecified
        }
    }
}
