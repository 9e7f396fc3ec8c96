package import LiandongCore

/// What a place lets its people know, and those of all places under it.
package struct Notice: Sendable, Hashable {
    package let record: RecordID
    package let audience: Audience
    package let place: PlaceID
    package let title: String
    /// Plain, in paragraphs.
    package let text: String
    package let publishedAt: Instant
    /// When it begins to be shown.
    package let from: Instant
    /// When it is shown no more.
    package let until: Instant
    package let updatedAt: Instant
    /// The first by the place or one above it.
    package let withdrawal: Withdrawal?

    package struct Withdrawal: Sendable, Hashable {
        package let at: Instant
        package let place: PlaceID
    }

    /// The most characters of its texts, and the longest that it is shown.
    package enum Limit {
        package static let title = 200
        package static let text = 8_000
        package static let days = 366
    }

    /// Where it stands in its time.
    package enum State: String, Sendable, CaseIterable {
        case coming, current, over, withdrawn
    }

    package func state(at now: Instant) -> State { summary.state(at: now) }
}

/// The columns that lists of notices filter and sort by.
package struct NoticeSummary: Sendable, Hashable {
    package let record: RecordID
    package let place: PlaceID
    package let title: String
    package let isWithdrawn: Bool
    package let publishedAt: Instant
    package let from: Instant
    package let until: Instant
    package let updatedAt: Instant

    package init(
        record: RecordID,
        place: PlaceID,
        title: String,
        isWithdrawn: Bool,
        publishedAt: Instant,
        from: Instant,
        until: Instant,
        updatedAt: Instant
    ) {
        self.record = record
        self.place = place
        self.title = title
        self.isWithdrawn = isWithdrawn
        self.publishedAt = publishedAt
        self.from = from
        self.until = until
        self.updatedAt = updatedAt
    }

    package func state(at now: Instant) -> Notice.State {
        isWithdrawn ? .withdrawn : now < from ? .coming : now < until ? .current : .over
    }
}

extension Notice.State {
    /// As pages show it.
    package var title: Localized {
        switch self {
        case .coming: Localized("待发布", "coming")
        case .current: Localized("公示中", "current")
        case .over: Localized("已到期", "over")
        case .withdrawn: Localized("已撤回", "withdrawn")
        }
    }
}
