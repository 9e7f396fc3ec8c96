import Foundation
import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// Community A1 moves under street B, whose node is the engine; what was for A1 only is for street B from then on.
@Suite("A place that moves") struct GainedAudienceTests {
    private let district: District
    private let moved: District
    private let home: Audience
    /// A delta from before the move.
    private let older: Delta

    init() throws {
        self.district = try District()
        self.moved = try district.movingA1()
        self.home = try #require(Audience(lines: [District.communityA1]))
        self.older = try district.delta(
            by: try district.signer(District.communityA1),
            in: home,
            atHeight: district.authority.height
        )
    }

    /// Street B, which had taken over the district's store up to LSN 50.
    private func bench() throws -> EngineBench {
        let peer = try district.id(District.district)
        let cursors = DeltaClass.allCases.map {
            Cursor(peer: peer, storeEpoch: EngineBench.peerEpoch, deltaClass: $0, lsn: 50)
        }
        return try EngineBench(District.streetB, in: district, cursors: cursors)
    }

    private func sayMove(to bench: inout EngineBench) throws -> [SyncEffect] {
        let entry = try #require(moved.entries.last)
        let frame = WireAuthorityEntries.with {
            $0.entries = [
                .with {
                    $0.entry = Data(entry.entry)
                    $0.signature = Data(entry.signature)
                }
            ]
        }
        return try bench.say(.authorityEntries(frame), on: 1)
    }

    private func expectReset(_ effects: [SyncEffect]) throws {
        let batch = try #require(effects.persistBatches.first)
        #expect(effects.persistBatches.count == 1)
        #expect(batch.authority == [try #require(moved.entries.last)])
        let ofDistrict = batch.cursors.filter { $0.storeEpoch == EngineBench.peerEpoch }
        #expect(Set(ofDistrict.map(\.deltaClass)) == Set(DeltaClass.allCases))
        #expect(batch.cursors.allSatisfy { $0.lsn == 0 })
    }

    /// The older delta of the gained audience is taken in.
    private func expectOlderArrives(at bench: inout EngineBench, on session: UInt64) throws {
        let effects = try bench.send([older], in: home, on: session)
        #expect(effects.persistBatches.map(\.deltas) == [[older]])
        #expect(effects.closeReasons.isEmpty)
    }

    @Test("While the node was away: the entry takes the cursors to 0 in its commit, then all is asked for")
    func whileAway() throws {
        var bench = try bench()
        let met = try bench.meet(District.district, of: moved, on: 1)
        #expect(try met.resumes(on: 1).isEmpty)
        let entries = try sayMove(to: &bench)
        try expectReset(entries)
        #expect(try entries.resumes(on: 1).isEmpty)
        #expect(try bench.commit(entries).resumes(on: 1) == [0, 0])
        try expectOlderArrives(at: &bench, on: 1)
    }

    @Test("While a session is live: it ends, and the next asks for all") func whileLive() throws {
        var bench = try bench()
        #expect(try bench.meet(District.district, of: district, on: 1).resumes(on: 1) == [50, 50])
        #expect(try bench.send([older], in: home, on: 1).persistBatches.isEmpty)
        #expect(bench.engine.counters.deltasNotOurs == 1)
        let entries = try sayMove(to: &bench)
        try expectReset(entries)
        #expect(entries.closeReasons.isEmpty)
        #expect(try bench.commit(entries).closeReasons.map(\.code) == [.replaced])
        #expect(try bench.meet(District.district, of: moved, on: 2).resumes(on: 2) == [0, 0])
        try expectOlderArrives(at: &bench, on: 2)
    }

    @Test(
        "Data committed behind the entries carries no cursors, in whichever order the commits are reported",
        arguments: [false, true]
    )
    func dataInFlight(_ isReversed: Bool) throws {
        var bench = try bench()
        _ = try bench.meet(District.district, of: district, on: 1)
        _ = try bench.meet(District.communityB1, of: district, on: 2)
        let entries = try sayMove(to: &bench)
        try expectReset(entries)
        let data = try sendFromB1(to: &bench)
        #expect(data.persistBatches.map(\.deltas.count) == [1])
        #expect(data.persistBatches.first?.cursors.isEmpty == true)
        let reports = isReversed ? [data, entries] : [entries, data]
        let effects = try reports.flatMap { try bench.commit($0) }
        #expect(effects.closeReasons.map(\.code) == [.replaced, .replaced])
        #expect(effects.persistBatches.allSatisfy { $0.cursors.allSatisfy { $0.lsn == 0 } })
        #expect(try bench.meet(District.district, of: moved, on: 3).resumes(on: 3) == [0, 0])
        #expect(try bench.meet(District.communityB1, of: moved, on: 4).resumes(on: 4) == [0, 0])
        try expectOlderArrives(at: &bench, on: 3)
    }

    @Test("Data committed ahead of the entries and reported behind them moves no cursor") func dataAhead() throws {
        var bench = try bench()
        _ = try bench.meet(District.district, of: district, on: 1)
        _ = try bench.meet(District.communityB1, of: district, on: 2)
        let data = try sendFromB1(to: &bench)
        #expect(data.persistBatches.first?.cursors.isEmpty == false)
        let entries = try sayMove(to: &bench)
        _ = try bench.commit(entries)
        _ = try bench.commit(data)
        #expect(try bench.meet(District.communityB1, of: moved, on: 3).resumes(on: 3) == [0, 0])
    }

    @Test("Entries that cannot be stored leave the cursors alone") func persistFails() throws {
        var bench = try bench()
        _ = try bench.meet(District.district, of: district, on: 1)
        let entries = try sayMove(to: &bench)
        var ended: [SyncEffect] = []
        for case .persist(let ticket, _) in entries {
            ended += bench.tell(.persistFailed(ticket, reason: "the disk is full"))
        }
        #expect(ended.closeReasons.map(\.code) == [.protocolError])
        #expect(bench.engine.authority.height == district.authority.height)
        #expect(try bench.meet(District.district, of: district, on: 2).resumes(on: 2) == [50, 50])
        // The commits behind it carry cursors again.
        _ = try bench.meet(District.communityB1, of: district, on: 3)
        let data = try sendFromB1(to: &bench, on: 3)
        let cursor = data.persistBatches.first?.cursors.first { $0.deltaClass == .interactive }
        #expect(cursor?.lsn == bench.lastSent)
    }

    @Test("A move that brings this node nothing leaves its cursors and sessions alone") func nothingGained() throws {
        var bench = try EngineBench(District.district, in: district)
        _ = try bench.meet(District.communityA1, of: district, on: 1)
        let last = try #require(moved.entries.last)
        let effects = bench.tell(.authorityAppended([last], moved.authority))
        #expect(bench.engine.authority.height == moved.authority.height)
        #expect(effects.persistBatches.isEmpty && effects.closeReasons.isEmpty)
    }

    private func sendFromB1(to bench: inout EngineBench, on session: UInt64 = 2) throws -> [SyncEffect] {
        let audience = try #require(Audience(lines: [District.communityB1]))
        let delta = try district.delta(
            by: try district.signer(District.communityB1),
            in: audience,
            atHeight: district.authority.height
        )
        return try bench.send([delta], in: audience, on: session)
    }
}
