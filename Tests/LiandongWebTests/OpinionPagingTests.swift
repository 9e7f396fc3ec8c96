import LiandongCore
import LiandongReports
import Testing

@testable import LiandongDomain

@Suite("Opinions by cursor")
struct OpinionPagingTests {
    private func consultation(_ count: Int) throws -> Consultation {
        let record = try #require(RecordID([UInt8](repeating: 7, count: 16)))
        let place = PlaceID(raw: 1)
        let opinions = (0..<count).map {
            Consultation.Opinion(id: EventID(raw: UInt64($0)), at: Instant(milliseconds: 0), place: nil, text: "\($0)")
        }
        return Consultation(
            record: record,
            audience: Audience(below: place),
            place: place,
            title: "",
            text: "",
            options: [],
            unit: .person,
            createdAt: Instant(milliseconds: 0),
            closesAt: Instant(milliseconds: 0),
            updatedAt: Instant(milliseconds: 0),
            closing: nil,
            opinions: opinions,
            tally: .init(counts: [], uncounted: [], counted: 0, isProvisional: true),
            roll: nil,
            sealedBallotKey: []
        )
    }

    @Test("Pages have every opinion once, the newest first", arguments: [0, 1, 2, 3, 7], [1, 2, 3, 10])
    func pages(count: Int, limit: Int) throws {
        let found = try consultation(count)
        var texts: [String] = []
        var after: EventID?
        for _ in 0...count {
            let page = OpinionsReport(
                of: found,
                after: after,
                atMost: limit,
                AuthorityState(),
                at: Instant(milliseconds: 0)
            )
            #expect(page.opinions.count <= limit)
            texts += page.opinions.map(\.text)
            guard let next = page.next else { break }
            let last: EventID = try #require(bytes(hexadecimal: next).flatMap { EventID($0) })
            after = last
        }
        #expect(texts == (0..<count).reversed().map { "\($0)" })
    }
}
