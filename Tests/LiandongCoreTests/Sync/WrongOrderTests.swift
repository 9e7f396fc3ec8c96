import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// Frames that do not belong into the phase of a session that they come in.
@Suite("Frames out of order") struct WrongOrderTests {
    enum Phase: String, CaseIterable, Sendable {
        case awaitingHello, admitting, enrolling, aligning, exchanging
    }

    enum Kind: String, CaseIterable, Sendable {
        case hello, enrolRequest, enrolReply, resume, deltas, unknown
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let phase: Phase
        let kind: Kind
        let code: CloseReason.Code
        let text: String

        init(_ phase: Phase, _ kind: Kind, _ code: CloseReason.Code, _ text: String) {
            self.phase = phase
            self.kind = kind
            self.code = code
            self.text = text
        }

        var testDescription: String { "\(kind.rawValue) in \(phase.rawValue)" }
    }

    /// A hello while one is awaited, a request to be enrolled while admitting, its reply while enrolling, and a resume once
    /// the hellos are exchanged are in order; every other pair is here.
    static let cases: [Case] =
        [Kind.enrolRequest, .enrolReply, .resume, .deltas].map {
            Case(.awaitingHello, $0, .protocolError, "the first frame is no hello")
        }
        + [Kind.hello, .enrolReply, .resume, .deltas].map {
            Case(.admitting, $0, .notEnrolled, "a node that is not enrolled may only ask to be")
        }
        + [Kind.hello, .enrolRequest, .resume, .deltas].map {
            Case(.enrolling, $0, .protocolError, "only the chain is expected while enrolling")
        }
        + [
            Case(.aligning, .hello, .protocolError, "a second hello"),
            Case(.exchanging, .hello, .protocolError, "a second hello"),
            Case(.aligning, .deltas, .protocolError, "deltas before both chains were at one head"),
            Case(.exchanging, .deltas, .protocolError, "lane number 0 was never defined"),
            // Requests and replies are passed on while deltas flow, but not what has no node in it.
            Case(.aligning, .enrolRequest, .protocolError, "an enrolment request that is not of its form"),
            Case(.exchanging, .enrolRequest, .protocolError, "an enrolment request that is not of its form"),
            Case(.aligning, .enrolReply, .protocolError, "an enrolment reply that names no node or outcome"),
            Case(.exchanging, .enrolReply, .protocolError, "an enrolment reply that names no node or outcome"),
        ] + Phase.allCases.map { Case($0, .unknown, .protocolError, "a frame without a body this build knows") }

    private let district: District
    /// Enrolled nowhere.
    private let stranger: Signer

    init() throws {
        self.district = try District()
        self.stranger = try testSigner(99)
    }

    @Test("End the session with a reason, and nothing is stored", arguments: cases) func wrongOrder(
        _ wrong: Case
    ) throws {
        var bench = try bench(in: wrong.phase)
        let effects = try bench.say(try frame(wrong.kind), on: 1)
        #expect(effects.closeReasons.map(\.code) == [wrong.code])
        let text = effects.closeReasons.first?.text ?? ""
        #expect(text.contains(wrong.text), "\(text)")
        let byes = try effects.said(on: 1).compactMap { body in
            if case .bye(let bye) = body { bye.text } else { nil }
        }
        #expect(byes == [text])
        #expect(effects.persistBatches.isEmpty && effects.alarms.isEmpty)
        // It is over: the same frame again is nothing to it.
        #expect(try bench.say(try frame(wrong.kind), on: 1).isEmpty)
    }

    @Test("A session gets into each phase before the table begins", arguments: Phase.allCases)
    func phases(_ phase: Phase) throws {
        var bench = try bench(in: phase)
        // Heads of the chain are the one frame that tells the phases apart without ending those behind the hello.
        let effects = try bench.say(.authorityHeads(district.heads), on: 1)
        let refused: [CloseReason.Code] =
            switch phase {
            case .awaitingHello: [.protocolError]
            case .admitting: [.notEnrolled]
            case .enrolling, .aligning, .exchanging: []
            }
        #expect(effects.closeReasons.map(\.code) == refused)
    }

