import LiandongCore
import LiandongSigning
import SwiftProtobuf
import Testing

/// What nodes tell of themselves.
@Suite("Beats")
struct BeatTests {
    private let district: District

    init() throws { district = try District() }

    private func street(startedBefore milliseconds: Int64, keeping beats: [KeptBeat]) throws -> EngineBench {
        let start = SyncStart(
            node: try district.id(District.streetA),
            incarnation: Incarnation(raw: 1),
            storeEpoch: StoreEpoch(raw: 1),
            chain: district.entries,
            authority: district.authority,
            beats: beats,
            startedAt: EngineBench.start.advanced(byMilliseconds: -milliseconds)
        )
        let configuration = SyncConfiguration(addresses: ["a:1"], version: "test")
        return EngineBench(start, configuration, signer: try district.signer(District.streetA))
    }

    /// The street meets the district and beats for so long.
    ///
    /// - Returns: the last beat that the district took from it, and the last one that the street made durable.
    private func beat(
        _ street: inout EngineBench,
        to above: inout EngineBench,
        _ times: StrideTo<Int64>,
        on session: UInt64
    ) throws -> (taken: BeatState?, kept: KeptBeat?) {
        _ = street.open(try district.id(District.district), on: session)
        _ = try street.say(.hello(try district.hello(try district.id(District.district))), on: session)
        _ = try above.meet(District.streetA, of: district, on: session)
        var kept: KeptBeat?
        for time in times {
            _ = street.tell(.bytesArrived(SessionID(raw: session)), after: time)
            var effects = street.tell(.wokeUp, after: time)
            for case .persist(_, let batch) in effects {
                kept = batch.beats.first { $0.node == street.engine.node } ?? kept
            }
            effects += try street.commit(effects)
            effects += street.tell(.sendQueueChanged(SessionID(raw: session), byteCount: 0), after: time)
            for case .send(_, let frame) in effects {
                guard case .beats(let beats)? = try WireFrame(serializedBytes: frame).body else { continue }
                _ = try above.say(.beats(beats), on: session)
            }
        }
        return (above.engine.beatState(of: street.engine.node), kept)
    }

    @Test(
        "After a restart in order beats are taken at once, whether or not the last ones were kept, and with the clock back",
        arguments: [(true, 700_000), (false, 700_000), (true, 0)]
    )
    func restart(isKept: Bool, startedBefore: Int64) throws {
        var above = try EngineBench(District.district, in: district)
        var first = try street(startedBefore: startedBefore, keeping: [])
        let known = try beat(&first, to: &above, stride(from: 1_000, to: 600_000, by: 31_000), on: 1)
        let before = try #require(known.taken)
        let last = try #require(known.kept)
        #expect(before.number > UInt64(EngineBench.start.milliseconds - startedBefore) + 3)
        var second = try street(startedBefore: 0, keeping: isKept ? [last] : [])
        let after = try #require(try beat(&second, to: &above, stride(from: 1_000, to: 3_000, by: 1_000), on: 2).taken)
        #expect(after.number > before.number && after.startedAt == EngineBench.start)
    }
}
