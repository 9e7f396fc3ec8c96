import LiandongSigning
import Testing

@testable import LiandongCore

/// Whom a node dials, by the chain, the operator's word and what can be reached.
@Suite("Dial policy") struct DialPolicyTests {
    private static let patience: Int64 = 20_000
    private static let start = Instant(milliseconds: 1_700_000_000_000)
    private let district: District

    init() throws { self.district = try District() }

    private func peers(
        _ policy: inout DialPolicy,
        of place: PlaceID,
        in district: District? = nil,
        up: Set<NodeID> = [],
        lateral: Set<NodeID> = [],
        paused: Set<NodeID> = [],
        handOver: Set<NodeID> = [],
        dialledThere: Set<NodeID> = [],
        after milliseconds: Int64 = 0
    ) throws -> [NodeID: LinkKind] {
        let district = district ?? self.district
        let around = DialPolicy.Surroundings(
            node: try district.id(place),
            authority: district.authority,
            lateral: lateral,
            paused: paused,
            handOver: handOver,
            reach: { peer in
                dialledThere.contains(peer)
                    ? .up(dialledHere: false) : up.contains(peer) ? .up(dialledHere: true) : .down
            }
        )
        return policy.peers(
            around,
            patience: Self.patience,
            at: Self.start.advanced(byMilliseconds: milliseconds)
        )
    }

    @Test("A community dials its street, the street the district, the district nobody")
    func tree() throws {
        var policy = DialPolicy()
        let (top, street) = (try district.id(District.district), try district.id(District.streetA))
        #expect(try peers(&policy, of: District.communityA1) == [street: .parent])
        policy = DialPolicy()
        #expect(try peers(&policy, of: District.streetA) == [top: .parent])
        policy = DialPolicy()
        #expect(try peers(&policy, of: District.district).isEmpty)
    }

    @Test("All nodes of the place above are dialled, of one's own place those with a greater id")
    func places() throws {
        var district = district
        let second = try district.enrolAnother(at: District.streetA, seed: 60)
        let (street, top) = (try district.id(District.streetA), try district.id(District.district))
        var policy = DialPolicy()
        #expect(
            try peers(&policy, of: District.communityA1, in: district) == [street: .parent, second: .parent]
        )
        policy = DialPolicy()
        let expected: [NodeID: LinkKind] = second > street ? [top: .parent, second: .sibling] : [top: .parent]
        #expect(try peers(&policy, of: District.streetA, in: district) == expected)
    }

    @Test(
        "The next place above is dialled when the parent was out of reach for 20 s, not before",
        arguments: [
            19_999, 20_000,
        ]
    )
    func fallback(_ milliseconds: Int64) throws {
        var policy = DialPolicy()
        let (top, street) = (try district.id(District.district), try district.id(District.streetA))
        _ = try peers(&policy, of: District.communityA1)
        let expected: [NodeID: LinkKind] =
            milliseconds < 20_000 ? [street: .parent] : [street: .parent, top: .fallback]
        #expect(try peers(&policy, of: District.communityA1, after: milliseconds) == expected)
    }

    @Test("The way around is given up when the parent is back, and the wait begins anew when it is gone again")
    func parentIsBack() throws {
        var policy = DialPolicy()
        let street = try district.id(District.streetA)
        _ = try peers(&policy, of: District.communityA1)
        #expect(try peers(&policy, of: District.communityA1, after: 30_000).count == 2)
        #expect(try peers(&policy, of: District.communityA1, up: [street], after: 30_250) == [street: .parent])
        #expect(try peers(&policy, of: District.communityA1, after: 30_500) == [street: .parent])
        #expect(try peers(&policy, of: District.communityA1, after: 50_499).count == 1)
        #expect(try peers(&policy, of: District.communityA1, after: 50_500).count == 2)
    }

    @Test("One node of the parent place that is there is enough: nobody further up is dialled")
    func oneOfTwoParents() throws {
        var district = district
        let second = try district.enrolAnother(at: District.streetA, seed: 60)
        var policy = DialPolicy()
        for milliseconds: Int64 in [0, 60_000] {
            let found = try peers(
                &policy,
                of: District.communityA1,
                in: district,
                up: [second],
                after: milliseconds
            )
            #expect(!found.values.contains(.fallback))
        }
    }

    @Test("Of a place above all whose nodes are revoked nothing is awaited: the next one is dialled at once")
    func placeWithoutNodes() throws {
        var district = district
        let street = try district.id(District.streetA)
        try district.append(.revoke(street, .init(cuts: [:], reason: "lost")))
        var policy = DialPolicy()
        let top = try district.id(District.district)
        #expect(try peers(&policy, of: District.communityA1, in: district) == [top: .fallback])
    }

    @Test("A parent that was taken out of service here is not passed by")
    func pausedParent() throws {
        var policy = DialPolicy()
        let street = try district.id(District.streetA)
        for milliseconds: Int64 in [0, 60_000] {
            #expect(
                try peers(&policy, of: District.communityA1, paused: [street], after: milliseconds)
                    == [street: .parent]
            )
        }
    }

    @Test("A named neighbour is dialled, unless it dials: then one connection is enough")
    func lateral() throws {
        var policy = DialPolicy()
        let (street, neighbour) = (try district.id(District.streetA), try district.id(District.communityB1))
        #expect(
            try peers(&policy, of: District.communityA1, lateral: [neighbour])
                == [street: .parent, neighbour: .lateral]
        )
        #expect(
            try peers(&policy, of: District.communityA1, lateral: [neighbour], dialledThere: [neighbour])
                == [street: .parent]
        )
        let stranger = try #require(NodeID(try testSigner(77).publicKey))
        #expect(try peers(&policy, of: District.communityA1, lateral: [stranger]) == [street: .parent])
    }

    @Test("Whoever takes something over is dialled for that, and counts as a neighbour or parent first")
    func handOver() throws {
        var policy = DialPolicy()
        let (street, top) = (try district.id(District.streetA), try district.id(District.district))
        #expect(
            try peers(&policy, of: District.communityA1, handOver: [top, street])
                == [street: .parent, top: .handOver]
        )
    }

    @Test("A node that was revoked, or is not enrolled, dials nobody")
    func outsiders() throws {
        var district = district
        try district.append(.revoke(try district.id(District.communityA1), .init(cuts: [:], reason: "lost")))
        var policy = DialPolicy()
        #expect(try peers(&policy, of: District.communityA1, in: district).isEmpty)
    }

    @Test("A clock that is set back does not make a node wait for longer than the patience")
    func clockSetBack() throws {
        var policy = DialPolicy()
        _ = try peers(&policy, of: District.communityA1, after: 3_600_000)
        policy.clockWentBack(to: Self.start)
        #expect(try peers(&policy, of: District.communityA1, after: 19_999).count == 1)
        #expect(try peers(&policy, of: District.communityA1, after: 20_000).count == 2)
    }
}

extension District {
    /// One more node of a place.
    mutating func enrolAnother(at place: PlaceID, seed: UInt8) throws -> NodeID {
        let node = try #require(NodeID(try testSigner(seed).publicKey))
        let enrolment = Enrolment(
            node: node,
            sealingKey: [UInt8](repeating: 7, count: 32),
            place: place,
            name: "\(place), second",
            ordinal: 2,
            addresses: ["second:1"]
        )
        try append(.enrol(enrolment, invite: nil))
        return node
    }
}
