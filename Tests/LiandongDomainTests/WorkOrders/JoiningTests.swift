import LiandongCore
import LiandongDomain
import Testing

/// Registrations and consultations that were given to further places while somebody wrote on at home.
@Suite("Scattered registrations and consultations")
struct JoiningTests {
    private func wider(_ view: RecordView) throws -> Audience {
        try #require(Audience(view.home.members + [.init(place: Town.communityB1, scope: .line)]))
    }

    /// A node above gives a record to B1's line.
    private func give(_ record: RecordID, _ town: Town) throws {
        let view = try #require(try town.view(record, at: Town.district))
        let kind = try #require(view.kind)
        try town.commit([.give(record, of: kind, from: view.home, to: wider(view))], at: Town.district)
    }

    @Test("A registration is corrected where it was given to, and what was written at home comes along")
    func registration() throws {
        let town = try Town()
        let provenance = Provenance(source: .cardRead)
        let record = try town.run(RegisterResident(name: "张三", provenance: provenance), at: Town.communityA1).record
        try town.sync()
        try give(record, town)
        // A1 has not heard of it.
        try town.run(AmendRegistration(record, .init(note: "旧"), provenance: provenance), at: Town.communityA1)
        try town.sync()
        let known = { (place: PlaceID) in
            try town.view(record, at: place).flatMap { Registration.fold($0, town.authority) }
        }
        #expect(try known(Town.communityB1)?.note == nil)
        #expect(try known(Town.communityA1)?.note != nil)
        try town.run(AmendRegistration(record, .init(address: "东一路9号"), provenance: provenance), at: Town.communityA1)
        try town.sync()
        let there = try #require(try known(Town.communityB1))
        #expect(there.note != nil && there.address != nil)
        #expect(try known(Town.communityA1) == there && known(Town.streetB) == there)
    }

    @Test("An opinion goes to all that a consultation was given to, with those given at home before")
    func consultation() throws {
        let town = try Town()
        let record = try ConsultationTests().create(town, place: Town.communityA1, at: Town.communityA1)
        try town.sync()
        try give(record, town)
        try town.run(GiveOpinion(record, text: "在原处"), at: Town.communityA1)
        try town.sync()
        #expect(try town.view(record, at: Town.communityB1)?.entries(of: ConsultationField.opinions).count == 0)
        try town.run(GiveOpinion(record, text: "在西一"), at: Town.communityB1)
        try town.run(GiveOpinion(record, text: "一并"), at: Town.communityA1)
        try town.sync()
        for place in [Town.communityA1, Town.communityB1, Town.streetA, Town.district] {
            #expect(try town.consultation(record, at: place).opinions.count == 3, "\(place)")
        }
    }
}
