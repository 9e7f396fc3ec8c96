import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

@Suite("A node that joins") struct JoiningTests {
    private let district: District
    private let joining: Signer
    private let parent: NodeID

    init() throws {
        self.district = try District()
        self.joining = try testSigner(99)
        self.parent = try district.id(District.streetA)
    }

    /// The node after the hello of its parent, which holds the chain and does not know the node.
    private func bench() throws -> EngineBench {
        var bench = try EngineBench(joining: joining, with: parent, of: district)
        _ = bench.open(parent, on: 1)
        let effects = try bench.say(.hello(try district.hello(parent)), on: 1)
        #expect(try requests(in: effects).count == 1)
        return bench
    }

    private func requests(in effects: [SyncEffect]) throws -> [WireEnrolRequest] {
        try effects.said(on: 1).compactMap { if case .enrolRequest(let request) = $0 { request } else { nil } }
    }

    private func enrolled() throws -> District {
        var grown = district
        let enrolment = Enrolment(
            node: try #require(NodeID(joining.publicKey)),
            sealingKey: [UInt8](repeating: 7, count: 32),
            place: District.communityA1,
            name: "second",
            ordinal: 2,
            addresses: []
        )
        try grown.append(.enrol(enrolment, invite: nil))
        return grown
    }

    @Test("Asks again while it waits, and says nothing that a stranger may not") func asksAgain() throws {
        var bench = try bench()
        let effects = bench.tell(.wokeUp, after: 5_000)
        #expect(try requests(in: effects).count == 1)
        #expect(try effects.said(on: 1).count == 1)
        #expect(effects.closeReasons.isEmpty)
    }

    @Test("Asking again uses up none of the rate that is for new nodes") func repeatedRequest() throws {
        var asking = try EngineBench(joining: joining, with: parent, of: district)
        _ = asking.open(parent, on: 1)
        let request = try #require(try requests(in: asking.say(.hello(try district.hello(parent)), on: 1)).first)
        var bench = try EngineBench(District.streetA, in: district)
        let stranger = try #require(NodeID(joining.publicKey))
        _ = bench.open(stranger, on: 1)
        _ = try bench.say(.hello(try district.hello(stranger, isJoining: true)), on: 1)
        for _ in 0..<150 {
            let replies = try bench.say(.enrolRequest(request), on: 1).said(on: 1).compactMap { body in
                if case .enrolReply(let reply) = body { reply.outcome } else { nil }
            }
            #expect(replies == [.waitingForSigner])
        }
    }

    @Test("Enrolled by what another peer said, it begins anew with the one that takes it for a stranger")
    func enrolledByAnotherWay() throws {
        var bench = try bench()
        let grown = try enrolled()
        let effects = bench.tell(.authorityAppended(grown.entries, grown.authority))
        #expect(effects.closeReasons.map(\.code) == [.replaced])
        let said = try effects.said(on: 1)
        #expect(said.allSatisfy { if case .bye = $0 { true } else { false } }, "\(said)")
    }

    @Test("Enrolled by what its parent said, it goes on to exchange") func enrolledByItsParent() throws {
        var bench = try bench()
        let grown = try enrolled()
        let frame = WireAuthorityEntries.with {
            $0.entries = grown.entries.map { entry in
                .with {
                    $0.entry = Data(entry.entry)
                    $0.signature = Data(entry.signature)
                }
            }
        }
        let entries = try bench.say(.authorityEntries(frame), on: 1)
        let effects = try bench.commit(entries)
        #expect(effects.closeReasons.isEmpty)
        #expect(try effects.resumes(on: 1) == [0, 0])
    }
}
