import LiandongCore
import LiandongDomain
import LiandongSimulation
import Testing

@Suite("Residents")
struct ResidentTests {
    static let number = "11010519491231002X"

    static func registration(_ name: String, _ number: String? = number) -> RegisterResident {
        RegisterResident(
            name: name,
            identityNumber: number,
            phone: "13812340000",
            address: "东一路1号",
            residence: .permanent,
            provenance: Provenance(source: .cardRead)
        )
    }

    func fold(_ town: Town, _ record: RecordID, at place: PlaceID) throws -> Registration {
        let view = try #require(try town.view(record, at: place))
        return try #require(Registration.fold(view, town.authority))
    }

    @Test("A registration keeps each value with source and date, and seals number and phone")
    func register() throws {
        let town = try Town()
        let record = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let known = try fold(town, record, at: Town.communityA1)
        #expect(known.name == "张三")
        #expect(known.community == Town.communityA1)
        #expect(known.residence == .permanent)
        #expect(known.address?.source == .cardRead)
        #expect(known.address?.date == CivilDate(Instant(milliseconds: town.now)).description)
        #expect(known.identityNumber(town.purposes(at: Town.communityA1)) == .open(Self.number))
        #expect(known.phone(town.purposes(at: Town.communityA1)) == .open("13812340000"))
        #expect(known.identityNumber(.none) == .sealed)
        #expect(known.phone(.none) == .sealed)
    }

    @Test("Its values go to its line and nowhere else")
    func audience() throws {
        let town = try Town()
        let record = try town.run(Self.registration("张三"), at: Town.communityA1).record
        try town.sync()
        #expect(try town.view(record, at: Town.streetA) != nil)
        #expect(try town.view(record, at: Town.district) != nil)
        #expect(try town.view(record, at: Town.streetB) == nil)
        #expect(try town.view(record, at: Town.communityA2) == nil)
    }

    @Test("Refuses at a street, with a wrong number, without a name, without the purpose")
    func refusals() throws {
        let town = try Town()
        #expect(try town.refusal(Self.registration("张三"), at: Town.streetA).code == .notPermitted)
        #expect(try town.refusal(Self.registration("张三", "110105194912310021"), at: Town.communityA1).code == .invalid)
        #expect(try town.refusal(Self.registration("  "), at: Town.communityA1).code == .invalid)
        town.withoutPurposes = [Town.communityA1]
        #expect(try town.refusal(Self.registration("张三"), at: Town.communityA1).code == .unavailable)
    }

    @Test("Only its own community amends it, and the better source is shown")
    func amend() throws {
        let town = try Town()
        let record = try town.run(Self.registration("张三"), at: Town.communityA1).record
        try town.sync()
        let change = AmendRegistration(
            record,
            RegistrationValues(name: "张叁"),
            provenance: Provenance(source: .ownStatement)
        )
        #expect(try town.refusal(change, at: Town.streetA).code == .notPermitted)
        #expect(try town.refusal(change, at: Town.communityB1).code == .notFound)
        try town.run(change, at: Town.communityA1)
        #expect(try fold(town, record, at: Town.communityA1).names.map(\.text) == ["张叁"])
        let nothing = AmendRegistration(record, RegistrationValues(), provenance: Provenance(source: .cardRead))
        #expect(try town.refusal(nothing, at: Town.communityA1).code == .invalid)
        let noDay = AmendRegistration(
            record,
            RegistrationValues(name: "x"),
            provenance: Provenance(source: .cardRead, date: "2026-02-30")
        )
        #expect(try town.refusal(noDay, at: Town.communityA1).code == .invalid)
    }

    @Test("One number at two cut-off communities: one person at the district, both told, one notice", arguments: 1...6)
    func metTwice(seed: UInt64) throws {
        let town = try Town(seed: seed)
        let first = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let second = try town.run(Self.registration("张三"), at: Town.communityA2).record
        try town.sync(Town.places, seed.isMultiple(of: 2) ? .forward : .shuffled)
        // Street and district both meet the two, neither knowing of the other's notice.
        let atStreet = try town.run(NotifyElsewhere(first), at: Town.streetA)
        let atDistrict = try town.run(NotifyElsewhere(second), at: Town.district)
        #expect(atStreet.count == 1)
        #expect(atStreet == atDistrict)
        try town.sync(Town.places, seed.isMultiple(of: 2) ? .backward : .shuffled)
        #expect(try town.run(NotifyElsewhere(second), at: Town.streetA).isEmpty)

        let notice = try #require(atStreet.first)
        for (community, own) in [(Town.communityA1, first), (Town.communityA2, second)] {
            let other = own == first ? second : first
            let view = try #require(try town.view(notice, at: community))
            let told = try #require(ElsewhereNotice.fold(view, town.authority))
            let registeredAt = try fold(town, other, at: Town.district).registeredAt
            #expect(told.since(for: own) == registeredAt)
            #expect(told.since(for: notice) == nil)
            #expect(try town.view(other, at: community) == nil, "the other registration stays where it is")
        }
        #expect(try town.view(notice, at: Town.streetB) == nil)
        let persons = Person.clusters(
            [try fold(town, first, at: Town.district), try fold(town, second, at: Town.district)],
            []
        )
        #expect(persons.map(\.registrations) == [[first, second].sorted()])
    }

