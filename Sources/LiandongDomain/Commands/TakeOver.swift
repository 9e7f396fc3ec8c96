package import LiandongCore

/// Brings a record's scattered parts together: what was written in an audience that the record had left, or at home by
/// somebody who had not heard that it was given to others.
///
/// Every other command on the record does so too. This one does nothing else.
package struct TakeOver: Command {
    package var record: RecordID

    package init(_ record: RecordID) { self.record = record }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
        /// False when nothing was to be done.
        package let isDone: Bool
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        guard let view = try reader.record(record), view.kind != nil else {
            throw Refusal(.recordUnknown, record)
        }
        // Somebody may have taken it without having heard that it was taken back.
        let answering = WorkOrder.fold(view, context.authority)?.answering(context.authority) ?? []
        let target = try RecordTarget(view, Localized("记录", "the record"), including: answering, context)
        return Plan(drafts: target.drafts, receipt: Receipt(record: record, isDone: !target.drafts.isEmpty))
    }
}
