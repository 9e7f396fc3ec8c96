import LiandongSigning
import Testing

@testable import LiandongCore

/// The root key names another node of the district as the chain's one writer.
@Suite("A signer's move") struct SignerMoveTests {
    private var district: District
    private let second: NodeID
    private let secondSigner: Signer

    init() throws {
        var district = try District()
        self.secondSigner = try testSigner(60)
        self.second = try district.enrolAnother(at: District.district, seed: 60)
        self.district = district
    }

    @Test("The new signer's entries are taken from then on, the old one's are refused") func moves() throws {
        var moved = district
        try moved.append(.signerMove(second), by: district.root)
        #expect(moved.authority.signer == second)
        let late = try moved.next(.policy(name: "old", value: "1"))
        var state = moved.authority
        #expect(throws: AuthorityError.self) { try state.apply(late, .sodium) }
        try moved.append(.policy(name: "new", value: "1"), by: secondSigner)
        #expect(moved.authority.policies["new"] == "1")
    }

    @Test("Neither the old signer nor the new one can say so, only the root key") func onlyTheRoot() throws {
        for author in [try district.signer(District.district), secondSigner] {
            var state = district.authority
            let entry = try district.next(.signerMove(second), by: author)
            let error = #expect(throws: AuthorityError.self) { try state.apply(entry, .sodium) }
            #expect(error?.code == .refused)
            #expect(state.signer == district.authority.signer)
        }
        var state = district.authority
        let other = try district.next(.policy(name: "root", value: "1"), by: district.root)
        #expect(throws: AuthorityError.self, "the root key says nothing else") { try state.apply(other, .sodium) }
    }

    @Test("Only a node of the district that is not revoked can be made signer") func whom() throws {
        var state = district.authority
        let street = try district.next(.signerMove(try district.id(District.streetA)), by: district.root)
        #expect(throws: AuthorityError.self) { try state.apply(street, .sodium) }
        let stranger = try #require(NodeID(try testSigner(99).publicKey))
        let unknown = try district.next(.signerMove(stranger), by: district.root)
        #expect(throws: AuthorityError.self) { try state.apply(unknown, .sodium) }
        var revoked = district
        try revoked.append(.revoke(second, .init(cuts: [:], reason: "lost")))
        state = revoked.authority
        let gone = try revoked.next(.signerMove(second), by: district.root)
        #expect(throws: AuthorityError.self) { try state.apply(gone, .sodium) }
    }

    @Test("A chain that the old signer went on with ends the session with an alarm") func forkOfTheChain() throws {
        var moved = district
        try moved.append(.signerMove(second), by: district.root)
        var old = district
        try old.append(.policy(name: "old", value: "1"))
        var bench = try EngineBench(District.streetA, in: moved)
        let answers = try bench.meet(District.communityA1, of: old, on: 1)
        #expect(answers.closeReasons.map(\.code) == [.authorityFork])
        #expect(
            answers.alarms == [.authorityFork(peer: try old.id(District.communityA1), height: moved.authority.height)]
        )
    }
}
