package import LiandongCore

extension WorkOrder {
    /// What a log amounts to: state, round, holder, offers, lead.
    package struct Progress: Sendable, Hashable {
        package let status: Status
        package let round: Int
        /// Sorted; never empty.
        package let holders: [PlaceID]
        package let dispute: Dispute?
        package let offers: [Offer]
        package let lead: PlaceID?
        /// The places that concurrent dispatches name beside ``lead``, sorted.
        package let otherLeads: [PlaceID]
        /// The newest entries: what the next event comes after.
        ///
        /// Sorted.
        package let heads: [EventID]
    }
}

/// The state that a set of events makes, whatever the order they came in.
///
/// Events are applied in log order, which is the same everywhere. Every rule looks at what authors had *seen*, never at
/// which of two unrelated stamps is the greater, except to break a tie that nothing else breaks.
struct WorkOrderState {
    /// Round and status together only ever grow, so concurrent events need no order: reopening begins a round above
    /// any closing that had not seen it (design §9, first row).
    private(set) var stage = Stage(round: 1, status: .submitted)
    /// The root is the place that accepted; a take begins another.
    private(set) var tenures: [Tenure]
    private(set) var offers: [OfferState] = []
    private(set) var picks: [Pick] = []
    /// The tenures that nothing has ended: one, or one for each claimant of a dispute.
    private(set) var current = [0]
    /// The newest dispatches, none of which had seen another.
    private(set) var dispatches: [Dispatch] = []

    struct Stage: Comparable {
        let round: Int
        let status: WorkOrder.Status

        static func < (a: Stage, b: Stage) -> Bool { (a.round, a.status) < (b.round, b.status) }
    }

    /// One place's time as holder.
    struct Tenure {
        /// The log positions of the takes that began it: two nodes of one place taking at once are one take.
        ///
        /// Empty at the root.
        var takes: [Int]
        /// The event that ``takes`` begins with; nil at the root.
        let take: EventID?
        let holder: PlaceID
        /// Index of the giver's tenure; nil at the root.
        let giver: Int?
    }

    struct OfferState {
        let index: Int
        let id: EventID
        let from: PlaceID
        let to: PlaceID
        let tenure: Int
        var state: WorkOrder.Offer.State
        var reason: String
    }

    /// A decision in a dispute over the tenures that followed one.
    struct Pick {
        let giver: Int
        let tenure: Int
        let isByGiver: Bool
    }

    struct Dispatch {
        let index: Int
        let place: PlaceID
        let tier: Tier
    }

    init(acceptedAt: PlaceID) {
        self.tenures = [Tenure(takes: [], take: nil, holder: acceptedAt, giver: nil)]
    }
}

// MARK: - Questions

extension WorkOrderState {
    var holders: [PlaceID] { Set(current.map { tenures[$0].holder }).sorted() }

    func isHolder(_ place: PlaceID) -> Bool { current.contains { tenures[$0].holder == place } }

    /// The tenure of a holder.
    func tenure(heldBy place: PlaceID) -> Int? { current.first { tenures[$0].holder == place } }

    func offer(_ id: EventID) -> OfferState? { offers.first { $0.id == id } }

    /// An offer as people see it: one of a tenure that has ended can no longer be taken.
    func state(of offer: OfferState) -> WorkOrder.Offer.State {
        offer.state == .open && !current.contains(offer.tenure) ? .overtaken : offer.state
    }

    /// All offers, as people see them.
    var shownOffers: [WorkOrder.Offer] {
        let current = Set(self.current)
        return offers.map { offer in
            let isOvertaken = offer.state == .open && !current.contains(offer.tenure)
            return WorkOrder.Offer(
                id: offer.id,
                from: offer.from,
                to: offer.to,
                state: isOvertaken ? .overtaken : offer.state,
                reason: offer.reason
            )
        }
    }

    /// The tenure whose followers are in dispute.
    var disputed: Int? {
        guard current.count > 1 else { return nil }
        return tenures.indices.first { followers(of: $0).count > 1 && chosen(after: $0) == nil && isReachable($0) }
    }

    /// The tenure that a take began.
    func tenure(begunBy index: Int) -> Int? { tenures.firstIndex { $0.takes.contains(index) } }

    func followers(of tenure: Int) -> [Int] { tenures.indices.filter { tenures[$0].giver == tenure } }

    /// Finds the tenures that nothing has ended, branches set aside by a pick left out.
    private func unended() -> [Int] {
        var followers: [Int: [Int]] = [:]
        for (index, tenure) in tenures.enumerated() {
            if let giver = tenure.giver { followers[giver, default: []].append(index) }
        }
        var found: [Int] = []
        var open = [0]
        while let tenure = open.popLast() {
            guard let next = followers[tenure] else {
                found.append(tenure)
                continue
            }
            open += chosen(after: tenure).map { [$0] } ?? next
        }
        return found.sorted()
    }

