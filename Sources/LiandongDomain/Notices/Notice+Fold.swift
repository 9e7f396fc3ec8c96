package import LiandongCore

extension Notice {
    /// - Returns: nil unless the record is a notice whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> Notice? {
        guard
            let created = view.register(NoticeField.creation),
            let creation = created.message(WireNoticeCreation.self),
            // The record's id commits to its home.
            let place = view.home.members.first?.place
        else { return nil }
        return Notice(
            record: view.record,
            audience: view.audience,
            place: place,
            title: creation.title,
            text: view.register(NoticeField.text)?.text ?? "",
            publishedAt: Instant(wire: creation.publishedAt),
            from: Instant(wire: creation.from),
            until: Instant(wire: creation.until),
            updatedAt: view.updatedAt,
            withdrawal: withdrawal(view, place: place, authority)
        )
    }

    /// The first by the notice's place or one above it; others have no effect.
    private static func withdrawal(_ view: RecordView, place: PlaceID, _ authority: AuthorityState) -> Withdrawal? {
        for entry in view.log(NoticeField.events) {
            guard entry.message(WireNoticeEvent.self)?.act == .withdraw,
                let by = authority.place(of: entry.author), authority.isWithin(place, by)
            else { continue }
            return Withdrawal(at: entry.instant, place: by)
        }
        return nil
    }

    package var summary: NoticeSummary {
        NoticeSummary(
            record: record,
            place: place,
            title: title,
            isWithdrawn: withdrawal != nil,
            publishedAt: publishedAt,
            from: from,
            until: until,
            updatedAt: updatedAt
        )
    }
}
