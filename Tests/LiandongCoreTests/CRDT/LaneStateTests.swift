import LiandongCore
import Testing

@Suite("Lane state")
struct LaneStateTests {
    private let key = LaneKey(
        origin: NodeID(raw: Bytes32([UInt8](repeating: 1, count: 32))!),
        incarnation: Incarnation(raw: 1),
        audience: AudienceID(raw: Bytes16(high: 1, low: 1)),
        deltaClass: .bulk
    )

    private func header(_ seq: UInt64) -> DeltaHeader {
        DeltaHeader(
            cluster: ClusterID(raw: Bytes16(high: 0, low: 1)),
            lane: key,
            seq: seq,
            previous: nil,
            hlc: HLC(milliseconds: Int64(seq)),
            schema: 1,
            epoch: AuthorityEpoch(district: 1, issuer: 1),
            opCount: 1,
            opsRoot: Hash(raw: Bytes32([UInt8](repeating: 0, count: 32))!)
        )
    }

    private func id(_ seq: UInt64) -> DeltaID { DeltaID(raw: Bytes32([UInt8](repeating: UInt8(seq), count: 32))!) }

    @Test("Holds exactly what was inserted, in any order", arguments: 0..<50)
    func insertion(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var lane = LaneState(key: key, id: LaneID(raw: Bytes16(high: 0, low: 0)), number: 1)
        var held: Set<UInt64> = []
        for _ in 0..<30 {
            let seq = UInt64.random(in: 1...25, using: &generator)
            held.insert(seq)
            lane.insert(header(seq), id: id(seq))
            for candidate in UInt64(1)...26 { #expect(lane.holds(candidate) == held.contains(candidate)) }
            #expect(lane.highest == held.max())
            #expect(lane.head == held.max().map(id))
            let gap = (UInt64(1)...26).first { !held.contains($0) } ?? 27
            #expect(lane.contiguous == gap - 1)
        }
    }
}
