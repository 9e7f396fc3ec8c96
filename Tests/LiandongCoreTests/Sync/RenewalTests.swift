import Foundation
import LiandongCore
import LiandongSigning
import LiandongSimulation
import SwiftProtobuf
import Testing

/// A replica that peers know to have been further takes new names; forks and revocations reach whom they concern.
@Suite("Rewinds, forks and revocations on the wire") struct RenewalTests {
    private let district: District
    private let home: Audience

    init() throws {
        self.district = try District()
        self.home = try #require(Audience(lines: [District.communityA1]))
    }

    private func bench() throws -> EngineBench {
        var bench = try EngineBench(District.communityA1, in: district)
        _ = try bench.meet(District.streetA, of: district, on: 1)
        return bench
    }

    private func heads(incarnation: UInt64, seq: UInt64) throws -> WireFrame.OneOf_Body {
        let id = try district.id(District.communityA1)
        return .heads(
            .with {
                $0.last = true
                $0.lanes = [
                    .with {
                        $0.origin = Data(id.bytes)
                        $0.incarnation = incarnation
                        $0.audience = Data(AudienceID(home, .sodium).bytes)
                        $0.class = .interactive
                        $0.seq = seq
                    }
                ]
            }
        )
    }

    @Test("Heads that are ahead ask the store to look, once; those that are not ask nothing")
    func headsAhead() throws {
        var bench = try bench()
        #expect(try bench.say(heads(incarnation: 1, seq: 0), on: 1).renewals.isEmpty)
        let first = try bench.say(heads(incarnation: 1, seq: 5), on: 1)
        let report = try #require(first.renewals.first)
        #expect(
            report.peer == (try district.id(District.streetA))
                && report.storeEpoch == bench.engine.storeEpoch
        )
        guard case .lanes(let lanes) = report.claim else { throw Unexpected() }
        #expect(lanes.map(\.ours) == [0] && lanes.map(\.theirs) == [5])
        #expect(first.alarms.count == 1)
        #expect(try bench.say(heads(incarnation: 1, seq: 5), on: 1).renewals.isEmpty)
    }

    @Test("Under its new names the engine ends its sessions, and says them in the next hello")
    func renewed() throws {
        var bench = try bench()
        let renewal = Renewal(incarnation: Incarnation(raw: 42), storeEpoch: StoreEpoch(raw: 43))
        let effects = bench.tell(.renewed(renewal))
        #expect(effects.closeReasons.map(\.code) == [.replaced])
        let hellos = try bench.open(district.id(District.streetA), on: 2).said(on: 2).compactMap {
            body in
            if case .hello(let hello) = body { hello } else { nil }
        }
        #expect(hellos.map(\.incarnation) == [42] && hellos.map(\.storeEpoch) == [43])
        // Told again it changes nothing.
        #expect(bench.tell(.renewed(renewal)).closeReasons.isEmpty)
    }

    @Test("Words alone give new names at most every ten minutes", arguments: [599_999, 600_000])
    func spacing(_ milliseconds: Int64) throws {
        var bench = try bench()
        _ = bench.tell(
            .renewed(Renewal(incarnation: Incarnation(raw: 42), storeEpoch: StoreEpoch(raw: 43)))
        )
        _ = bench.tell(
            .opened(SessionID(raw: 2), peer: try district.id(District.streetA), dialled: true),
            after: milliseconds
        )
        var hello = try district.hello(district.id(District.streetA))
        hello.clock = UInt64(EngineBench.start.milliseconds + milliseconds)
        let frames: [WireFrame.OneOf_Body] = [.hello(hello), try heads(incarnation: 42, seq: 5)]
        var renewals: [RewindReport] = []
        for body in frames {
            let frame: [UInt8] = try WireFrame.with { $0.body = body }.serializedBytes()
            renewals +=
                bench.tell(.received(SessionID(raw: 2), frame: frame), after: milliseconds).renewals
        }
        #expect(renewals.count == (milliseconds < 600_000 ? 0 : 1))
    }

    @Test("A peer that has read further in this store than it goes makes the store look")
    func cursorAhead() throws {
        var bench = try bench()
        let resume = WireResume.with {
            $0.class = .interactive
            $0.storeEpoch = bench.engine.storeEpoch.raw
            $0.lsn = 7
        }
        #expect(try bench.say(.resume(resume), on: 1).renewals.map(\.claim) == [.store(7)])
        var other = resume
        other.storeEpoch = 12_345
        #expect(try bench.say(.resume(other), on: 1).renewals.isEmpty)
    }

    @Test("A commit that met another of this replica ends the sessions, after it was acknowledged")
    func metItself() throws {
        var bench = try bench()
        let delta = try district.delta(
            by: district.signer(District.communityA1),
            in: home,
            atHeight: district.authority.height
        )
        var answers: [SyncEffect] = []
        for case .persist(let ticket, _) in try bench.send([delta], in: home, on: 1) {
            var outcome = PersistOutcome(stored: [CommittedDelta(lsn: 1, delta: delta, source: nil)])
            outcome.renewal = Renewal(incarnation: Incarnation(raw: 42), storeEpoch: StoreEpoch(raw: 43))
            answers += bench.tell(.persisted(ticket, outcome))
        }
        #expect(bench.engine.incarnation.raw == 42)
        let said = try answers.said(on: 1)
        #expect(said.contains { if case .acknowledge = $0 { true } else { false } })
        guard case .bye? = said.last else { throw Unexpected() }
    }

    @Test("The second branch of a fork is passed on by a relay that holds the first")
    func bothBranches() throws {
        var bench = try EngineBench(District.streetA, in: district)
        _ = try bench.meet(District.communityA1, of: district, on: 1)
        _ = try bench.meet(District.district, of: district, on: 2)
        try bench.ask(on: 2)
        let author = try district.signer(District.communityA1)
        let height = district.authority.height
        let branches = [
            try district.delta(by: author, in: home, atHeight: height),
            try district.delta(by: author, in: home, atHeight: height - 1),
        ]
        #expect(branches.map(\.header.seq) == [1, 1] && branches[0].id != branches[1].id)
        var sent = 0
        for (index, delta) in branches.enumerated() {
            let effects = try bench.send([delta], in: home, isDefined: index > 0, on: 1)
            #expect(effects.closeReasons.isEmpty)
            sent += try bench.commit(effects).deltaCount(on: 2)
        }
        #expect(sent == 2)
    }

    @Test("A revoked node is sent the chain up to the entry that says so, then told to go")
    func tellsTheRevoked() throws {
        var revoked = district
        try revoked.append(
            .revoke(try district.id(District.communityA1), .init(cuts: [:], reason: "lost"))
        )
        var later = revoked
        try later.append(.policy(name: "secret", value: "later"))
        var bench = try EngineBench(District.streetA, in: later)
        let answers = try bench.meet(District.communityA1, of: district, on: 1)
        let said = try answers.said(on: 1)
        let entries = said.flatMap { body -> [WireSignedEntry] in
            if case .authorityEntries(let frame) = body { frame.entries } else { [] }
        }
        #expect(entries.map { Array($0.entry) } == [try #require(revoked.entries.last).entry])
        #expect(answers.closeReasons.map(\.code) == [.revoked])
        // Who knows it already is sent nothing.
        let again = try bench.meet(District.communityA1, of: revoked, on: 2)
        #expect(try again.said(on: 2).count == 1)
    }

    private struct Unexpected: Error {}
}

extension [SyncEffect] {
    fileprivate var renewals: [RewindReport] {
        compactMap { effect in
            if case .renew(let report) = effect { report } else { nil }
        }
    }
}
