import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// What a node's conversations make of erasures.
@Suite("Erasure in sessions")
struct ErasureSyncTests {
    private let district: District
    private let line: Audience
    private let record: TestRecord

    init() throws {
        district = try District()
        line = try #require(Audience(lines: [District.communityA1]))
        record = TestRecord(1, line)
    }

    /// A delta with a secret, and what is left of it.
    private func deltas() throws -> (full: CommittedDelta, left: CommittedDelta) {
        var author = try Replica(District.communityA1, in: district)
        let made = try author.commit([record.create, record.write(Schema.secret, "PLANTED")], at: 1_000)
        let full = try #require(made.last)
        let left = full.with(full.ops.map { .dropped(leaf: $0.leaf(.sodium)) })
        return (CommittedDelta(lsn: 1, delta: full, source: nil), CommittedDelta(lsn: 1, delta: left, source: nil))
    }

    /// What the district's node is sent on session 2 once it asks.
    private func sent(_ bench: inout EngineBench) throws -> [SyncEffect] {
        _ = try bench.meet(District.district, of: district, on: 2)
        var effects: [SyncEffect] = []
        for deltaClass in [WireDeltaClass.interactive, .bulk] {
            effects += try bench.say(.resume(.with { $0.class = deltaClass }), on: 2)
        }
        for channel in [WireChannel.interactive, .bulk] {
            effects += try bench.say(
                .credit(
                    .with {
                        $0.channel = channel
                        $0.bytes = 1 << 30
                    }
                ),
                on: 2
            )
        }
        return effects
    }

    private func holdPlanted(_ effects: [SyncEffect]) -> Bool {
        effects.contains { effect in
            guard case .send(_, let frame) = effect else { return false }
            return Data(frame).range(of: Data("PLANTED".utf8)) != nil
        }
    }

    @Test(
        "The newest deltas are sent without what was dropped of them, whichever is told first",
        arguments: [false, true]
    )
    func tail(droppedFirst: Bool) throws {
        let (full, left) = try deltas()
        var bench = try EngineBench(District.streetA, in: district)
        let events: [SyncEvent] = [.committed([full], definitions: [line]), .dropped([left])]
        for event in droppedFirst ? events.reversed() : events { _ = bench.tell(event) }
        let effects = try sent(&bench)
        #expect(try effects.deltaCount(on: 2) == 1)
        #expect(!holdPlanted(effects))
    }

    @Test("Without an erasure the same delta is sent whole") func whole() throws {
        var bench = try EngineBench(District.streetA, in: district)
        _ = bench.tell(.committed([try deltas().full], definitions: [line]))
        #expect(holdPlanted(try sent(&bench)))
    }

    @Test("What a scan read before is not sent: another one is asked for") func scan() throws {
        let (full, left) = try deltas()
        let start = SyncStart(
            node: try district.id(District.streetA),
            incarnation: Incarnation(raw: 1),
            storeEpoch: StoreEpoch(raw: 5),
            chain: district.entries,
            authority: district.authority,
            audiences: [AudienceID(line, .sodium): line],
            lastLSN: 1,
            startedAt: EngineBench.start
        )
        let configuration = SyncConfiguration(addresses: ["here:1"], version: "test")
        var bench = EngineBench(start, configuration, signer: try district.signer(District.streetA))
        func tickets(_ effects: [SyncEffect]) -> [Ticket] {
            effects.compactMap { effect in
                if case .scan(let ticket, let request) = effect, request.deltaClass == .bulk { ticket } else { nil }
            }
        }
        let before = try #require(tickets(try sent(&bench)).first)
        let again = try #require(tickets(bench.tell(.dropped([left]))).first)
        let late = bench.tell(.scanned(before, ScanResult(deltas: [full], scannedTo: 1, reachedEnd: true)))
        #expect(try late.deltaCount(on: 2) == 0)
        let effects = bench.tell(.scanned(again, ScanResult(deltas: [left], scannedTo: 1, reachedEnd: true)))
        #expect(try effects.deltaCount(on: 2) == 1)
        #expect(!holdPlanted(late + effects))
    }

    @Test("A beat claims an erasure only when no byte of it is on the disk any more") func beats() throws {
        let (full, _) = try deltas()
        let lane = full.delta.lane
        var here = try EngineBench(District.streetA, in: district)
        var there = try EngineBench(District.district, in: district)
        _ = here.tell(.committed([full], definitions: [line]))
        _ = there.tell(.committed([full], definitions: [line]))
        let node = here.engine.node
        func hear(after milliseconds: Int64) throws {
            for case .send(_, let frame) in here.tell(.wokeUp, after: milliseconds) {
                guard case .beats(let beats)? = try WireFrame(serializedBytes: frame).body else { continue }
                _ = try there.say(.beats(beats), on: 1)
            }
        }
        _ = try here.meet(District.district, of: district, on: 2)
        _ = try there.meet(District.streetA, of: district, on: 1)
        #expect(!there.engine.hasErased(node, lane, seq: 1))

        here.noteUnfinishedErasures([lane: [1]])
        try hear(after: 2_000)
        #expect(there.engine.positions(of: node, audience: lane.audience)?.positions.values.map { $0 } == [1])
        #expect(!there.engine.hasErased(node, lane, seq: 1))
        #expect(!here.engine.hasErased(node, lane, seq: 1))

        here.noteUnfinishedErasures([:])
        try hear(after: 4_000)
        #expect(there.engine.hasErased(node, lane, seq: 1))
        #expect(here.engine.hasErased(node, lane, seq: 1))
        #expect(!there.engine.hasErased(node, lane, seq: 2))
    }
}
