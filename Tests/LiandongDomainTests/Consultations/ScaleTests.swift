import LiandongCore
import LiandongDomain
import Testing

@Suite("Folding at scale")
struct ScaleTests {
    @Test("Twenty thousand ballots, half of them second ones, are counted at once")
    func ballots() throws {
        let town = try Town()
        let record = try town.run(
            CreateConsultation(
                place: Town.district,
                title: "题",
                text: "",
                options: ConsultationTests.options,
                closesAt: Instant(milliseconds: town.now + 86_400_000)
            ),
            at: Town.district
        ).record
        try town.sync()
        let ballot = try CastBallot(
            record,
            voter: .identityNumber(ConsultationTests.first),
            option: "yes",
            channel: "counter"
        ).plan(town.reader(Town.communityA1), town.context(Town.communityA1))
        let draft = try #require(ballot.drafts.first)
        let view = try #require(try town.view(record, at: Town.district))
        let author = try town.node(Town.communityA1)
        let delta = try #require(DeltaID([UInt8](repeating: 9, count: 32)))
        // The unit is the value's first field: tag, length 16, bytes.
        let ballots = (0..<20_000).map { index in
            var value = draft.value
            value.replaceSubrange(2..<18, with: Bytes16(high: 0, low: UInt64(index / 2)).bytes)
            return EntryView(
                field: draft.field,
                element: UInt64(index).bigEndianBytes,
                value: value,
                stamp: HLC(milliseconds: town.now + Int64(index)),
                dot: Dot(delta: delta, index: index),
                author: author
            )
        }
        let whole = RecordView(record: record, home: view.home, entries: view.entries + ballots)
        let tally = try #require(Consultation.fold(whole, town.authority)).tally
        #expect(tally.counted == 10_000)
        #expect(tally.counts.map(\.ballots) == [10_000, 0])
        #expect(tally.uncounted.count == 10_000)
        #expect(tally.uncounted.allSatisfy { $0.reason == .notFirst })
    }
}
