package import LiandongCore
package import LiandongDomain

/// One notice: `liandong.notice/1`.
package struct NoticeReport: Codable, Sendable {
    package var schema = "liandong.notice/1"
    package let asOf: String
    package let id: String
    package let place: PlaceReport
    package let title: String
    /// Plain, in paragraphs.
    package let text: String
    package let publishedAt: String
    package let from: String
    package let until: String
    package let withdrawnAt: String?
    /// The raw value of `Notice.State`.
    package let state: String
    /// From a snapshot: its signatures are still being checked.
    package let verifying: Bool

    package init(_ notice: Notice, isVerifying: Bool, _ authority: AuthorityState, at now: Instant) {
        self.asOf = now.iso8601
        self.id = "\(notice.record)"
        self.place = PlaceReport(notice.place, authority)
        self.title = notice.title
        self.text = notice.text
        self.publishedAt = notice.publishedAt.iso8601
        self.from = notice.from.iso8601
        self.until = notice.until.iso8601
        self.withdrawnAt = notice.withdrawal?.at.iso8601
        self.state = notice.state(at: now).rawValue
        self.verifying = isVerifying
    }
}

/// Notices, the newest first: `liandong.notices/1`.
package struct NoticesReport: Codable, Sendable {
    package var schema = "liandong.notices/1"
    package let asOf: String
    package let notices: [Row]
    /// Asks for the next page; nil on the last.
    package let next: String?

    package struct Row: Codable, Sendable {
        package let id: String
        package let place: PlaceReport
        package let title: String
        package let publishedAt: String
        package let from: String
        package let until: String
        package let state: String
        package let verifying: Bool

        package init(_ notice: NoticeSummary, isVerifying: Bool, _ authority: AuthorityState, at now: Instant) {
            self.id = "\(notice.record)"
            self.place = PlaceReport(notice.place, authority)
            self.title = notice.title
            self.publishedAt = notice.publishedAt.iso8601
            self.from = notice.from.iso8601
            self.until = notice.until.iso8601
            self.state = notice.state(at: now).rawValue
            self.verifying = isVerifying
        }
    }

    package init(_ rows: [Row], next: String?, at now: Instant) {
        self.asOf = now.iso8601
        self.notices = rows
        self.next = next
    }
}
