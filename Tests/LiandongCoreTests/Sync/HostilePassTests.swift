import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

@Suite("What a peer can do to a node that reconciles with it") struct HostilePassTests {
    private let district: District

    init() throws { self.district = try District() }

    /// Street A, which holds a delta, in a session with a district whose store it does not know: it opens a pass.
    private func bench() throws -> (bench: EngineBench, effects: [SyncEffect]) {
        var bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.district, of: district, on: 1)
        let audience = try #require(Audience(lines: [District.communityA1]))
        let delta = try district.delta(
            by: try district.signer(District.communityA1),
            in: audience,
            atHeight: district.authority.height
        )
        _ = try bench.commit(try bench.send([delta], in: audience, on: 1))
        _ = bench.tell(.closed(SessionID(raw: 1)))
        let effects = try meet(&bench, on: 2)
        return (bench, effects)
    }

    private func meet(_ bench: inout EngineBench, on session: UInt64) throws -> [SyncEffect] {
        let peer = try district.id(District.district)
        _ = bench.open(peer, on: session)
        var hello = try district.hello(peer)
        hello.storeEpoch = 78
        hello.features = [.reconcile]
        return answer(try bench.say(.hello(hello), on: session), in: &bench)
    }

    /// The store answers at once, with no lanes.
    private func answer(_ effects: [SyncEffect], in bench: inout EngineBench) -> [SyncEffect] {
        var all = effects
        for case .readLanes(let ticket, let read) in effects {
            let salt = read.salt ?? [UInt8](repeating: 9, count: 16)
            all += bench.tell(.lanesRead(ticket, SaltedLanes([], salt: salt, .sodium)))
        }
        return all
    }

    private func passes(_ effects: [SyncEffect], on session: UInt64) throws -> [WireReconcile] {
        try effects.said(on: session).compactMap { if case .reconcile(let frame) = $0 { frame } else { nil } }
    }

    private func resumes(_ effects: [SyncEffect], on session: UInt64) throws -> [WireResume] {
        try effects.said(on: session).compactMap { if case .resume(let resume) = $0 { resume } else { nil } }
    }

    private func opening(_ number: UInt32) -> WireReconcile {
        .with {
            $0.pass = number
            $0.salt = Data(repeating: 1, count: 16)
            $0.root = Data(repeating: 0, count: 16)
        }
    }

    @Test("An unknown store begins with a pass, in place of the stream from 0") func opens() throws {
        let (_, effects) = try bench()
        #expect(try resumes(effects, on: 2).map(\.afterPass) == [true, true])
        #expect(try passes(effects, on: 2).map(\.salt.count) == [16])
    }

    @Test("A peer that does not answer is given up after five minutes, and the next session streams from 0")
    func silence() throws {
        var (bench, _) = try bench()
        var closes: [CloseReason] = []
        for second in stride(from: Int64(5), through: 305, by: 5) {
            // It says something, only not its turn.
            let heads = WireFrame.with { $0.body = .authorityHeads(district.heads) }
            _ = bench.tell(.received(SessionID(raw: 2), frame: try heads.serializedBytes()), after: second * 1_000)
            closes += bench.tell(.wokeUp, after: second * 1_000).closeReasons
            if second < 300 { try #require(closes.isEmpty) }
        }
        #expect(closes.map(\.code) == [.replaced])
        let effects = try meet(&bench, on: 3)
        #expect(try resumes(effects, on: 3).map(\.afterPass) == [false, false])
        #expect(try resumes(effects, on: 3).map(\.lsn) == [0, 0])
        #expect(try passes(effects, on: 3).isEmpty)
    }

    @Test(
        "A pass given up or ended in the middle is a failed one: the next session streams from 0",
        arguments: [WirePassEnd.abandoned, .done, .partial]
    )
    func endedEarly(_ end: WirePassEnd) throws {
        var (bench, effects) = try bench()
        let number = try #require(try passes(effects, on: 2).first).pass
        let frame = WireReconcile.with {
            $0.pass = number
            $0.end = end
        }
        let ended = try bench.say(.reconcile(frame), on: 2)
        #expect(ended.closeReasons.map(\.code) == [.replaced])
        #expect(try resumes(try meet(&bench, on: 3), on: 3).map(\.afterPass) == [false, false])
        // One session long: the one after it may try again.
        _ = bench.tell(.closed(SessionID(raw: 3)))
        #expect(try resumes(try meet(&bench, on: 4), on: 4).map(\.afterPass) == [true, true])
    }

    @Test("Turns that are none end the session") func brokenTurns() throws {
        let frames: [WireReconcile] = [
            .with { $0.splits = Data([1]) }, .with { $0.tags = Data(repeating: 0xFF, count: 20) },
            .with { $0.wanted = [7] }, .with { $0.nodes = Data([1, 2, 3]) }, .with { $0.salt = Data([1]) },
        ]
        for frame in frames {
            var (bench, effects) = try bench()
            var sent = frame
            sent.pass = try #require(try passes(effects, on: 2).first).pass
            #expect(try bench.say(.reconcile(sent), on: 2).closeReasons.map(\.code) == [.protocolError])
        }
    }

    @Test("What belongs to a pass that is over is passed over") func late() throws {
        var (bench, _) = try bench()
        let late = WireReconcile.with {
            $0.pass = 77
            $0.wanted = [1]
        }
        #expect(try bench.say(.reconcile(late), on: 2).isEmpty)
    }

    @Test("Refuses the frame from a peer that was not offered it") func notOffered() throws {
        var bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.district, of: district, on: 1)
        #expect(try bench.say(.reconcile(opening(1)), on: 1).closeReasons.map(\.code) == [.protocolError])
    }

    @Test("A peer that opens pass after pass is sent away at the thirty-first") func tooMany() throws {
        var bench = try EngineBench(District.streetA, in: district)
        _ = try meet(&bench, on: 1)
        for number in UInt32(1)...31 {
            let effects = answer(try bench.say(.reconcile(opening(number)), on: 1), in: &bench)
            if number == 31 {
                #expect(effects.closeReasons.map(\.code) == [.protocolError])
                return
            }
            try #require(effects.closeReasons.isEmpty, "pass \(number)")
            let abandoned = WireReconcile.with {
                $0.pass = number
                $0.end = .abandoned
            }
            _ = try bench.say(.reconcile(abandoned), on: 1)
        }
    }
}
