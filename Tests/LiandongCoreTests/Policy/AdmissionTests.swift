import LiandongCore
import LiandongSigning
import Testing

@Suite("Right to an audience, delta by delta") struct AdmissionTests {
    @Test("The verdict at an epoch is the same on every longer chain: places made, moved and nodes enrolled later")
    func longerChains() throws {
        let district = try District()
        let made = Place(
            id: PlaceID(raw: 13),
            tier: .community,
            parent: District.streetA,
            code: "441202001013",
            name: "later"
        )
        var ahead = try district.movingA1()
        try ahead.append(.place(made))
        let newcomer = try testSigner(99)
        let enrolment = Enrolment(
            node: try #require(NodeID(newcomer.publicKey)),
            sealingKey: [UInt8](repeating: 7, count: 32),
            place: made.id,
            name: "later",
            ordinal: 1,
            addresses: []
        )
        try ahead.append(.enrol(enrolment, invite: nil))

        let places = District.places + [made.id]
        var audiences = places.map { Audience(below: $0) }
        for a in places {
            for b in places { audiences.append(try #require(Audience(lines: [a, b]))) }
        }
        let origins = try District.places.map { try district.signer($0) } + [newcomer]
        var seen: Set<DeltaAdmission> = []
        for height in [1, 8, district.authority.height] {
            for origin in origins {
                for audience in audiences {
                    let header = try district.delta(by: origin, in: audience, atHeight: height).header
                    let verdicts = [district, ahead].map { chain in
                        chain.authority.admission(of: header, in: audience) { LaneID(header.lane, .sodium) }
                    }
                    #expect(verdicts.first == verdicts.last)
                    seen.formUnion(verdicts)
                }
            }
        }
        #expect(seen == [.granted, .refused(.notEnrolled), .refused(.notOfTheAudience)])
    }

    @Test("A revocation leaves out what lies behind its cut, and never what the origin had no right to")
    func revoked() throws {
        var district = try District()
        let author = try district.signer(District.communityA1)
        let home = try #require(Audience(lines: [District.communityA1]))
        let foreign = try #require(Audience(lines: [District.communityB1]))
        let height = district.authority.height
        let kept = try district.delta(by: author, in: home, atHeight: height)
        let other = try district.delta(by: author, in: home, atHeight: height, incarnation: 2)
        let stray = try district.delta(by: author, in: foreign, atHeight: height)
        let cut = AuthorityState.Revocation.Cut(seq: 1, header: kept.id)
        let node = try district.id(District.communityA1)
        try district.append(.revoke(node, .init(cuts: [LaneID(kept.lane, .sodium): cut], reason: "lost")))
        let verdicts = [(kept, home), (other, home), (stray, foreign)].map { delta, audience in
            district.authority.admission(of: delta.header, in: audience) { LaneID(delta.lane, .sodium) }
        }
        #expect(verdicts == [.granted, .evidence, .refused(.notOfTheAudience)])
    }
}
