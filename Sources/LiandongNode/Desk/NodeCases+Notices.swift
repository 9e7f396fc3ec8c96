import LiandongCore
import LiandongDomain
import LiandongReports
import LiandongStore
import LiandongWeb

// What places let people know.
extension NodeCases {
    func notices(_ query: NoticeQuery) async throws -> NoticesReport {
        let now = Node.now()
        var filter = StoreReader.NoticeFilter()
        switch query.reach {
        case .line(let place): filter.places = authority.line(of: place)
        case .within(let scope): filter.places = places(within: scope)
        }
        filter.currentAt = query.isCurrent ? now : nil
        filter.after = query.after.map { ($0.at, $0.record) }
        // One more tells whether there is a next page.
        filter.limit = query.limit + 1
        return try await node.store.read { [filter] in try $0.noticesReport(filter, atMost: query.limit, at: now) }
    }

    func notice(_ id: RecordID) async throws -> NoticeReport? {
        try await node.store.read { try $0.noticeReport(id, at: Node.now()) }
    }
}

extension StoreReader {
    /// - Parameter limit: of rows; the filter asks for one more, to tell whether there is a next page.
    func noticesReport(_ filter: NoticeFilter, atMost limit: Int, at now: Instant) throws -> NoticesReport {
        let found = try notices(filter)
        let rows = try found.prefix(limit).map {
            NoticesReport.Row($0, isVerifying: try isBeingVerified($0.record), authority, at: now)
        }
        let last = found.count > limit ? found.prefix(limit).last : nil
        let next = last.map { ListCursor(at: $0.publishedAt, record: $0.record).text }
        return NoticesReport(rows, next: next, at: now)
    }

    func noticeReport(_ id: RecordID, at now: Instant) throws -> NoticeReport? {
        try notice(id).map {
            NoticeReport($0, isVerifying: try isBeingVerified(id), authority, at: now)
        }
    }
}
