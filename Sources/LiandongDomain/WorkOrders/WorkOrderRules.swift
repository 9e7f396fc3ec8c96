package import LiandongCore

/// Who may do what to a work order, and in which state: asked by commands before they write and by the fold of what
/// others wrote, so that both give the same answer.
package enum WorkOrderRules {
    /// An event as far as the rules look at it.
    package struct Event: Sendable, Hashable {
        package let id: EventID
        package let act: WorkOrderEvent.Act
        package let authorPlace: PlaceID?
        package let place: PlaceID?
        package let subject: EventID?
        /// Position in the log of the entry that `subject` names.
        package let subjectIndex: Int?
        package let reason: String
    }
}

extension WorkOrderRules {
    /// What the rules need of the order besides its state.
    struct Scene {
        /// Every audience that the order was ever for.
        let audiences: [Audience]
        let acceptedAt: PlaceID
        let authority: AuthorityState
    }

    /// - Throws: the refusal that the author is told, and that the entry is flagged with.
    static func check(_ event: Event, _ state: WorkOrderState, _ scene: Scene) throws(Refusal) {
        guard let author = event.authorPlace else {
            throw Refusal(.authorNotEnrolled)
        }
        try checkState(event, state.stage.status)
        let who = Who(author: author, state: state, scene: scene)
        switch event.act {
        case .accept, .decline, .file:
            try who.mustHold(event.act, offers: state.offers)
        case .dispatch:
            try who.mustHoldOrStandAbove(event.act)
            try checkDispatch(event, who)
        case .signFor:
            try who.mustLead(event.act)
        case .handle, .handled:
            try who.mustLeadOrHold(event.act)
        case .verify, .rework, .close, .archive:
            try who.mustHoldOrStandAbove(event.act)
        case .revisit, .reopen:
            try who.mustHoldOrStandAboveOrHaveAccepted(event.act)
        case .note:
            try who.mustBeEntitled(event.act)
        case .offer:
            try who.mustHold(event.act, offers: [])
            try checkOffer(event, who)
        case .take, .refuse:
            let offer = try openOffer(event, state, scene)
            guard offer.to == author else {
                throw who.refusal(.actOfferForOther, event.act, scene.name(offer.to))
            }
        case .withdraw, .lapse:
            let offer = try openOffer(event, state, scene)
            guard offer.from == author else {
                throw who.refusal(.actOfferByOther, event.act, scene.name(offer.from))
            }
        case .pick:
            try checkPick(event, state, who)
        case .unknown:
            throw Refusal(.eventUnknown)
        }
    }

    /// The statuses in which an act makes sense.
    private static func statuses(for act: WorkOrderEvent.Act) -> ClosedRange<WorkOrder.Status>? {
        switch act {
        case .accept: .submitted ... .submitted
        case .decline: .submitted ... .filed
        case .file: .accepted ... .reopened
        case .dispatch: .accepted ... .handling
        case .signFor: .dispatched ... .dispatched
        case .handle: .accepted ... .signedFor
        case .handled: .dispatched ... .handling
        case .verify, .rework: .handled ... .handled
        case .revisit: .handled ... .verified
        case .close: .accepted ... .revisited
        case .reopen: .handled ... .archived
        case .archive: .declined ... .closed
        case .offer, .take: .submitted ... .revisited
        case .note, .refuse, .withdraw, .lapse, .pick, .unknown: nil
        }
    }

    private static func checkState(_ event: Event, _ status: WorkOrder.Status) throws(Refusal) {
        guard let range = statuses(for: event.act), !range.contains(status) else { return }
        let (now, done) = (status.words, event.act.words(event.act.participle))
        switch status {
        case .submitted: throw Refusal(.stateAcceptFirst, now, done)
        case .declined, .closed, .archived: throw Refusal(.stateReopenFirst, now, done)
        case .accepted, .reopened, .filed, .dispatched, .signedFor, .handling, .handled, .verified, .revisited:
            let (first, last) = (range.lowerBound.words, range.upperBound.words)
            throw first == last ? Refusal(.stateOnly, now, done, first) : Refusal(.stateBetween, now, done, first, last)
        }
    }