    @Test("An enrolment request for another node is refused from one that is not enrolled itself")
    func requestForAnother() throws {
        var bench = try bench(in: .admitting)
        let effects = try bench.say(.enrolRequest(try request(for: District.communityA1)), on: 1)
        #expect(effects.closeReasons.map(\.text) == ["an enrolment request for another node"])
        #expect(effects.persistBatches.isEmpty)
    }

    @Test(
        "An enrolment request for another node is passed on for an enrolled one, whose end may be ahead of this one",
        arguments: [Phase.aligning, .exchanging]
    )
    func requestPassedOn(_ phase: Phase) throws {
        var bench = try bench(in: phase)
        let effects = try bench.say(.enrolRequest(try request(for: District.communityB1)), on: 1)
        #expect(effects.closeReasons.isEmpty)
        let replies = try effects.said(on: 1).filter { if case .enrolReply = $0 { true } else { false } }
        #expect(replies.count == 1)
    }

    private func request(for place: PlaceID) throws -> WireEnrolRequest {
        try .with {
            $0.node = Data(try district.id(place).bytes)
            $0.sealingKey = Data(count: 32)
            $0.invite = Data(count: 32)
        }
    }

    @Test("Deltas of an audience or a class that was not agreed on, or of a later chain, end the session")
    func unpreparedDeltas() throws {
        let home = try #require(Audience(lines: [District.communityA1]))
        let author = try district.signer(District.communityA1)
        let later = try district.delta(by: author, in: home, atHeight: district.authority.height + 1)
        var bench = try bench(in: .exchanging)
        let reasons = try bench.send([later], in: home, on: 1).closeReasons
        #expect(reasons.map(\.code) == [.protocolError])
        #expect(reasons.first?.text.contains("authority height \(district.authority.height + 1)") == true)

        bench = try self.bench(in: .exchanging)
        let delta = try district.delta(by: author, in: home, atHeight: district.authority.height)
        let other = try #require(Audience(lines: [District.streetA]))
        let effects = try bench.send([delta], in: other, on: 1)
        #expect(effects.closeReasons.map(\.text) == ["a delta of an audience that was not defined"])
        #expect(effects.persistBatches.isEmpty)
    }

    private func bench(in phase: Phase) throws -> EngineBench {
        let peer = try district.id(District.communityA1)
        var bench = try EngineBench(District.streetA, in: district)
        switch phase {
        case .awaitingHello:
            _ = bench.open(peer, on: 1)
        case .admitting:
            let peer = try #require(NodeID(stranger.publicKey))
            _ = bench.open(peer, on: 1)
            _ = try bench.say(.hello(try district.hello(peer, isJoining: true)), on: 1)
        case .enrolling:
            bench = try EngineBench(joining: stranger, with: peer, of: district)
            _ = bench.open(peer, on: 1)
            _ = try bench.say(.hello(try district.hello(peer)), on: 1)
        case .aligning:
            _ = bench.open(peer, on: 1)
            // The peer is ahead, and what it is ahead by has not come.
            let ahead = try district.movingA1()
            _ = try bench.say(.hello(try ahead.hello(peer)), on: 1)
        case .exchanging:
            let effects = try bench.meet(District.communityA1, of: district, on: 1)
            #expect(try effects.resumes(on: 1) == [0, 0])
        }
        return bench
    }

    private func frame(_ kind: Kind) throws -> [UInt8] {
        let body: WireFrame.OneOf_Body
        switch kind {
        case .hello: body = .hello(try district.hello(try district.id(District.communityA1)))
        case .enrolRequest: body = .enrolRequest(WireEnrolRequest())
        case .enrolReply: body = .enrolReply(WireEnrolReply())
        case .resume: body = .resume(.with { $0.class = .interactive })
        case .deltas: body = .deltas(.with { $0.deltas = [WireSentDelta()] })
        // Number 20 is kept for later, length-delimited, empty.
        case .unknown: return [0xA2, 0x01, 0x00]
        }
        return try WireFrame.with { $0.body = body }.serializedBytes()
    }
}