    /// What was picked of a dispute: the giver's word before the arbiter's, then the first.
    private func chosen(after tenure: Int) -> Int? {
        let decisions = picks.filter { $0.giver == tenure }
        return (decisions.first { $0.isByGiver } ?? decisions.first)?.tenure
    }

    /// Whether no pick has set the tenure's branch aside.
    private func isReachable(_ tenure: Int) -> Bool {
        guard let giver = tenures[tenure].giver else { return true }
        if let chosen = chosen(after: giver), chosen != tenure { return false }
        return isReachable(giver)
    }
}

// MARK: - Events

extension WorkOrderState {
    /// Applies an event that its author might do.
    ///
    /// - Parameters:
    ///   - seen: The state that its author saw; what it did is to be read against that.
    ///   - past: The positions of what its author had seen.
    mutating func apply(
        _ event: WorkOrderRules.Event,
        at index: Int,
        seen: WorkOrderState,
        past: CausalLog.Past,
        _ authority: AuthorityState
    ) {
        let round = seen.stage.round + (event.act.beginsRound ? 1 : 0)
        switch event.act {
        case .offer: applyOffer(event, at: index, seen: seen)
        case .take: return applyTake(event, at: index, past: past, round: round)
        case .refuse: end(event, as: .refused)
        case .withdraw: end(event, as: .withdrawn)
        case .lapse: end(event, as: .lapsed)
        case .pick: applyPick(event)
        case .dispatch: applyDispatch(event, at: index, past: past, authority)
        case .accept, .decline, .file, .signFor, .handle, .handled, .verify, .rework, .revisit, .close, .reopen,
            .archive,
            .note, .unknown:
            break
        }
        if let status = event.act.reached { reach(status, in: round) }
    }

    private mutating func applyDispatch(
        _ event: WorkOrderRules.Event,
        at index: Int,
        past: CausalLog.Past,
        _ authority: AuthorityState
    ) {
        dispatches.removeAll { past.contains($0.index) }
        guard let to = event.place else { return }
        let tier = event.authorPlace.flatMap { authority.places[$0]?.tier } ?? .grid
        dispatches.append(Dispatch(index: index, place: to, tier: tier))
    }

    private mutating func reach(_ status: WorkOrder.Status, in round: Int) {
        stage = max(stage, Stage(round: round, status: status))
    }

    private mutating func applyOffer(_ event: WorkOrderRules.Event, at index: Int, seen: WorkOrderState) {
        // The tenure offered is the one its author held in the state it saw; takes name tenures alike in every state
        // that holds them.
        guard
            let from = event.authorPlace, let to = event.place,
            let held = seen.tenure(heldBy: from), let tenure = counterpart(of: held, in: seen)
        else { return }
        offers.append(
            OfferState(
                index: index,
                id: event.id,
                from: from,
                to: to,
                tenure: tenure,
                state: .open,
                reason: event.reason
            )
        )
    }

    /// The tenure here that is the given one of another state.
    private func counterpart(of index: Int, in other: WorkOrderState) -> Int? {
        guard let take = other.tenures[index].takes.first else { return 0 }
        return tenure(begunBy: take)
    }

    /// Taking moves the duty.
    ///
    /// A withdrawal the taker had not seen does not stop it (fourth row); a take of another offer of the same tenure
    /// makes a dispute (fifth row).
    private mutating func applyTake(
        _ event: WorkOrderRules.Event,
        at index: Int,
        past: CausalLog.Past,
        round: Int
    ) {
        guard
            let position = offers.firstIndex(where: { $0.id == event.subject }), let taker = event.authorPlace
        else { return }
        offers[position].state = .taken
        let giver = offers[position].tenure
        // Honest nodes stop at 64 transfers in a row; what a ring of others makes beside that must stay small.
        guard tenures.count < 256 else { return }
        if let same = followers(of: giver).first(where: { tenures[$0].holder == taker }) {
            tenures[same].takes.append(index)
        } else {
            tenures.append(Tenure(takes: [index], take: event.id, holder: taker, giver: giver))
            current = unended()
        }
        dispatches.removeAll { past.contains($0.index) }
        reach(.accepted, in: round)
    }

    private mutating func end(_ event: WorkOrderRules.Event, as state: WorkOrder.Offer.State) {
        guard let position = offers.firstIndex(where: { $0.id == event.subject }) else { return }
        if offers[position].state < state {
            offers[position].state = state
            offers[position].reason = event.reason
        }
    }

    private mutating func applyPick(_ event: WorkOrderRules.Event) {
        guard
            let take = event.subjectIndex, let tenure = tenure(begunBy: take), let giver = tenures[tenure].giver
        else { return }
        picks.append(Pick(giver: giver, tenure: tenure, isByGiver: tenures[giver].holder == event.authorPlace))
        current = unended()
    }
}

extension WorkOrderEvent.Act {
    var beginsRound: Bool { self == .reopen || self == .rework }
}
