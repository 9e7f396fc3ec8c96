import LiandongCore
import LiandongDomain
import Testing

@Suite("The catalogue and the calendar")
struct CatalogueTests {
    @Test("Has at least 30 services with distinct text codes of four digits, sorted")
    func codes() {
        let services = ServiceCatalogue.current.services
        #expect(services.count >= 30)
        #expect(Set(services.map(\.code)).count == services.count)
        #expect(services.map(\.code) == services.map(\.code).sorted())
        for service in services {
            #expect(service.code.utf8.count == 4 && service.code.utf8.allSatisfy { (0x30...0x39).contains($0) })
            #expect(!service.name.zh.isEmpty && !service.name.en.isEmpty && !service.group.zh.isEmpty)
            #expect(!service.description.en.isEmpty && !service.keywords.isEmpty)
        }
        #expect(services.contains { $0.code.hasPrefix("0") })
        #expect(Set(services.map(\.deadline)) == Set(DeadlineClass.allCases))
    }

    @Test("Questions have distinct codes, and lists have values")
    func attributes() {
        for service in ServiceCatalogue.current.services {
            #expect(Set(service.attributes.map(\.code)).count == service.attributes.count)
            for attribute in service.attributes
            where attribute.dataType == .singleValueList || attribute.dataType == .multiValueList {
                #expect(attribute.values.count >= 2)
            }
        }
    }

    @Test("Suggests the leading zero that was lost")
    func leadingZero() throws {
        let refusal = try #require(throws: Refusal.self) { try ServiceCatalogue.current.require("101") }
        #expect(refusal.code == .notFound)
        #expect(refusal.wayOut.contains("0101"))
    }

    @Test(
        "Counts working days over weekends, holidays and make-up days",
        arguments: [
            // Friday + 1 is Monday.
            ("2026-11-20", 1, "2026-11-23", false),
            // The day before National Day 2026: 1 to 7 October are off, Saturday the 10th is worked.
            ("2026-09-30", 1, "2026-10-08", false),
            ("2026-09-30", 3, "2026-10-10", false),
            // Past the calendar's end the day is provisional.
            ("2026-12-31", 1, "2027-01-01", true),
        ]
    )
    func workingDays(start: String, count: Int, due: String, isProvisional: Bool) throws {
        let begin = try #require(CivilDate(start)).start.advanced(byMilliseconds: 9 * 3_600_000)
        let end = WorkingCalendar.mainlandChina.end(ofWorkingDays: count, after: begin)
        #expect(CivilDate(end.instant).description == due)
        #expect(end.isProvisional == isProvisional)
    }

    @Test("Knows the days of the calendar", arguments: ["2024-02-29", "2000-01-01", "1970-01-01", "2100-12-31"])
    func days(text: String) throws {
        let day = try #require(CivilDate(text))
        #expect(day.description == text)
        #expect(CivilDate(day.start) == day)
        #expect(CivilDate(day.start.advanced(byMilliseconds: -1)) < day)
    }

    @Test(
        "Refuses what is no day",
        arguments: ["2023-02-29", "2024-13-01", "2024-00-10", "2024-1-01", "20240101", "2024-04-31", "", "aaaa-bb-cc"]
    )
    func noDays(text: String) { #expect(CivilDate(text) == nil) }

    @Test("Numbers are 25 digits of code, node, day and sequence")
    func numbers() throws {
        let day = try #require(CivilDate("2026-11-21"))
        let prefix = try #require(WorkOrderNumber.prefix(placeCode: "441202001001", ordinal: 7, date: day))
        #expect(WorkOrderNumber(prefix: prefix, sequence: 42)?.text == "4412020010010726112100042")
        #expect(WorkOrderNumber.prefix(placeCode: "441202001001", ordinal: 100, date: day) == nil)
        #expect(WorkOrderNumber.prefix(placeCode: "4412020010", ordinal: 1, date: day) == nil)
        #expect(WorkOrderNumber(prefix: prefix, sequence: 100_000) == nil)
        #expect(WorkOrderNumber("44120200100107261121000４2") == nil)
    }

    @Test("No instant traps a calendar", arguments: [Int64.min, -1, 0, 253_402_300_799_999, .max - 1, .max])
    func extremes(milliseconds: Int64) {
        let instant = Instant(milliseconds: milliseconds)
        let end = WorkingCalendar.mainlandChina.end(ofWorkingDays: 15, after: instant)
        #expect(end.instant >= instant || milliseconds > .max - 100 * CivilDate.dayMilliseconds)
        _ = CivilDate(instant).description
    }
}