    private static func checkDispatch(_ event: Event, _ who: Who) throws(Refusal) {
        guard let to = event.place, let place = who.scene.authority.places[to] else {
            throw Refusal(.dispatchPlaceUnknown)
        }
        guard who.state.holders.contains(where: { who.scene.authority.isWithin(to, $0) || to == who.author }) else {
            throw who.refusal(.actNotUnderHolder, .dispatch, place.name, who.holderNames)
        }
        guard who.scene.isEntitled(to) || place.tier == .grid else {
            throw who.refusal(.actNotReceiving, .dispatch, place.name, who.scene.audienceNames)
        }
    }

    /// The most times that an order changes hands.
    private static let transferLimit = 64

    private static func checkOffer(_ event: Event, _ who: Who) throws(Refusal) {
        guard who.state.tenures.count <= transferLimit else {
            throw Refusal(.transfersTooMany, transferLimit)
        }
        guard let to = event.place, let place = who.scene.authority.places[to] else {
            throw Refusal(.offerPlaceUnknown)
        }
        guard !who.state.isHolder(to) else {
            throw Refusal(.holdsAlready, place.name)
        }
        guard !who.state.offers.contains(where: { $0.to == to && who.state.state(of: $0) == .open }) else {
            throw Refusal(.offeredAlready, place.name)
        }
        guard who.scene.isEntitled(to), place.tier != .grid else {
            throw Refusal(.offerNotReceiving, place.name, who.scene.audienceNames)
        }
    }

    private static func openOffer(
        _ event: Event,
        _ state: WorkOrderState,
        _ scene: Scene
    ) throws(Refusal) -> WorkOrderState.OfferState {
        guard let subject = event.subject, let offer = state.offer(subject) else {
            throw Refusal(.offerUnknown)
        }
        let current = state.state(of: offer)
        guard current == .open else {
            throw Refusal(.offerNotOpen, scene.name(offer.to), Localized(current.title.zh, current.name))
        }
        return offer
    }

    /// A dispute is for the giver to decide, else for the lowest common ancestor.
    private static func checkPick(_ event: Event, _ state: WorkOrderState, _ who: Who) throws(Refusal) {
        guard let giver = state.disputed else {
            throw Refusal(.noDispute)
        }
        guard
            let take = event.subjectIndex, let tenure = state.tenure(begunBy: take),
            state.followers(of: giver).contains(tenure)
        else {
            throw Refusal(.pickUnknown, who.scene.names(state.followers(of: giver).map { state.tenures[$0].holder }))
        }
        let claimants = state.followers(of: giver).map { state.tenures[$0].holder }
        let arbiter = who.scene.arbiter(of: claimants, giver: state.tenures[giver].holder)
        guard who.author == state.tenures[giver].holder || who.author == arbiter else {
            throw who.refusal(
                .actGiverDecides,
                .pick,
                who.scene.name(state.tenures[giver].holder),
                who.scene.name(arbiter)
            )
        }
    }
}

extension WorkOrderRules.Scene {
    func name(_ place: PlaceID) -> String { authority.places[place]?.name ?? "place \(place)" }

    func names(_ places: [PlaceID]) -> String { places.map { name($0) }.joined(separator: ", ") }

    /// Nobody offered the order to the author, or the author to nobody.
    func noOffer(_ act: WorkOrderEvent.Act, _ state: WorkOrderState) -> Refusal {
        Refusal(.noOffer, act.words(act.word), names(state.holders))
    }

    var audienceNames: String { names(Set(audiences.flatMap(\.members).map(\.place)).sorted()) }

    func isEntitled(_ place: PlaceID) -> Bool { audiences.contains { authority.isEntitled(place: place, to: $0) } }

