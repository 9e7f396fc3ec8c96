import LiandongCore
import LiandongDomain
import Testing

@Suite("Notices")
struct NoticeTests {
    private func notice(_ town: Town, _ place: PlaceID = Town.streetA, days: Int64 = 7) -> PublishNotice {
        PublishNotice(
            place: place,
            title: " 停水通知 ",
            text: "第一段\n\n第二段",
            until: Instant(milliseconds: town.now + days * 86_400_000)
        )
    }

    private func fold(_ town: Town, _ record: RecordID, at place: PlaceID) throws -> Notice {
        let view = try #require(try town.view(record, at: place))
        return try #require(Notice.fold(view, town.authority))
    }

    @Test("A street's notice reaches its communities and the district, and no other street; all see the same")
    func reach() throws {
        let town = try Town()
        let record = try town.run(notice(town), at: Town.streetA).record
        try town.sync()
        let expected = try fold(town, record, at: Town.streetA)
        #expect(expected.title == "停水通知" && expected.text == "第一段\n\n第二段" && expected.place == Town.streetA)
        for place in [Town.communityA1, Town.communityA2, Town.district] {
            #expect(try fold(town, record, at: place) == expected)
        }
        #expect(try town.view(record, at: Town.communityB1) == nil)
    }

    @Test("It is coming, current and over by its times, and withdrawn whatever they say")
    func states() throws {
        let town = try Town()
        var later = notice(town)
        let begins = Instant(milliseconds: town.now + 86_400_000)
        later.from = begins
        let record = try town.run(later, at: Town.streetA).record
        let found = try fold(town, record, at: Town.streetA)
        #expect(found.state(at: begins.advanced(byMilliseconds: -1)) == .coming)
        #expect(found.state(at: begins) == .current)
        #expect(found.state(at: found.until.advanced(byMilliseconds: -1)) == .current)
        #expect(found.state(at: found.until) == .over)
        try town.run(WithdrawNotice(record), at: Town.streetA)
        #expect(try fold(town, record, at: Town.streetA).state(at: begins) == .withdrawn)
    }

    @Test("Its place or one above takes it back, once; another's withdrawal has no effect")
    func withdrawal() throws {
        let town = try Town()
        let record = try town.run(notice(town), at: Town.district).record
        try town.sync()
        #expect(try town.refusal(WithdrawNotice(record), at: Town.communityA1).code == .notPermitted)
        let plan = try WithdrawNotice(record).plan(town.reader(Town.streetA), town.context(Town.streetA))
        try town.commit(plan.drafts, at: Town.communityA1)
        try town.sync()
        #expect(try fold(town, record, at: Town.streetA).withdrawal == nil)
        try town.run(WithdrawNotice(record), at: Town.streetA)
        try town.sync()
        #expect(try fold(town, record, at: Town.communityA1).withdrawal?.place == Town.streetA)
        #expect(try town.refusal(WithdrawNotice(record), at: Town.district).code == .wrongState)
        let other = try town.run(SubmitTests.request(), at: Town.streetA).record
        #expect(try town.refusal(WithdrawNotice(other), at: Town.streetA).code == .notFound)
    }

    @Test("Refuses what nobody could read, what is out of bounds, and what is another's to publish")
    func refusals() throws {
        let town = try Town()
        func code(_ change: (inout PublishNotice) -> Void, at place: PlaceID = Town.streetA) throws -> Refusal.Code {
            var command = notice(town)
            change(&command)
            return try town.refusal(command, at: place).code
        }
        #expect(try code { $0.title = " " } == .invalid)
        #expect(try code { $0.text = "" } == .invalid)
        #expect(try code { $0.title = String(repeating: "题", count: 201) } == .invalid)
        #expect(try code { $0.text = String(repeating: "文", count: 8_001) } == .invalid)
        #expect(try code { $0.until = Instant(milliseconds: town.now) } == .invalid)
        #expect(try code { $0.from = $0.until } == .invalid)
        #expect(try code { $0.until = Instant(milliseconds: town.now + 367 * 86_400_000) } == .invalid)
        #expect(try code { $0.from = Instant(milliseconds: .max) } == .invalid)
        #expect(try code { $0.until = Instant(milliseconds: .max) } == .invalid)
        #expect(try code { $0.place = PlaceID(raw: 999) } == .notFound)
        #expect(try code({ _ in }, at: Town.communityA1) == .notPermitted)
        #expect(try code({ _ in }, at: Town.streetB) == .notPermitted)
        let widest = PublishNotice(
            place: Town.streetA,
            title: String(repeating: "题", count: 200),
            text: String(repeating: "文", count: 8_000),
            until: Instant(milliseconds: town.now + 86_400_000)
        )
        try town.run(widest, at: Town.streetA)
    }
}