    @Test("A community cannot write notices; two registrations of one community need none")
    func noNotice() throws {
        let town = try Town()
        let first = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let again = try town.run(Self.registration("张三"), at: Town.communityA1)
        #expect(again.sameNumber == [first])
        #expect(again.sameNumberHere == [first])
        try town.sync()
        #expect(try town.run(NotifyElsewhere(first), at: Town.communityA1).isEmpty)
        #expect(try town.run(NotifyElsewhere(first), at: Town.district).isEmpty)
    }

    @Test("Links tie and part, can be taken back, and un-merging loses nothing")
    func links() throws {
        let town = try Town()
        let first = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let second = try town.run(Self.registration("张三"), at: Town.communityA2).record
        let third = try town.run(Self.registration("张三", nil), at: Town.communityB1).record
        try town.sync()
        let all = try [first, second, third].map { try fold(town, $0, at: Town.district) }
        func persons() throws -> [[RecordID]] {
            let reader = try town.reader(Town.district)
            let links = try reader.all().compactMap { try reader.record($0) }
                .compactMap { PersonLink.fold($0, town.authority) }
            return Person.clusters(all.shuffled(), links.shuffled()).map(\.registrations)
        }
        func say(_ a: RecordID, _ b: RecordID, _ verdict: PersonLink.Verdict) throws {
            try town.run(LinkRegistrations(a, b, verdict, reason: "查证"), at: Town.district)
        }
        #expect(Set(try persons().map(Set.init)) == [[first, second], [third]])
        try say(first, third, .sameAs)
        #expect(try persons() == [[first, second, third].sorted()])
        try say(third, first, .undone)
        try say(second, first, .notSame)
        #expect(try persons().count == 3)
        try say(first, second, .undone)
        #expect(Set(try persons().map(Set.init)) == [[first, second], [third]])
        #expect(try town.run(NotifyElsewhere(first), at: Town.district).count == 1)
        #expect(
            try town.refusal(LinkRegistrations(first, first, .sameAs, reason: "x"), at: Town.district).code == .invalid
        )
        #expect(
            try town.refusal(LinkRegistrations(first, third, .sameAs, reason: "x"), at: Town.streetA).code == .notFound
        )
    }

    @Test("After a not-same no notice is written")
    func notSame() throws {
        let town = try Town()
        let first = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let second = try town.run(Self.registration("张三"), at: Town.communityA2).record
        try town.sync()
        try town.run(LinkRegistrations(first, second, .notSame, reason: "同号异人"), at: Town.district)
        #expect(try town.run(NotifyElsewhere(first), at: Town.district).isEmpty)
    }

    @Test("Without a number, same name and address are proposed until somebody decides")
    func candidates() throws {
        let town = try Town()
        let first = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let second = try town.run(Self.registration("张三", nil), at: Town.communityA2).record
        let third = try town.run(Self.registration("李四", nil), at: Town.communityA2).record
        try town.sync()
        let all = try [first, second, third].map { try fold(town, $0, at: Town.streetA) }
        let proposed = Person.candidates(all.shuffled(), [])
        #expect(proposed == [Person.Candidate(first, second)])
        let link = try town.run(LinkRegistrations(first, second, .notSame, reason: "父子"), at: Town.streetA).record
        let view = try #require(try town.view(link, at: Town.streetA))
        let decided = try #require(PersonLink.fold(view, town.authority))
        #expect(Person.candidates(all, [decided]).isEmpty)
        #expect(try town.view(link, at: Town.communityA1) == nil)
    }

    @Test("What a street wrote into a community's registration is not shown")
    func oneWriter() throws {
        let town = try Town()
        let record = try town.run(Self.registration("张三"), at: Town.communityA1).record
        try town.sync()
        let plan = try AmendRegistration(
            record,
            RegistrationValues(residence: .temporary, note: "假"),
            provenance: Provenance(source: .policeCheck)
        ).plan(town.reader(Town.communityA1), town.context(Town.communityA1))
        try town.commit(plan.drafts, at: Town.streetA)
        try town.sync()
        let known = try fold(town, record, at: Town.communityA1)
        #expect(known.note == nil)
        #expect(!known.residences.contains { $0.text == "temporary" })
        #expect(known.name == "张三")
    }

    @Test("Of concurrent values the best source is shown, then the latest; all are listed")
    func survivors() throws {
        let town = try Town()
        let record = try town.run(Self.registration("张三"), at: Town.communityA1).record
        let view = try #require(try town.view(record, at: Town.communityA1))
        let author = try town.node(Town.communityA1)
        let delta = try #require(DeltaID([UInt8](repeating: 9, count: 32)))
        var entries = view.entries.filter { $0.field != RegistrationField.name }
        let values: [(String, ValueSource)] = [
            ("丙", .inferred), ("甲", .policeCheck), ("乙", .homeVisit), ("丁", .inferred),
        ]
        for (index, value) in values.enumerated() {
            let plan = try AmendRegistration(
                record,
                RegistrationValues(name: value.0),
                provenance: Provenance(source: value.1)
            ).plan(town.reader(Town.communityA1), town.context(Town.communityA1))
            let draft = try #require(plan.drafts.first)
            entries.append(
                EntryView(
                    field: draft.field,
                    element: [],
                    value: draft.value,
                    stamp: HLC(milliseconds: town.now + Int64(index)),
                    dot: Dot(delta: delta, index: index),
                    author: author
                )
            )
        }
        for _ in 0..<10 {
            let shuffled = RecordView(
                record: record,
                home: view.home,
                entries: entries.shuffled().sorted { $0.field < $1.field }
            )
            let known = try #require(Registration.fold(shuffled, town.authority))
            #expect(known.names.map(\.text) == ["甲", "乙", "丁", "丙"])
        }
    }
}
