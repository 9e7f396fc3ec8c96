import Foundation
package import LiandongCore

/// Does one thing to a work order: every act of ``WorkOrderEvent/Act``.
package struct ActOnWorkOrder: Command {
    /// What to do.
    package enum Action: Sendable, Hashable {
        case accept
        /// `reason` is a code of ``DeclineReason``; `whereTo` says where the requester should go.
        case decline(reason: DeclineReason, whereTo: String)
        case file
        /// Nil: this place handles it itself.
        case dispatch(to: PlaceID?)
        case signFor, handle, handled, verify
        /// The verification failed: handle it again, in a new round.
        case rework
        /// The requester's content, 1 to 5.
        case revisit(satisfaction: Int?)
        case close, reopen, archive, note
        /// The requester's content, 1 to 5, in their own words: kept beside the log's state.
        case rate(Int)
        /// The requester is not content with the end: for the holder to reopen, or to say why not.
        case askToReopen
        case offer(to: PlaceID)
        /// The open offer to this place.
        case take
        case refuse(reason: String)
        /// The open offers by this place: to one place, or nil when there is but one.
        case withdraw(to: PlaceID?)
        case lapse(to: PlaceID?)
        /// Decides a dispute for one of its claimants.
        case pick(PlaceID)
    }

    /// Why a request is not for city government, or not for this district.
    package enum DeclineReason: String, Sendable, CaseIterable {
        case outsideDistrict = "outside-district"
        case outsideRemit = "outside-remit"
        case inCourt = "in-court"
        case emergency = "emergency"
        case repeated = "repeated"
        case unfounded = "unfounded"
    }

    package var order: WorkOrderSelector
    package var action: Action
    package var text: String

    package init(_ order: WorkOrderSelector, _ action: Action, text: String = "") {
        self.order = order
        self.action = action
        self.text = text
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let number: String
        package let event: EventID
        package let status: WorkOrder.Status
        package let holders: [PlaceID]
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        let (view, order) = try order.find(reader, context)
        let target = try RecordTarget(
            view,
            Localized("工单", "the order"),
            including: receivers(of: order, context),
            context
        )
        let scene = WorkOrderRules.Scene(
            audiences: view.givenTo + [target.audience],
            acceptedAt: order.acceptedAt,
            authority: context.authority
        )
        var log = WorkOrderLog(view, scene)
        let event = try event(log.state, scene, context)
        try WorkOrderRules.check(event, log.state, scene)
        let written = try writtenText(order)

        var drafts = WorkOrderDrafts(record: order.record, target, isErased: order.erasedAt != nil)
        drafts.append(event.act, id: event.id, after: log.progress.heads, text: written, context) {
            $0.place = event.place?.raw ?? 0
            $0.subject = Data(event.subject?.bytes ?? [])
            $0.reason = event.reason
            if let satisfaction = action.satisfaction { $0.satisfaction = UInt32(clamping: satisfaction) }
        }
        log.append(event, scene)
        return Plan(
            drafts: drafts.drafts,
            receipt: Receipt(
                record: order.record,
                number: order.number,
                event: event.id,
                status: log.state.stage.status,
                holders: log.state.holders
            )
        )
    }

    /// The places that answer for the order, and the one that it is offered to now.
    private func receivers(of order: WorkOrder, _ context: CommandContext) -> [PlaceID] {
        let answering = order.answering(context.authority)
        guard case .offer(let to) = action else { return answering }
        // Whoever may not offer it gives it to nobody.
        let mayOffer = order.holders.contains(context.actor.place) && context.authority.places[to] != nil
        return mayOffer ? answering + [to] : answering
    }

    private func writtenText(_ order: WorkOrder) throws(Refusal) -> String {
        let text = try Text.checked(text, Localized("正文", "the text"), limit: 4000)
        let (what, asked) = second
        let more = try Text.checked(asked, what, limit: 400)
        guard order.erasedAt == nil else {
            if action == .note || action == .askToReopen || !text.isEmpty || !more.isEmpty {
                try order.requireNotErased(.erasedSayNothing)
            }
            return ""
        }
        switch action {
        case .decline, .refuse:
            let more = try Text.required(more, what, limit: 400)
            return text.isEmpty || text == more ? more : "\(text)\n\(more)"
        case .note:
            return try Text.required(text, Localized("备注", "the note"), limit: 4000)
        case .askToReopen:
            return try Text.required(text, Localized("为什么要重办", "why it should be reopened"), limit: 4000)
        case .rate, .accept, .file, .dispatch, .signFor, .handle, .handled, .verify, .rework, .revisit, .close, .reopen,
            .archive, .offer, .take, .withdraw, .lapse, .pick:
            return text
        }
    }

    /// What an action has to say besides its text, and what that is called.
    private var second: (name: Localized, text: String) {
        switch action {
        case .decline(_, let whereTo): (Localized("请诉求人去哪里", "where the requester should go"), whereTo)
        case .refuse(let reason): (Localized("理由", "the reason"), reason)
        case .rate, .askToReopen, .accept, .file, .dispatch, .signFor, .handle, .handled, .verify, .rework, .revisit,
            .close, .reopen,
            .archive, .note, .offer, .take, .withdraw, .lapse, .pick:
            (Localized("", ""), "")
        }
    }
}

