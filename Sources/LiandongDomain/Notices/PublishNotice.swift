import Foundation
package import LiandongCore
import SwiftProtobuf

/// Lets the people of this place, or of one under it, know something for a time.
package struct PublishNotice: Command {
    package var place: PlaceID
    package var title: String
    package var text: String
    /// Nil: at once.
    package var from: Instant?
    package var until: Instant

    package init(place: PlaceID, title: String, text: String, from: Instant? = nil, until: Instant) {
        self.place = place
        self.title = title
        self.text = text
        self.from = from
        self.until = until
    }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        try requirePlace(context)
        let title = try Text.required(title, Localized("标题", "the title"), limit: Notice.Limit.title)
        let text = try Text.required(text, Localized("正文", "the text"), limit: Notice.Limit.text)
        let from = from ?? context.now
        try requireTime(from, context)
        let home = Audience(below: place)
        let (record, nonce) = context.newRecord(.notice, in: home)
        let creation = WireNoticeCreation.with {
            $0.title = title
            $0.publishedAt = context.now.wire
            $0.from = from.wire
            $0.until = until.wire
            $0.role = context.actor.role
        }
        return Plan(
            drafts: [
                Draft(
                    record: record,
                    field: NoticeField.creation,
                    value: creation.payload,
                    audience: home,
                    nonce: nonce
                ),
                Draft(record: record, field: NoticeField.text, value: Array(text.utf8), audience: home),
            ],
            receipt: Receipt(record: record)
        )
    }

    private func requirePlace(_ context: CommandContext) throws(Refusal) {
        guard let known = context.authority.places[place] else {
            throw Refusal(.placeUnknown, place)
        }
        guard context.authority.isWithin(place, context.actor.place) else {
            throw Refusal(.noticeNotYours, context.authority.name(of: context.actor.place), known.name)
        }
    }

    private func requireTime(_ from: Instant, _ context: CommandContext) throws(Refusal) {
        guard until > context.now, until > from else {
            throw Refusal(.noticeTooShort)
        }
        let longest = Int64(Notice.Limit.days) * 86_400_000
        guard until.milliseconds(since: from) <= longest, from.milliseconds(since: context.now) <= longest else {
            throw Refusal(.noticeTooLong, Notice.Limit.days)
        }
    }
}

/// Takes a notice back: by its place or one above it.
package struct WithdrawNotice: Command {
    package var notice: RecordID

    package init(_ notice: RecordID) { self.notice = notice }

    package struct Receipt: Sendable, Hashable {
        package let record: RecordID
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        try context.requireEnrolled()
        guard let view = try reader.record(notice), let found = Notice.fold(view, context.authority) else {
            throw Refusal(.noticeUnknown, notice)
        }
        guard context.authority.isWithin(found.place, context.actor.place) else {
            let place = context.authority.name(of: found.place)
            throw Refusal(.withdrawNotYours, context.authority.name(of: context.actor.place), place)
        }
        guard found.withdrawal == nil else {
            throw Refusal(.noticeWithdrawn)
        }
        let target = try RecordTarget(view, Localized("公告", "the notice"), context)
        let event = WireNoticeEvent.with {
            $0.act = .withdraw
            $0.role = context.actor.role
        }
        let draft = Draft(
            record: notice,
            field: NoticeField.events,
            element: context.newEventID().bytes,
            value: event.payload,
            audience: target.audience
        )
        return Plan(drafts: target.drafts + [draft], receipt: Receipt(record: notice))
    }
}
