import LiandongCore
import LiandongDomain
import Testing

@Suite("Rolls and their codes")
struct RollTests {
    private static let doors = ["1-1-101", "1-1-102", "１-2-201", "物业 用房"]

    private func create(
        _ town: Town,
        _ roll: [String] = Self.doors,
        at place: PlaceID = Town.streetA
    ) throws -> RecordID {
        let command = CreateConsultation(
            place: Town.streetA,
            title: "加装电梯",
            text: "是否加装？",
            options: ConsultationTests.options,
            roll: roll,
            closesAt: Instant(milliseconds: town.now + 86_400_000)
        )
        return try town.run(command, at: place).record
    }

    private func codes(
        _ town: Town,
        _ record: RecordID,
        of entries: [String] = [],
        at place: PlaceID = Town.streetA
    ) throws -> [String: String] {
        let slips = try town.run(IssueRollCodes(record, entries: entries), at: place).slips
        return Dictionary(slips.map { ($0.entry, $0.code) }) { first, _ in first }
    }

    private func ballot(_ record: RecordID, _ entry: String, _ code: String, _ option: String = "yes") -> CastBallot {
        CastBallot(record, voter: .rollEntry(entry, code: code), option: option, channel: "web")
    }

    @Test("Each entry votes once with its code, at any node, however it is typed; the tally is the same everywhere")
    func votes() throws {
        let town = try Town()
        let record = try create(town)
        let codes = try codes(town, record)
        #expect(codes.count == 4 && codes.values.allSatisfy { $0.utf8.count == 12 && Int($0) != nil })
        #expect(Set(codes.values).count == 4)
        try town.sync()
        let first = try #require(codes["1-1-101"])
        let spaced = "\(first.prefix(4)) \(first.dropFirst(4).prefix(4))-\(first.suffix(4))"
        try town.run(ballot(record, "１－１－１０１ ", spaced), at: Town.communityA1)
        try town.run(ballot(record, "1-2-201", try #require(codes["１-2-201"]), "no"), at: Town.communityA2)
        try town.run(ballot(record, "物业用房", try #require(codes["物业 用房"])), at: Town.communityA2)
        // Cut off from the first, so it is taken, and not counted once both have met.
        try town.run(ballot(record, "1-1-101", first, "no"), at: Town.communityA2)
        #expect(try town.refusal(ballot(record, "1-1-101", first), at: Town.communityA1).code == .conflict)
        try town.sync()
        let expected = try town.consultation(record, at: Town.district)
        #expect(expected.tally.counts.map(\.ballots) == [2, 1])
        #expect(expected.tally.uncounted.map(\.reason) == [.notFirst])
        #expect(expected.roll?.size == 4 && expected.roll?.codedCount == 4)
        for place in [Town.streetA, Town.communityA1, Town.communityA2] {
            #expect(try town.consultation(record, at: place) == expected)
        }
    }

    @Test("An entry that is not on the roll and a wrong code are refused in the same words")
    func wrong() throws {
        let town = try Town()
        let record = try create(town)
        let codes = try codes(town, record)
        let other = try #require(codes["1-1-102"])
        let refusals = try [
            ("9-9-999", other), ("1-1-101", other), ("1-1-101", ""), ("1-1-101", "12345"), ("", other),
            ("1-1-101", String(repeating: "9", count: 400)),
        ].map { try town.refusal(ballot(record, $0.0, $0.1), at: Town.streetA) }
        #expect(Set(refusals) == [.wrongRollCode])
        let found = try town.consultation(record, at: Town.streetA)
        let purposes = town.purposes(at: Town.streetA)
        #expect(try found.unit(ofEntry: "1-1-102", code: other, purposes, town.cryptography) != nil)
        #expect(try found.unit(ofEntry: "1-1-101", code: other, purposes, town.cryptography) == nil)
    }

    @Test("New codes void the old ones, of all entries or of one, and leave ballots alone")
    func anew() throws {
        let town = try Town()
        let record = try create(town)
        let old = try codes(town, record)
        try town.run(ballot(record, "1-1-101", try #require(old["1-1-101"])), at: Town.streetA)
        let one = try codes(town, record, of: ["1-1-102"])
        #expect(one.keys.sorted() == ["1-1-102"])
        #expect(
            try town.refusal(ballot(record, "1-1-102", try #require(old["1-1-102"])), at: Town.streetA)
                == .wrongRollCode
        )
        try town.run(ballot(record, "1-1-102", try #require(one["1-1-102"])), at: Town.streetA)
        try town.sync()
        let all = try codes(town, record, at: Town.district)
        try town.sync()
        let third = try #require(old["１-2-201"])
        #expect(try town.refusal(ballot(record, "1-2-201", third), at: Town.communityA1) == .wrongRollCode)
        try town.run(ballot(record, "1-2-201", try #require(all["１-2-201"])), at: Town.communityA1)
        let voted = try #require(all["1-1-101"])
        #expect(try town.refusal(ballot(record, "1-1-101", voted), at: Town.communityA1).code == .conflict)
        #expect(try town.consultation(record, at: Town.communityA1).tally.counted == 3)
    }

    @Test(
        "Nobody votes before there are codes, nor by identity number where there is a roll, nor by code where there is none"
    )
    func ways() throws {
        let town = try Town()
        let record = try create(town)
        #expect(try town.refusal(ballot(record, "1-1-101", "000000000000"), at: Town.streetA) == .wrongRollCode)
        let person = CastBallot(
            record,
            voter: .identityNumber(ConsultationTests.first),
            option: "yes",
            channel: "counter"
        )
        #expect(try town.refusal(person, at: Town.streetA).code == .invalid)
        let open = try ConsultationTests().create(town)
        #expect(try town.refusal(ballot(open, "1-1-101", "000000000000"), at: Town.district).code == .wrongState)
        #expect(try town.refusal(IssueRollCodes(open), at: Town.district).code == .wrongState)
    }

    @Test("Codes are given out by the place or one above it, at a node that can read the roll, while it is open")
    func issuing() throws {
        let town = try Town()
        let record = try create(town)
        try town.sync()
        #expect(try town.refusal(IssueRollCodes(record), at: Town.communityA1).code == .notPermitted)
        #expect(try town.refusal(IssueRollCodes(record, entries: ["nobody"]), at: Town.streetA).code == .notFound)
        town.withoutPurposes = [Town.district]
        #expect(try town.refusal(IssueRollCodes(record), at: Town.district).code == .unavailable)
        // A community whose node makes some up changes nothing.
        let forged = try IssueRollCodes(record).plan(town.reader(Town.streetA), town.context(Town.streetA))
        let code = try #require(forged.receipt.slips.first?.code)
        try town.commit(forged.drafts, at: Town.communityA1)
        try town.sync()
        #expect(try town.refusal(ballot(record, "1-1-101", code), at: Town.streetA) == .wrongRollCode)
        try town.run(CloseConsultation(record), at: Town.streetA)
        #expect(try town.refusal(IssueRollCodes(record), at: Town.streetA).code == .wrongState)
    }

    @Test("What another node adds to the roll, and a ballot of a unit that is not on it, do not count")
    func forged() throws {
        let town = try Town()
        let record = try create(town)
        let elsewhere = try create(town, ["A", "B"])
        try town.sync()
        let view = try #require(try town.view(elsewhere, at: Town.communityA1))
        let home = try #require(try town.view(record, at: Town.communityA1)).home
        let added = view.entries(of: ConsultationField.roll).map { entry in
            Draft(
                record: record,
                field: entry.field,
                element: [0, 0, 0, 0, 0, 0, 0, 9],
                value: entry.value,
                audience: home
            )
        }
        try town.commit(added, at: Town.communityA1)
        let codes = try codes(town, elsewhere)
        try town.sync()
        let stray = try ballot(elsewhere, "A", try #require(codes["A"])).plan(
            town.reader(Town.communityA1),
            town.context(Town.communityA1)
        )
        let drafts = stray.drafts.map {
            Draft(record: record, field: $0.field, element: $0.element, value: $0.value, audience: home)
        }
        try town.commit(drafts, at: Town.communityA1)
        try town.sync()
        let found = try town.consultation(record, at: Town.district)
        #expect(found.tally.counted == 0 && found.tally.uncounted.map(\.reason) == [.notOnRoll])
        #expect(found.roll?.size == 4)
    }

    @Test("A receipt tells whether its ballot counts, and nothing of one that is not here")
    func standing() throws {
        let town = try Town()
        let record = try create(town)
        let codes = try codes(town, record)
        try town.sync()
        let code = try #require(codes["1-1-101"])
        let first = try town.run(ballot(record, "1-1-101", code), at: Town.communityA1).ballot
        let second = try town.run(ballot(record, "1-1-101", code, "no"), at: Town.communityA2).ballot
        func standing(_ id: EventID, at place: PlaceID) throws -> Consultation.Standing? {
            let view = try #require(try town.view(record, at: place))
            return try town.consultation(record, at: place).standing(of: id, in: view, town.authority)
        }
        #expect(try standing(second, at: Town.communityA2)?.uncounted == nil)
        #expect(try standing(second, at: Town.communityA1) == nil)
        try town.sync()
        let known = try #require(try standing(first, at: Town.communityA2))
        #expect(known.uncounted == nil && known.place == Town.communityA1)
        #expect(try standing(second, at: Town.communityA1)?.uncounted == .notFirst)
    }

    @Test("The counts of a vote by roll are told once it is over")
    func hidden() throws {
        let town = try Town()
        let record = try create(town)
        let found = try town.consultation(record, at: Town.streetA)
        #expect(!found.showsCounts(at: Instant(milliseconds: town.now)))
        #expect(found.showsCounts(at: found.closesAt.advanced(byMilliseconds: 1)))
        try town.run(CloseConsultation(record), at: Town.streetA)
        #expect(try town.consultation(record, at: Town.streetA).showsCounts(at: Instant(milliseconds: town.now)))
        let open = try ConsultationTests().create(town)
        #expect(try town.consultation(open, at: Town.district).showsCounts(at: Instant(milliseconds: town.now)))
    }

    @Test("A roll has its bounds, and names each entry once")
    func bounds() throws {
        let town = try Town()
        func refusal(_ roll: [String]) throws -> Refusal {
            let command = CreateConsultation(
                place: Town.streetA,
                title: "题",
                text: "",
                options: ConsultationTests.options,
                roll: roll,
                closesAt: Instant(milliseconds: town.now + 1_000)
            )
            return try town.refusal(command, at: Town.streetA)
        }
        #expect(try refusal(["1-101", "１-101"]).code == .invalid)
        #expect(try refusal(["  "]).code == .invalid)
        #expect(try refusal([String(repeating: "x", count: 31)]).code == .invalid)
        #expect(try refusal((0...5_000).map { "\($0)" }).code == .invalid)
        let widest = (0..<5_000).map { String(repeating: "楼", count: 26) + String(10_000 + $0).dropFirst() }
        let record = try create(town, widest)
        let codes = try codes(town, record)
        #expect(codes.count == 5_000)
        try town.sync()
        let last = try #require(widest.last)
        try town.run(ballot(record, last, try #require(codes[last])), at: Town.communityA1)
        #expect(try town.consultation(record, at: Town.communityA1).tally.counted == 1)
    }

    @Test("A node without purpose register relays the roll, and says why it cannot take a ballot")
    func sealed() throws {
        let town = try Town()
        let record = try create(town)
        let codes = try codes(town, record)
        town.withoutPurposes = [Town.communityA1]
        try town.sync()
        let refused = try town.refusal(ballot(record, "1-1-101", try #require(codes["1-1-101"])), at: Town.communityA1)
        #expect(refused.code == .unavailable)
        #expect(try town.consultation(record, at: Town.communityA1).roll?.codedCount == 4)
    }
}
