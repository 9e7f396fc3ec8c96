import LiandongCore
import Testing

@Suite("Cell context")
struct CellContextTests {
    private func context(_ generator: inout SeededGenerator) -> CellContext {
        CellContext(
            (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                CellContext.Entry(
                    lane: LaneID(raw: Bytes16(high: 0, low: UInt64.random(in: 1...5, using: &generator))),
                    position: LanePosition(raw: UInt64.random(in: 0...9, using: &generator))
                )
            }
        )
    }

    private func joined(_ a: CellContext, _ b: CellContext) -> CellContext {
        var result = a
        result.join(b)
        return result
    }

    @Test("Joining is commutative, associative and idempotent", arguments: 0..<200)
    func laws(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (a, b, c) = (context(&generator), context(&generator), context(&generator))
        #expect(joined(a, b) == joined(b, a))
        #expect(joined(joined(a, b), c) == joined(a, joined(b, c)))
        #expect(joined(a, a) == a)
        for entry in a.entries {
            #expect(joined(a, b).covers(entry.lane, entry.position))
        }
    }
}
