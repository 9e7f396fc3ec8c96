import LiandongCore
import LiandongDomain
import Testing

@Suite("Consultations")
struct ConsultationTests {
    static let options = [
        Consultation.Option(code: "yes", title: "同意"), Consultation.Option(code: "no", title: "不同意"),
    ]

    func create(_ town: Town, place: PlaceID = Town.district, at: PlaceID = Town.district) throws -> RecordID {
        let command = CreateConsultation(
            place: place,
            title: "加装电梯",
            text: "是否加装？",
            options: Self.options,
            closesAt: Instant(milliseconds: town.now + 86_400_000)
        )
        return try town.run(command, at: at).record
    }

    func vote(_ town: Town, _ record: RecordID, _ number: String, _ option: String, at place: PlaceID) throws {
        try town.run(
            CastBallot(record, voter: .identityNumber(number), option: option, channel: "counter"),
            at: place
        )
    }

    static let first = "11010519491231002X"
    static let second = "440524188001010014"

    @Test("A resident voting at two cut-off nodes counts once, the same everywhere", arguments: 1...6)
    func twice(seed: UInt64) throws {
        let town = try Town(seed: seed)
        let record = try create(town)
        try town.sync()
        try vote(town, record, Self.first, "yes", at: Town.communityA1)
        try vote(town, record, Self.first, "no", at: Town.communityB1)
        try vote(town, record, Self.second, "no", at: Town.communityB1)
        try town.sync(Town.places, Town.Delivery.allCases[Int(seed % 3)])
        let expected = try town.consultation(record, at: Town.district).tally
        #expect(expected.counts.map(\.ballots) == [1, 1])
        #expect(expected.counted == 2)
        #expect(expected.uncounted.map(\.reason) == [.notFirst])
        #expect(expected.uncounted.first?.ballot.place == Town.communityB1)
        #expect(expected.uncounted.first?.counted != nil)
        #expect(expected.isProvisional)
        for place in Town.places { #expect(try town.consultation(record, at: place).tally == expected) }
    }

    @Test("The tally is the same however the entries are shuffled")
    func permutations() throws {
        let town = try Town()
        let record = try create(town)
        try town.sync()
        for (index, place) in [Town.communityA1, Town.communityA2, Town.communityB1, Town.streetA].enumerated() {
            try vote(town, record, index.isMultiple(of: 2) ? Self.first : Self.second, "yes", at: place)
            try town.run(GiveOpinion(record, text: "意见\(index)"), at: place)
        }
        try town.run(CloseConsultation(record), at: Town.district)
        try vote(town, record, Self.first, "no", at: Town.streetB)
        try town.sync()
        let view = try #require(try town.view(record, at: Town.district))
        let expected = try #require(Consultation.fold(view, town.authority))
        #expect(expected.opinions.count == 4)
        #expect(expected.tally.uncounted.map(\.reason).filter { $0 == .late }.count == 1)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            let shuffled = RecordView(
                record: record,
                home: view.home,
                entries: view.entries.shuffled(using: &generator).sorted { $0.field < $1.field }
            )
            #expect(Consultation.fold(shuffled, town.authority) == expected)
        }
    }

    @Test("A registration's number gives the same unit as the number itself, and an unnumbered one its own")
    func units() throws {
        let town = try Town()
        let record = try create(town)
        let numbered = try town.run(ResidentTests.registration("张三", Self.first), at: Town.communityA1).record
        let unnumbered = try town.run(ResidentTests.registration("李四", nil), at: Town.communityA1).record
        try town.sync()
        func ballot(_ voter: CastBallot.Voter) -> CastBallot {
            CastBallot(record, voter: voter, option: "yes", channel: "online")
        }
        try town.run(ballot(.registration(numbered)), at: Town.communityA1)
        #expect(try town.refusal(ballot(.identityNumber(Self.first)), at: Town.communityA1).code == .conflict)
        try town.run(ballot(.registration(unnumbered)), at: Town.communityA1)
        #expect(try town.refusal(ballot(.registration(unnumbered)), at: Town.communityA1).code == .conflict)
        #expect(try town.consultation(record, at: Town.communityA1).tally.counted == 2)
        #expect(try town.refusal(ballot(.registration(numbered)), at: Town.communityB1).code == .notFound)
    }

    @Test("Ballots behind the closing, by order, are late; the announced time closes too")
    func late() throws {
        let town = try Town()
        let record = try create(town)
        try town.sync()
        try town.run(CloseConsultation(record), at: Town.district)
        try vote(town, record, Self.first, "yes", at: Town.communityA1)
        try town.sync()
        let closed = try town.consultation(record, at: Town.communityA1)
        #expect(closed.closing?.place == Town.district)
        #expect(closed.tally.counted == 0)
        #expect(closed.tally.uncounted.map(\.reason) == [.late])
        let again = CastBallot(record, voter: .identityNumber(Self.second), option: "yes", channel: "counter")
        #expect(try town.refusal(again, at: Town.communityA1).code == .wrongState)
        #expect(try town.refusal(CloseConsultation(record), at: Town.district).code == .wrongState)

        let other = try create(town)
        try town.sync()
        town.now += 86_500_000
        let afterEnd = CastBallot(other, voter: .identityNumber(Self.second), option: "yes", channel: "counter")
        #expect(try town.refusal(afterEnd, at: Town.communityA1).code == .wrongState)
    }

    @Test("Refuses what may not be")
    func refusals() throws {
        let town = try Town()
        let record = try create(town)
        try town.sync()
        let unknown = CastBallot(record, voter: .identityNumber(Self.first), option: "maybe", channel: "counter")
        #expect(try town.refusal(unknown, at: Town.communityA1).code == .notFound)
        let wrong = CastBallot(record, voter: .identityNumber("123"), option: "yes", channel: "counter")
        #expect(try town.refusal(wrong, at: Town.communityA1).code == .invalid)
        #expect(try town.refusal(CloseConsultation(record), at: Town.communityA1).code == .notPermitted)
        #expect(try town.refusal(GiveOpinion(record, text: " "), at: Town.communityA1).code == .invalid)
        town.withoutPurposes = [Town.communityA2]
        let sealed = CastBallot(record, voter: .identityNumber(Self.first), option: "yes", channel: "counter")
        #expect(try town.refusal(sealed, at: Town.communityA2).code == .unavailable)

        var bad = CreateConsultation(
            place: Town.streetA,
            title: "题",
            text: "",
            options: Self.options,
            closesAt: Instant(milliseconds: town.now + 1000)
        )
        #expect(try town.refusal(bad, at: Town.streetB).code == .notPermitted)
        bad.options = [Self.options[0]]
        #expect(try town.refusal(bad, at: Town.streetA).code == .invalid)
        bad.options = [Self.options[0], Self.options[0]]
        #expect(try town.refusal(bad, at: Town.streetA).code == .invalid)
        bad.options = Self.options
        bad.closesAt = Instant(milliseconds: town.now)
        #expect(try town.refusal(bad, at: Town.streetA).code == .invalid)
    }

    @Test("A street's consultation reaches what is under it and above it, and no other street")
    func audience() throws {
        let town = try Town()
        let record = try create(town, place: Town.streetA, at: Town.streetA)
        try town.sync()
        #expect(try town.view(record, at: Town.communityA2) != nil)
        #expect(try town.view(record, at: Town.district) != nil)
        #expect(try town.view(record, at: Town.communityB1) == nil)
    }

    @Test("One that the district puts to a street is the street's: it may close it, another may not")
    func forAnother() throws {
        let town = try Town()
        let record = try create(town, place: Town.streetA, at: Town.district)
        try town.sync()
        let found = try town.consultation(record, at: Town.streetA)
        #expect(found.place == Town.streetA)
        #expect(try town.refusal(CloseConsultation(record), at: Town.communityA1).code == .notPermitted)
        try town.run(CloseConsultation(record), at: Town.streetA)
        try town.sync()
        #expect(try town.consultation(record, at: Town.district).closing?.place == Town.streetA)
    }

    @Test("A closing by a place that may not close has no effect")
    func foreignClosing() throws {
        let town = try Town()
        let record = try create(town)
        try town.sync()
        let plan = try CloseConsultation(record).plan(town.reader(Town.district), town.context(Town.district))
        try town.commit(plan.drafts, at: Town.communityA1)
        try town.sync()
        #expect(try town.consultation(record, at: Town.district).closing == nil)
    }
}
