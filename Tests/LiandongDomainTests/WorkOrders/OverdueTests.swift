import LiandongCore
import Testing

@testable import LiandongDomain

@Suite("Overdue")
struct OverdueTests {
    private let calendar = WorkingCalendar.mainlandChina

    @Test(
        "The bound of a moment parts what is overdue from what is not, to the millisecond",
        arguments: DeadlineClass.allCases,
        [
            // A Sunday morning, the end of an office day, the days of Spring Festival and National Day 2026.
            "2026-11-22T08:00:00+08:00", "2026-11-20T18:00:00+08:00", "2026-02-18T12:00:00+08:00",
            "2026-10-05T00:00:00+08:00", "2027-06-01T10:00:00+08:00",
        ]
    )
    func bounds(deadline: DeadlineClass, time: String) throws {
        let day = try #require(CivilDate(String(time.prefix(10))))
        let hour = try #require(Int64(time.dropFirst(11).prefix(2)))
        let now = day.start.advanced(byMilliseconds: hour * 3_600_000)
        let bound = deadline.latestStart(overdueAt: now, calendar)
        for step in [0, -1, -3_600_000, -40 * 86_400_000] as [Int64] {
            #expect(deadline.due(after: bound.advanced(byMilliseconds: step), calendar).0 < now)
        }
        for step in [1, 3_600_000] as [Int64] {
            #expect(deadline.due(after: bound.advanced(byMilliseconds: step), calendar).0 >= now)
        }
    }

    @Test("Every service of the catalogue has a bound, one that it does not have is taken for a normal one")
    func catalogue() {
        let bounds = OverdueBounds(.current, calendar, at: Instant(milliseconds: 1_795_241_100_000))
        let services = bounds.bounds.flatMap(\.services)
        #expect(services.sorted() == ServiceCatalogue.current.services.map(\.code).sorted())
        #expect(bounds.otherwise == bounds.bounds.first { $0.services.contains("0301") }?.latestStart)
    }
}
