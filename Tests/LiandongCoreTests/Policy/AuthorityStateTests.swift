import LiandongCore
import LiandongSigning
import Testing

@Suite("Authority state")
struct AuthorityStateTests {
    private let district: District

    init() throws { self.district = try District() }

    @Test("Every node of the tree path between two entitled nodes is entitled")
    func paths() throws {
        let authority = district.authority
        for a in District.places {
            for b in District.places {
                let audience = try #require(Audience(lines: [a, b]))
                let entitled = District.places.filter { authority.isEntitled(place: $0, to: audience) }
                #expect(Set(entitled) == Set(authority.line(of: a) + authority.line(of: b)))
            }
        }
        let below = Audience(below: District.streetA)
        let reached = District.places.filter { authority.isEntitled(place: $0, to: below) }
        #expect(reached == [District.district, District.streetA, District.communityA1, District.communityA2])
    }

    @Test("A place is found by its code, and its line ends at the district")
    func codes() {
        let place = district.authority.place(code: "441202003001")
        #expect(place?.id == District.communityB1)
        #expect(district.authority.line(of: District.communityB1) == [.init(raw: 21), .init(raw: 20), .init(raw: 1)])
        #expect(district.authority.lowestCommonAncestor(.init(raw: 11), .init(raw: 12)) == .init(raw: 10))
        #expect(district.authority.lowestCommonAncestor(.init(raw: 11), .init(raw: 21)) == .init(raw: 1))
    }

    @Test("Only the signer's next entry is applied; anything else leaves the state alone")
    func refusals() throws {
        var state = district.authority
        let policy = AuthorityEntryContent.Body.policy(name: "quota", value: "200")
        let good = try district.next(policy)
        let byAnother = try district.next(policy, by: try district.signer(District.streetA))
        #expect(throws: AuthorityError.self) { try state.apply(byAnother, .sodium) }
        var broken = good.entry
        broken[broken.count - 1] ^= 1
        let forged = SignedAuthorityEntry(entry: broken, signature: good.signature)
        #expect(throws: AuthorityError.self) { try state.apply(forged, .sodium) }
        #expect(state.height == district.authority.height)
        try state.apply(good, .sodium)
        #expect(state.policies["quota"] == "200")
        #expect(throws: AuthorityError.self) { try state.apply(good, .sodium) }
    }

    @Test("A place gets no code that another has, no parent of its own tier, and no second enrolment")
    func invalidEntries() throws {
        var district = district
        let taken = Place(
            id: PlaceID(raw: 99),
            tier: .community,
            parent: District.streetA,
            code: "441202003001",
            name: "x"
        )
        #expect(throws: AuthorityError.self) { try district.append(.place(taken)) }
        let sideways = Place(
            id: PlaceID(raw: 99),
            tier: .community,
            parent: District.communityA1,
            code: "441202001099",
            name: "x"
        )
        #expect(throws: AuthorityError.self) { try district.append(.place(sideways)) }
        let again = try #require(district.authority.nodes[try district.id(District.streetA)])
        #expect(throws: AuthorityError.self) { try district.append(.enrol(again, invite: nil)) }
    }

    @Test("The district itself may be called otherwise and be drawn; it stays the top, and the only one")
    func districtPlace() throws {
        var district = district
        let top = try #require(district.authority.places[District.district])
        func written(_ id: PlaceID, _ tier: Tier = .district, under parent: PlaceID? = nil) -> Place {
            Place(id: id, tier: tier, parent: parent, code: top.code, name: "y", boundary: [0, 0, 9, 0, 9, 9])
        }
        try district.append(.place(written(top.id)))
        #expect(district.authority.places[top.id]?.name == "y")
        #expect(district.authority.line(of: District.communityB1).last == top.id)
        #expect(district.authority.place(longitude: 5, latitude: 1)?.id == top.id)
        for refused in [
            written(top.id, .street), written(top.id, under: District.streetA), written(District.streetA, .street),
            written(PlaceID(raw: 98)),
        ] {
            #expect(throws: AuthorityError.self) { try district.append(.place(refused)) }
        }
    }

    @Test("A delta written before a place moved is judged where the place was then")
    func moves() throws {
        var district = district
        let before = district.authority.epoch
        let moved = Place(
            id: District.communityA1,
            tier: .community,
            parent: District.streetB,
            code: "441202003009",
            name: "moved"
        )
        try district.append(.place(moved))
        let after = district.authority.epoch
        let audience = try #require(Audience(lines: [District.communityA1]))
        let (streetA, streetB) = (try district.id(District.streetA), try district.id(District.streetB))
        #expect(district.authority.mayWrite(streetA, in: audience, at: before))
        #expect(!district.authority.mayWrite(streetA, in: audience, at: after))
        #expect(!district.authority.mayWrite(streetB, in: audience, at: before))
        #expect(district.authority.mayWrite(streetB, in: audience, at: after))
        #expect(district.authority.isEntitled(streetB, to: audience))
        #expect(district.authority.place(code: "441202001001") == nil)
    }

