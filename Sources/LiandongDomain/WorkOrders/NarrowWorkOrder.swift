package import LiandongCore

/// Takes a work order back from places that it was given to and that have nothing to do with it any more: they let go
/// of it.
package struct NarrowWorkOrder: Command {
    package var order: WorkOrderSelector

    package init(_ order: WorkOrderSelector) { self.order = order }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        package let number: String
        /// Whom the order is for now.
        package let audience: Audience
        /// The places that it was taken back from, sorted.
        package let takenFrom: [PlaceID]
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        let (view, order) = try order.find(reader, context)
        let authority = context.authority
        for audience in view.audiences { try context.requireEntitled(to: audience, Localized("工单", "the order")) }
        try requirePermitted(order, view, context)
        let needed = needed(order, view, authority)
        func isLeftOut(_ member: Audience.Member) -> Bool {
            !authority.covers(needed, member, atHeight: authority.height)
        }
        let takenFrom = Set(view.audiences.flatMap(\.members).filter(isLeftOut).map(\.place)).sorted()
        guard !takenFrom.isEmpty else {
            throw Refusal(.narrowNothing)
        }
        guard let kind = view.kind else { preconditionFailure("an order without a creation is not found") }
        var seen: Set<Audience> = [needed]
        let left = view.givenTo.filter { audience in
            seen.insert(audience).inserted && audience.members.contains(where: isLeftOut)
                && authority.isEntitled(context.actor.node, to: audience)
        }
        return Plan(
            drafts: [.give(view.record, of: kind, from: view.audience, to: needed)]
                + left.map { .leave(view.record, of: kind, $0, for: needed) },
            receipt: Receipt(record: view.record, number: order.number, audience: needed, takenFrom: takenFrom)
        )
    }

    /// The order's home, and whoever has to do with it beside that.
    private func needed(_ order: WorkOrder, _ view: RecordView, _ authority: AuthorityState) -> Audience {
        let leads = [order.lead].compactMap { $0 } + order.progress.otherLeads
        var needed = view.home
        for place in order.answering(authority) + leads + [order.papersAt] {
            let place = authority.responsiblePlace(for: place)
            guard authority.places[place] != nil, !authority.isEntitled(place: place, to: needed) else { continue }
            needed = needed.joined(with: [Audience.Member(place: place, scope: .line)], authority)
        }
        return needed
    }

    /// Its holder, or a place above all that receive it.
    private func requirePermitted(_ order: WorkOrder, _ view: RecordView, _ context: CommandContext) throws(Refusal) {
        let (authority, actor) = (context.authority, context.actor.place)
        let isAbove = view.audiences.flatMap(\.members).allSatisfy { authority.isWithin($0.place, actor) }
        guard !order.holders.contains(actor), !isAbove else { return }
        let holders = order.holders.map { authority.name(of: $0) }.joined(separator: ", ")
        throw Refusal(.narrowNotYours, authority.name(of: actor), holders)
    }
}
