import Foundation
import LiandongCore
import LiandongSigning
import LiandongSimulation
import SwiftProtobuf
import Testing

/// What a node wrote for an audience that its place has left goes to a node above which may still have it.
@Suite("Hand-over") struct HandOverTests {
    private let district: District
    private let below: Audience

    init() throws {
        self.district = try District()
        self.below = try #require(Audience([.init(place: District.streetA, scope: .below)]))
    }

    /// Community A1, which wrote one delta for all under street A, and hears that it is under street B now.
    private func movedBench(saying positions: Bool = false) throws -> (EngineBench, [SyncEffect], District) {
        let delta = try district.delta(
            by: district.signer(District.communityA1),
            in: below,
            atHeight: district.authority.height
        )
        var bench = try EngineBench(District.communityA1, in: district)
        let committed = CommittedDelta(lsn: 1, delta: delta, source: nil)
        _ = bench.tell(.committed([committed], definitions: [below]))
        if positions {
            _ = try bench.meet(District.streetA, of: district, on: 9)
            _ = try bench.say(.beats(try district.part(of: District.district, below, holding: delta)), on: 9)
        }
        let moved = try district.movingA1()
        let entry = try #require(moved.entries.last)
        let effects = bench.tell(.authorityAppended([entry], moved.authority))
        return (bench, effects, moved)
    }

    @Test("The nearest node above that may have it is dialled until it has acknowledged it, and is told of no more")
    func handsOver() throws {
        var (bench, effects, moved) = try movedBench()
        let top = try moved.id(District.district)
        #expect(effects.dialled.contains(top))
        #expect(bench.engine.linkKind(of: top) == .handOver)
        let pending = try #require(bench.engine.handOvers.first)
        #expect(pending.isPending && pending.targets == [top] && pending.delivered == 0)

        _ = bench.tell(.opened(SessionID(raw: 1), peer: top, dialled: true))
        _ = try bench.say(.hello(try moved.hello(top)), on: 1)
        let sent = try bench.takeAll(on: 1)
        #expect(try sent.deltaCount(on: 1) == 1)
        // Sent is not held: it goes on waiting.
        #expect(bench.tell(.wokeUp, after: 250).persistBatches.allSatisfy { $0.handedOver.isEmpty })
        #expect(bench.engine.handOvers.count == 1)

        let acknowledge = WireAcknowledge.with {
            $0.class = .interactive
            $0.lsn = 1
        }
        _ = try bench.say(.acknowledge(acknowledge), on: 1)
        let after = bench.tell(.wokeUp, after: 500)
        let noted = after.persistBatches.flatMap(\.handedOver)
        #expect(noted == [HandedOver(lane: pending.id, node: top, seq: 1)])
        #expect(bench.engine.handOvers.isEmpty)
        #expect(after.dialled == [try moved.id(District.streetB)])
        #expect(after.closeReasons.map(\.code) == [.replaced])
    }

    @Test("A peer whose streams begin behind a comparison has nothing by acknowledging them") func afterPass() throws {
        var (bench, _, moved) = try movedBench()
        let top = try moved.id(District.district)
        _ = bench.tell(.opened(SessionID(raw: 1), peer: top, dialled: true))
        _ = try bench.say(.hello(try moved.hello(top)), on: 1)
        for deltaClass in [WireDeltaClass.interactive, .bulk] {
            let resume = WireResume.with {
                $0.class = deltaClass
                $0.afterPass = true
            }
            _ = try bench.say(.resume(resume), on: 1)
        }
        let after = bench.tell(.wokeUp, after: 500)
        #expect(after.persistBatches.allSatisfy { $0.handedOver.isEmpty })
        #expect(bench.engine.handOvers.count == 1)
    }

    @Test("What a node above was known to hold before the move needs no hand-over")
    func knownToBeThere() throws {
        let (bench, effects, moved) = try movedBench(saying: true)
        #expect(bench.engine.handOvers.isEmpty)
        #expect(!effects.dialled.contains(try moved.id(District.district)))
    }

    @Test("What was acknowledged before a restart is not handed over again, and what was not still is")
    func restart() throws {
        let delta = try district.delta(
            by: district.signer(District.communityA1),
            in: below,
            atHeight: district.authority.height
        )
        let moved = try district.movingA1()
        let key = delta.lane
        var lane = LaneState(key: key, id: LaneID(key, .sodium), number: 1)
        lane.insert(delta.header, id: delta.id)
        let top = try moved.id(District.district)
        for noted in [[], [HandedOver(lane: lane.id, node: top, seq: 1)]] {
            var start = SyncStart(
                node: try moved.id(District.communityA1),
                incarnation: Incarnation(raw: 2),
                storeEpoch: StoreEpoch(raw: 1),
                chain: moved.entries,
                authority: moved.authority,
                lanes: [lane],
                audiences: [AudienceID(below, .sodium): below],
                lastLSN: 1,
                startedAt: EngineBench.start
            )
            start.handedOver = noted
            let bench = EngineBench(
                start,
                SyncConfiguration(addresses: ["a:1"], version: "test"),
                signer: try moved.signer(District.communityA1)
            )
            #expect(bench.engine.handOvers.count == (noted.isEmpty ? 1 : 0))
        }
    }
}

extension District {
    /// A node's word on what it holds of an audience.
    func part(of place: PlaceID, _ audience: Audience, holding delta: Delta) throws -> WireBeats {
        let part = try WireBeatPart.with {
            $0.cluster = .init(try #require(authority.cluster).bytes)
            $0.node = .init(try id(place).bytes)
            $0.incarnation = 1
            $0.number = 1
            $0.time = UInt64(EngineBench.start.milliseconds)
            $0.audience = .init(AudienceID(audience, .sodium).bytes)
            $0.lanes = [
                .with {
                    $0.lane = .init(LaneID(delta.lane, .sodium).bytes)
                    $0.seq = delta.header.seq
                }
            ]
        }
        let bytes: [UInt8] = try part.serializedBytes()
        let message = Array("liandong/beat-part/1".utf8) + bytes
        return try .with {
            $0.parts = [
                try .with {
                    $0.part = .init(bytes)
                    $0.signature = .init(try signer(place).sign(message))
                }
            ]
        }
    }
}

extension EngineBench {
    /// The peer asks for the interactive stream from its beginning, with credit for all of it.
    fileprivate mutating func takeAll(on session: UInt64) throws -> [SyncEffect] {
        var effects: [SyncEffect] = []
        for (deltaClass, channel) in [(WireDeltaClass.interactive, WireChannel.interactive), (.bulk, .bulk)] {
            effects += try say(.resume(.with { $0.class = deltaClass }), on: session)
            let credit = WireCredit.with {
                $0.channel = channel
                $0.bytes = 1 << 20
            }
            effects += try say(.credit(credit), on: session)
        }
        return effects
    }
}

extension [SyncEffect] {
    /// The peers to be connected to, as said last.
    fileprivate var dialled: [NodeID] {
        compactMap { effect in
            if case .dial(let targets) = effect { targets.map(\.node) } else { nil }
        }.last ?? []
    }
}
