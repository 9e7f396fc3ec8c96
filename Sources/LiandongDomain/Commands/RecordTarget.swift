package import LiandongCore

/// Where a command writes further ops of a record, and what brings the record there first.
///
/// Mostly that is the record's audience and nothing. A command that makes a place take part in the record gives it to
/// an audience that has the place; and whichever command comes next joins what was given to two audiences at the same
/// time, and brings along what was written at home by somebody who had not heard of it.
package struct RecordTarget: Sendable, Hashable {
    package let audience: Audience
    /// To stand before the command's own.
    package let drafts: [Draft]

    /// - Parameter places: are to receive the record, whether or not they do so far.
    /// - Throws: a refusal when the node's place does not receive the record itself.
    package init(
        _ view: RecordView,
        _ thing: Localized,
        including places: [PlaceID] = [],
        _ context: CommandContext
    ) throws(Refusal) {
        let authority = context.authority
        let own = view.audiences.filter { authority.isEntitled(context.actor.node, to: $0) }
        guard let latest = own.last, let kind = view.kind else {
            try context.requireEntitled(to: view.audience, thing)
            throw Refusal(.thingUnreadable, thing)
        }
        var joined = latest
        for other in own.dropLast() { joined = joined.joined(with: other.members, authority) }
        for place in places where !authority.isEntitled(place: place, to: joined) {
            joined = joined.joined(with: [Audience.Member(place: place, scope: .line)], authority)
        }
        self.audience = joined
        let isSettled = own.count == 1 && joined == latest && !view.isScattered
        self.drafts = isSettled ? [] : [.give(view.record, of: kind, from: latest, to: joined)]
    }
}

extension Audience {
    /// The members of both; more than 8 become their lowest common ancestor and everything under it.
    func joined(with others: [Member], _ authority: AuthorityState) -> Audience {
        let all = members + others
        if let joined = Audience(all) { return joined }
        var common = members.first?.place ?? authority.district ?? PlaceID(raw: 0)
        for member in all {
            common = authority.lowestCommonAncestor(common, member.place) ?? authority.district ?? common
        }
        return Audience(below: common)
    }
}