// MARK: - The event

extension ActOnWorkOrder {
    private func event(
        _ state: WorkOrderState,
        _ scene: WorkOrderRules.Scene,
        _ context: CommandContext
    ) throws(Refusal) -> WorkOrderRules.Event {
        var place: PlaceID?
        var subject: (id: EventID?, index: Int?) = (nil, nil)
        var reason = ""
        switch action {
        case .decline(let code, _):
            reason = code.rawValue
        case .dispatch(let to):
            place = to ?? context.actor.place
        case .offer(let to):
            place = to
        case .take:
            subject.id = try openOffer(state, scene, act: .take) { $0.to == context.actor.place }
        case .refuse:
            // Why is free text, and goes where free text goes: beside the event, so that it can be erased.
            subject.id = try openOffer(state, scene, act: .refuse) { $0.to == context.actor.place }
        case .withdraw(let to):
            subject.id = try openOffer(state, scene, act: .withdraw) { isOwn($0, to: to, context) }
        case .lapse(let to):
            subject.id = try openOffer(state, scene, act: .lapse) { isOwn($0, to: to, context) }
        case .pick(let claimant):
            place = claimant
            subject = claim(of: claimant, state)
        case .rate:
            try requireRequester(Localized("评价", "rates it"), context)
            try requireDone(state, Localized("评价", "rated"))
            reason = WorkOrderEvent.RequesterReason.rating.rawValue
        case .askToReopen:
            try requireRequester(Localized("申请重办", "asks to reopen it"), context)
            try requireDone(state, Localized("申请重办", "asked to be reopened"))
            reason = WorkOrderEvent.RequesterReason.reopenAsked.rawValue
        case .accept, .file, .signFor, .handle, .handled, .verify, .rework, .revisit, .close, .reopen, .archive, .note:
            break
        }
        if let satisfaction = action.satisfaction, !(1...5).contains(satisfaction) {
            throw Refusal(.satisfactionRange, satisfaction)
        }
        return WorkOrderRules.Event(
            id: context.newEventID(),
            act: action.act,
            authorPlace: context.actor.place,
            place: place,
            subject: subject.id,
            subjectIndex: subject.index,
            reason: reason
        )
    }

    /// Nobody says in a requester's name what they think of the outcome.
    private func requireRequester(_ does: Localized, _ context: CommandContext) throws(Refusal) {
        guard context.actor.role != Actor.residentRole else { return }
        throw Refusal(.requesterOnly, does)
    }

    /// What a requester says of the outcome needs one.
    private func requireDone(_ state: WorkOrderState, _ participle: Localized) throws(Refusal) {
        guard state.stage.status < .handled else { return }
        throw Refusal(.notHandledYet, state.stage.status.words, participle)
    }

    private func isOwn(_ offer: WorkOrderState.OfferState, to: PlaceID?, _ context: CommandContext) -> Bool {
        offer.from == context.actor.place && (to == nil || offer.to == to)
    }

    /// The one offer that is meant.
    ///
    /// One that can no longer be taken is named in the refusal of the rules.
    private func openOffer(
        _ state: WorkOrderState,
        _ scene: WorkOrderRules.Scene,
        act: WorkOrderEvent.Act,
        _ isMeant: (WorkOrderState.OfferState) -> Bool
    ) throws(Refusal) -> EventID {
        let meant = state.offers.filter(isMeant)
        let open = meant.filter { state.state(of: $0) == .open }
        if open.count > 1, Set(open.map(\.to)).count > 1 {
            throw Refusal(.offersSeveral, scene.names(open.map(\.to)), act.words(act.word))
        }
        guard let offer = open.last ?? meant.last else { throw scene.noOffer(act, state) }
        return offer.id
    }

    private func claim(of claimant: PlaceID, _ state: WorkOrderState) -> (EventID?, Int?) {
        guard
            let giver = state.disputed,
            let tenure = state.followers(of: giver).first(where: { state.tenures[$0].holder == claimant })
        else { return (nil, nil) }
        return (state.tenures[tenure].take, state.tenures[tenure].takes.first)
    }
}

extension ActOnWorkOrder.Action {
    package var act: WorkOrderEvent.Act {
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
        case .note, .rate, .askToReopen: .note
        case .offer: .offer
        case .take: .take
        case .refuse: .refuse
        case .withdraw: .withdraw
        case .lapse: .lapse
        case .pick: .pick
        }
    }
}

extension ActOnWorkOrder.Action {
    /// The requester's content that it tells.
    fileprivate var satisfaction: Int? {
        switch self {
        case .revisit(let satisfaction): satisfaction
        case .rate(let satisfaction): satisfaction
        case .accept, .decline, .file, .dispatch, .signFor, .handle, .handled, .verify, .rework, .close, .reopen,
            .archive, .note, .askToReopen, .offer, .take, .refuse, .withdraw, .lapse, .pick:
            nil
        }
    }
}
