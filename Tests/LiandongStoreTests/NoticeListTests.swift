import Foundation
import LiandongCore
import LiandongDomain
import LiandongStore
import Testing

@Suite("Lists of notices")
struct NoticeListTests {
    @Test("Current ones by place, the newest first, page by page; a rebuild gives the same rows")
    func lists() async throws {
        let site = try Site()
        defer { site.remove() }
        let store = try await site.found()
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        func publish(_ title: String, from: Instant? = nil, hours: Int64 = 24) async throws -> RecordID {
            let until = (from ?? now).advanced(byMilliseconds: hours * 3_600_000)
            let notice = PublishNotice(place: site.place, title: title, text: "t", from: from, until: until)
            return try await store.commit(notice, as: site.actor).record
        }
        var shown: [RecordID] = []
        for title in ["一", "二", "三"] { shown.append(try await publish(title)) }
        let coming = try await publish("将来", from: now.advanced(byMilliseconds: 3_600_000))
        let taken = try await publish("撤回")
        _ = try await store.commit(WithdrawNotice(taken), as: site.actor)

        func titles(_ change: (inout StoreReader.NoticeFilter) -> Void = { _ in }) async throws -> [String] {
            var filter = StoreReader.NoticeFilter()
            change(&filter)
            return try await store.read { [filter] in try $0.notices(filter) }.map(\.title)
        }
        let soon = now.advanced(byMilliseconds: 600_000)
        let current = try await titles { $0.currentAt = soon }
        #expect(Set(current) == ["一", "二", "三"])
        #expect(try await titles { $0.currentAt = now.advanced(byMilliseconds: 2 * 3_600_000) }.contains("将来"))
        #expect(try await titles { $0.currentAt = now.advanced(byMilliseconds: 90_000_000) } == [])
        #expect(try await Set(titles()) == ["一", "二", "三", "将来", "撤回"])
        #expect(try await titles { $0.places = [PlaceID(raw: 99)] } == [])
        #expect(try await titles { $0.places = [site.place] }.count == 5)

        var paged: [String] = []
        var last: NoticeSummary?
        while paged.count < 10 {
            var filter = StoreReader.NoticeFilter()
            filter.currentAt = soon
            filter.limit = 1
            filter.after = last.map { ($0.publishedAt, $0.record) }
            guard let next = try await store.read({ [filter] in try $0.notices(filter) }).first else { break }
            paged.append(next.title)
            last = next
        }
        #expect(paged == current)
        let before = try await store.readModelDump()
        #expect(before.joined().contains("撤回"))
        try await store.rebuild()
        #expect(try await store.readModelDump() == before)
        #expect(try await store.read { try $0.notice(coming)?.title } == "将来")
        #expect(try await store.read { try $0.listed(coming) } == .notice)
        #expect(shown.count == 3)
        try await store.close()
    }
}
