package import LiandongCore

/// Erases what is personal of a registration or a work order, at every node that holds it, for ever.
///
/// Events, statuses, times and places stay. What is written later by somebody who has not heard of it goes too.
package struct EraseRecord: Command {
    /// What is to lose its personal values.
    package enum Subject: Sendable, Hashable {
        case registration(RecordID)
        case workOrder(WorkOrderSelector)
    }

    package var subject: Subject
    package var reason: ErasureReason

    package init(_ subject: Subject, reason: ErasureReason) {
        self.subject = subject
        self.reason = reason
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        /// When it was erased before; nil when it is now.
        package let erasedBefore: Instant?
        /// The names of the fields that go, with how many values each: never the values.
        package let fields: [Field]

        package struct Field: Sendable, Hashable {
            package let name: String
            package let count: Int
        }
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        let view = try find(reader, context)
        if let before = view.erasures.first {
            return Plan(
                drafts: [],
                receipt: Receipt(record: view.record, erasedBefore: before.at, fields: [])
            )
        }
        try requirePermitted(view, context)
        let epoch = context.authority.epoch
        guard let kind = view.kind else { preconditionFailure("a record without a creation is not found") }
        // Whoever it was given to holds copies.
        var seen: Set<Audience> = []
        let audiences = view.givenTo.filter { audience in
            seen.insert(audience).inserted && context.authority.mayErase(context.actor.node, in: audience, at: epoch)
        }
        return Plan(
            drafts: audiences.map {
                Draft.erasure(of: view.record, kind: kind, reason: reason.rawValue, audience: $0)
            },
            receipt: Receipt(record: view.record, erasedBefore: nil, fields: fields(of: view))
        )
    }

    private func find(_ reader: any DomainReader, _ context: CommandContext) throws -> RecordView {
        switch subject {
        case .workOrder(let selector):
            return try selector.find(reader, context).0
        case .registration(let id):
            guard let view = try reader.record(id), Registration.fold(view, context.authority) != nil else {
                throw Refusal(.registrationUnknown, id)
            }
            return view
        }
    }

    private func requirePermitted(_ view: RecordView, _ context: CommandContext) throws(Refusal) {
        let authority = context.authority
        guard !authority.mayErase(context.actor.node, in: view.home, at: authority.epoch) else { return }
        let places = view.home.members.map { authority.name(of: $0.place) }.joined(separator: " or ")
        throw Refusal(.eraseNotYours, authority.name(of: context.actor.place), places)
    }

    private func fields(of view: RecordView) -> [Receipt.Field] {
        LiandongSchema.current.fields.filter(\.value.isPersonal).keys.sorted().compactMap { field in
            let count = view.entries(of: field).count
            return count == 0 ? nil : Receipt.Field(name: LiandongSchema.name(of: field), count: count)
        }
    }
}