    @Test("What was withdrawn from a node counts from that height on, until it is given back, and for it alone")
    func withdrawals() throws {
        var district = district
        let (node, other) = (try district.id(District.communityA1), try district.id(District.communityA2))
        let own = try #require(Audience(lines: [District.communityA1]))
        let shared = try #require(Audience(lines: [District.communityA1, District.communityB1]))
        let kind = try #require(Schema.test.acceptableForOthers.first)
        func rights() -> [Bool] {
            let authority = district.authority
            return [
                authority.mayWrite(node, in: own, at: authority.epoch),
                authority.mayCreate(kind, by: node, in: own, at: authority.epoch, .test),
                authority.mayCreate(kind, by: node, in: shared, at: authority.epoch, .test),
                authority.has(other, .write, atHeight: authority.height)
                    && authority.has(other, .acceptForOthers, atHeight: authority.height),
            ]
        }
        let before = district.authority.epoch
        #expect(rights() == [true, true, true, true])
        try district.append(.grant(node, capability: "accept-for-others", withdrawn: true))
        #expect(rights() == [true, true, false, true])
        try district.append(.grant(node, capability: "write", withdrawn: true))
        #expect(rights() == [false, false, false, true])
        #expect(district.authority.mayCreate(kind, by: node, in: shared, at: before, .test))
        try district.append(.grant(node, capability: "write", withdrawn: false))
        #expect(rights() == [true, true, false, true])
        let stranger = try #require(NodeID(try testSigner(99).publicKey))
        #expect(throws: AuthorityError.self) {
            try district.append(.grant(stranger, capability: "write", withdrawn: false))
        }
    }

    @Test("A second revocation can only take more away")
    func revocations() throws {
        var district = district
        let node = try district.id(District.communityA1)
        func cut(_ seq: UInt64) -> AuthorityState.Revocation.Cut {
            .init(seq: seq, header: DeltaID(raw: Bytes32([UInt8](repeating: UInt8(seq), count: 32))!))
        }
        let (x, y) = (LaneID(raw: Bytes16(high: 0, low: 1)), LaneID(raw: Bytes16(high: 0, low: 2)))
        try district.append(.revoke(node, .init(cuts: [x: cut(5), y: cut(5)], reason: "lost")))
        try district.append(.revoke(node, .init(cuts: [x: cut(7)], reason: "again")))
        #expect(district.authority.revocations[node]?.cuts == [x: cut(5)])
        #expect(!district.authority.isEntitled(node, to: Audience(below: District.district)))
        #expect(district.authority.nodes(of: District.communityA1).isEmpty)
    }

    @Test("A point is in the lowest place whose boundary holds it")
    func boundaries() throws {
        var district = district
        for (id, parent, tier, side) in [
            (PlaceID(raw: 31), District.streetA, Tier.community, 10.0),
            (PlaceID(raw: 32), PlaceID(raw: 31), .grid, 5.0),
        ] {
            try district.append(
                .place(
                    Place(
                        id: id,
                        tier: tier,
                        parent: parent,
                        code: "3\(id.raw)",
                        name: "x",
                        boundary: [0, 0, side, 0, side, side, 0, side]
                    )
                )
            )
        }
        #expect(district.authority.place(longitude: 1, latitude: 1)?.tier == .grid)
        #expect(district.authority.place(longitude: 7, latitude: 7)?.tier == .community)
        #expect(district.authority.place(longitude: 11, latitude: 7) == nil)
    }

    @Test("Cuts that have no room in a revocation go before it and count with it; a second revocation narrows all")
    func manyCuts() throws {
        var district = try District()
        let id = try district.id(District.communityA1)
        let cuts = (1...1_300).map { number in
            (
                LaneID(raw: Bytes16(high: 0, low: UInt64(number))),
                AuthorityState.Revocation.Cut(
                    seq: UInt64(number),
                    header: DeltaID(raw: Bytes32(word0: 0, word1: 0, word2: 0, word3: 1))
                )
            )
        }
        func stretch(_ range: Range<Int>) -> [LaneID: AuthorityState.Revocation.Cut] {
            Dictionary(uniqueKeysWithValues: cuts[range])
        }
        try district.append(.revoke(id, .init(cuts: stretch(0..<512), reason: "", isContinued: true)))
        #expect(district.authority.revocations[id] == nil)
        try district.append(.revoke(id, .init(cuts: stretch(512..<1_024), reason: "", isContinued: true)))
        try district.append(.revoke(id, .init(cuts: stretch(1_024..<1_300), reason: "stolen")))
        #expect(district.authority.revocations[id]?.cuts == stretch(0..<1_300))
        try district.append(.revoke(id, .init(cuts: stretch(0..<3), reason: "stolen")))
        #expect(district.authority.revocations[id]?.cuts == stretch(0..<3))
    }
}
