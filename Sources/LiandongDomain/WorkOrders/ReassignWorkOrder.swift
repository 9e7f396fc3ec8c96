package import LiandongCore

/// Moves a work order from one grid to another: it is for the new one from then on, and so is who receives it.
///
/// What was dispatched to the one is dispatched to the other.
package struct ReassignWorkOrder: Command {
    package var order: WorkOrderSelector
    package var from: PlaceID
    package var to: PlaceID

    package init(_ order: WorkOrderSelector, from: PlaceID, to: PlaceID) {
        self.order = order
        self.from = from
        self.to = to
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let number: String
        /// Who received it, and who receives it now.
        package let before: Audience
        package let after: Audience
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        let (view, order) = try order.find(reader, context)
        try requireGrids(context)
        let target = try RecordTarget(
            view,
            Localized("工单", "the order"),
            including: order.answering(context.authority),
            context
        )
        let after = try audience(instead: target.audience)
        guard let kind = view.kind else { preconditionFailure("an order without a creation is not found") }
        var drafts = target.drafts
        if after != target.audience { drafts.append(.give(view.record, of: kind, from: target.audience, to: after)) }
        var written = WorkOrderDrafts(record: order.record, audience: after, isErased: order.erasedAt != nil)
        if order.place == from { written.write(WorkOrderField.place, to.bytes) }
        try dispatch(order, view, after, to: &written, context)
        guard after != target.audience || !written.drafts.isEmpty else {
            throw Refusal(.reassignNothing, order.number, context.authority.name(of: from))
        }
        drafts += written.drafts
        var seen: Set<Audience> = [after]
        drafts += (view.givenTo + [target.audience]).filter { audience in
            seen.insert(audience).inserted && audience.members.contains { $0.place == from }
                && context.authority.isEntitled(context.actor.node, to: audience)
        }.map { .leave(view.record, of: kind, $0, for: after) }
        return Plan(
            drafts: drafts,
            receipt: Receipt(record: order.record, number: order.number, before: target.audience, after: after)
        )
    }

    /// Both are grids of one place, and the actor stands there or above.
    private func requireGrids(_ context: CommandContext) throws(Refusal) {
        let authority = context.authority
        let places = [from, to].compactMap { authority.places[$0] }
        guard places.count == 2, places.allSatisfy({ $0.tier == .grid }), places[0].parent == places[1].parent else {
            throw Refusal(.notTwoGrids, authority.name(of: from), authority.name(of: to))
        }
        guard authority.isWithin(from, context.actor.place) else {
            throw Refusal(.notAbove, authority.name(of: context.actor.place), authority.name(of: from))
        }
    }

    private func audience(instead audience: Audience) throws(Refusal) -> Audience {
        let members = audience.members.map {
            $0.place == from ? Audience.Member(place: to, scope: $0.scope) : $0
        }
        guard let after = Audience(members) else { preconditionFailure("as many members as before") }
        return after
    }

    private func dispatch(
        _ order: WorkOrder,
        _ view: RecordView,
        _ after: Audience,
        to written: inout WorkOrderDrafts,
        _ context: CommandContext
    ) throws {
        guard order.lead == from, order.status.isOpen, order.status <= .handling else { return }
        let scene = WorkOrderRules.Scene(
            audiences: view.givenTo + [after],
            acceptedAt: order.acceptedAt,
            authority: context.authority
        )
        let log = WorkOrderLog(view, scene)
        let event = WorkOrderRules.Event(
            id: context.newEventID(),
            act: .dispatch,
            authorPlace: context.actor.place,
            place: to,
            subject: nil,
            subjectIndex: nil,
            reason: ""
        )
        // Who may not dispatch it leaves that to its holder.
        guard (try? WorkOrderRules.check(event, log.state, scene)) != nil else { return }
        written.append(.dispatch, id: event.id, after: log.progress.heads, context) { $0.place = to.raw }
    }
}