    /// The lowest common ancestor of all claimants.
    func arbiter(of claimants: [PlaceID], giver: PlaceID) -> PlaceID {
        var common = claimants.first ?? giver
        for claimant in claimants.dropFirst() {
            common = authority.lowestCommonAncestor(common, claimant) ?? authority.district ?? common
        }
        return common
    }
}

/// How an author's place stands to the order.
private struct Who {
    let author: PlaceID
    let state: WorkOrderState
    let scene: WorkOrderRules.Scene

    var holderNames: String { scene.names(state.holders) }

    private var holds: Bool { state.isHolder(author) }
    private var standsAbove: Bool { state.holders.contains { scene.authority.isWithin($0, author) } }
    private var leads: Bool {
        state.dispatches.contains { $0.place == author || scene.authority.isWithin($0.place, author) }
    }

    func mustHold(_ act: WorkOrderEvent.Act, offers: [WorkOrderState.OfferState]) throws(Refusal) {
        guard !holds else { return }
        let isOffered = offers.contains { $0.to == author && state.state(of: $0) == .open }
        throw refusal(isOffered ? .actOfferedToYou : .actHeldByOther, act, holderNames)
    }

    func mustHoldOrStandAbove(_ act: WorkOrderEvent.Act) throws(Refusal) {
        guard !holds, !standsAbove else { return }
        throw refusal(.actHeldOrAbove, act, holderNames)
    }

    func mustHoldOrStandAboveOrHaveAccepted(_ act: WorkOrderEvent.Act) throws(Refusal) {
        guard author != scene.acceptedAt, !scene.authority.isWithin(scene.acceptedAt, author) else { return }
        try mustHoldOrStandAbove(act)
    }

    func mustLead(_ act: WorkOrderEvent.Act) throws(Refusal) {
        guard !leads else { return }
        let leads = scene.names(state.dispatches.map(\.place))
        throw refusal(.actDispatchedToOther, act, leads)
    }

    func mustLeadOrHold(_ act: WorkOrderEvent.Act) throws(Refusal) {
        guard !leads else { return }
        try mustHold(act, offers: [])
    }

    func mustBeEntitled(_ act: WorkOrderEvent.Act) throws(Refusal) {
        guard !scene.isEntitled(author) else { return }
        throw refusal(.actNotForYou, act, holderNames)
    }

    func refusal(_ key: Refusal.Key, _ act: WorkOrderEvent.Act, _ more: any RefusalValue...) -> Refusal {
        Refusal(key, [scene.name(author), act.words(act.word)] + more)
    }
}

extension WorkOrder.Status {
    /// Its title, and in English its stable word.
    var words: Localized { Localized(title.zh, name) }
}

extension WorkOrderEvent.Act {
    /// Its title, and in English the form that a sentence wants.
    func words(_ english: String) -> Localized { Localized(title.zh, english) }

    /// As in "cannot accept the order".
    package var word: String {
        switch self {
        case .signFor: "sign for"
        case .handle, .handled: "handle"
        case .rework: "send back"
        case .pick: "decide the dispute over"
        case .note: "add a note to"
        case .unknown: "do something unknown to"
        case .accept, .decline, .file, .dispatch, .verify, .revisit, .close, .reopen, .archive, .offer, .take, .refuse,
            .withdraw, .lapse:
            rawValue
        }
    }

    /// As in "cannot be accepted".
    package var participle: String {
        switch self {
        case .accept: "accepted"
        case .decline: "declined"
        case .file: "filed"
        case .dispatch: "dispatched"
        case .signFor: "signed for"
        case .handle: "taken in hand"
        case .handled: "reported as handled"
        case .verify: "verified"
        case .rework: "sent back"
        case .revisit: "revisited"
        case .close: "closed"
        case .reopen: "reopened"
        case .archive: "archived"
        case .note: "noted on"
        case .offer: "offered"
        case .take: "taken"
        case .refuse: "refused"
        case .withdraw: "withdrawn"
        case .lapse: "lapsed"
        case .pick: "decided"
        case .unknown: "changed"
        }
    }
}
