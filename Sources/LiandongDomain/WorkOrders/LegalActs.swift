package import LiandongCore

extension WorkOrder {
    /// One act, and whether a place may do it now: what pages offer, and why they do not offer the rest.
    package struct LegalAct: Sendable, Hashable {
        package let act: WorkOrderEvent.Act
        /// Why it cannot be done; nil when it can.
        package let refusal: Refusal?
        /// The places that it can be done with, sorted: to dispatch or offer to, to pick.
        ///
        /// Empty for acts that name no place.
        package let places: [PlaceID]

        package var isLegal: Bool { refusal == nil }
    }

    /// Every act with whether a place may do it to the order as it stands.
    ///
    /// Asked of the same rules that commands and folds ask, so that what is offered is what is taken. A command may
    /// still be refused for what it says: a missing reason, a text that is too long.
    ///
    /// - Returns: in the order of ``WorkOrderEvent/Act``, without `unknown`; empty when the record is no work order.
    /// - Complexity: O(log entries + acts × places of the district).
    package static func legalActs(_ view: RecordView, at place: PlaceID, _ authority: AuthorityState) -> [LegalAct] {
        guard let order = WorkOrder.fold(view, authority) else { return [] }
        let scene = WorkOrderRules.Scene(
            audiences: view.givenTo + [view.audience],
            acceptedAt: order.acceptedAt,
            authority: authority
        )
        let log = WorkOrderLog(view, scene)
        let question = LegalActQuestion(place: place, state: log.state, scene: scene)
        return WorkOrderEvent.Act.allCases.filter { $0 != .unknown }.map(question.answer)
    }
}

/// What may be done to an order in one state by one place.
private struct LegalActQuestion {
    let place: PlaceID
    let state: WorkOrderState
    let scene: WorkOrderRules.Scene

    func answer(_ act: WorkOrderEvent.Act) -> WorkOrder.LegalAct {
        switch act {
        case .dispatch:
            let places = scene.authority.places.keys.sorted()
            return answer(act, amongst: places) { event(act, place: $0) } ?? plain(event(act, place: place))
        case .offer:
            let places = scene.authority.places.keys.sorted()
            return answer(act, amongst: places, widened: true) { event(act, place: $0) }
                ?? plain(event(act, place: places.first { !state.isHolder($0) }))
        case .take, .refuse:
            return offered(act, state.offers.filter { $0.to == place })
        case .withdraw, .lapse:
            let own = state.offers.filter { $0.from == place }
            let open = Dictionary(own.filter(isOpen).map { ($0.to, $0) }) { _, last in last }
            return answer(act, amongst: open.keys.sorted()) { event(act, about: open[$0]) } ?? offered(act, own)
        case .pick:
            let claims = state.disputed.map { state.followers(of: $0) } ?? []
            let tenures = Dictionary(claims.map { (state.tenures[$0].holder, state.tenures[$0]) }) { first, _ in first }
            let answer = answer(act, amongst: tenures.keys.sorted()) { claimant in
                event(act, subject: tenures[claimant]?.take, index: tenures[claimant]?.takes.first)
            }
            return answer ?? plain(event(act))
        case .accept, .decline, .file, .signFor, .handle, .handled, .verify, .rework, .revisit, .close, .reopen,
            .archive, .note, .unknown:
            return plain(event(act))
        }
    }

    /// An act about one of some offers: the open one, else the last, which can no longer be.
    private func offered(_ act: WorkOrderEvent.Act, _ offers: [WorkOrderState.OfferState]) -> WorkOrder.LegalAct {
        guard let offer = offers.last(where: isOpen) ?? offers.last else {
            return WorkOrder.LegalAct(act: act, refusal: scene.noOffer(act, state), places: [])
        }
        return plain(event(act, about: offer))
    }

    private func isOpen(_ offer: WorkOrderState.OfferState) -> Bool { state.state(of: offer) == .open }

    private func plain(_ event: WorkOrderRules.Event) -> WorkOrder.LegalAct {
        WorkOrder.LegalAct(act: event.act, refusal: refusal(event, scene), places: [])
    }

    /// The act with the places that it is legal with; nil when there are none.
    ///
    /// - Parameter widened: the order would be given to the place by the act itself.
    private func answer(
        _ act: WorkOrderEvent.Act,
        amongst places: [PlaceID],
        widened: Bool = false,
        _ event: (PlaceID) -> WorkOrderRules.Event
    ) -> WorkOrder.LegalAct? {
        let legal = places.filter { place in
            let more = widened ? Audience(lines: [place]).map { [$0] } ?? [] : []
            return refusal(event(place), scene.with(more)) == nil
        }
        return legal.isEmpty ? nil : WorkOrder.LegalAct(act: act, refusal: nil, places: legal)
    }

    private func refusal(_ event: WorkOrderRules.Event, _ scene: WorkOrderRules.Scene) -> Refusal? {
        do throws(Refusal) {
            try WorkOrderRules.check(event, state, scene)
            return nil
        } catch {
            return error
        }
    }

    private func event(_ act: WorkOrderEvent.Act, about offer: WorkOrderState.OfferState?) -> WorkOrderRules.Event {
        event(act, subject: offer?.id, index: offer?.index)
    }

    private func event(
        _ act: WorkOrderEvent.Act,
        place target: PlaceID? = nil,
        subject: EventID? = nil,
        index: Int? = nil
    ) -> WorkOrderRules.Event {
        WorkOrderRules.Event(
            id: EventID(raw: 0),
            act: act,
            authorPlace: place,
            place: target,
            subject: subject,
            subjectIndex: index,
            reason: ""
        )
    }
}

extension WorkOrderRules.Scene {
    fileprivate func with(_ more: [Audience]) -> WorkOrderRules.Scene {
        WorkOrderRules.Scene(audiences: audiences + more, acceptedAt: acceptedAt, authority: authority)
    }
}
