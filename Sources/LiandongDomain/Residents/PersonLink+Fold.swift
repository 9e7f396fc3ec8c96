package import LiandongCore

extension PersonLink {
    /// - Returns: nil unless the record is a link whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> PersonLink? {
        guard
            let created = view.register(PersonLinkField.creation),
            let creation = created.message(WirePersonLinkCreation.self),
            let lesser = RecordID(creation.lesser), let greater = RecordID(creation.greater), lesser < greater
        else { return nil }
        let decided = view.register(PersonLinkField.verdict)
        let verdict = decided?.message(WirePersonLinkVerdict.self)
        return PersonLink(
            record: view.record,
            lesser: lesser,
            greater: greater,
            verdict: UInt8(exactly: verdict?.verdict.rawValue ?? 0).flatMap(Verdict.init(rawValue:)) ?? .undone,
            reason: verdict?.reason ?? "",
            decidedBy: authority.place(of: decided?.author ?? created.author),
            updatedAt: view.updatedAt
        )
    }
}

extension ElsewhereNotice {
    /// - Returns: nil unless the record is a notice whose creation can be read.
    package static func fold(_ view: RecordView, _ authority: AuthorityState) -> ElsewhereNotice? {
        guard
            let notice = view.register(ElsewhereNoticeField.creation)?.message(WireElsewhereNotice.self),
            let lesser = RecordID(notice.lesser), let greater = RecordID(notice.greater), lesser < greater
        else { return nil }
        return ElsewhereNotice(
            record: view.record,
            lesser: lesser,
            greater: greater,
            lesserSince: Instant(wire: notice.lesserSince),
            greaterSince: Instant(wire: notice.greaterSince)
        )
    }
}
