import LiandongCore
import SwiftProtobuf
import Testing

@Suite("Frame bounds")
struct FrameBoundsTests {
    private func batch(deltas: Int, ops: Int) throws -> [UInt8] {
        let frame = WireFrame.with {
            $0.deltas.deltas = Array(
                repeating: WireSentDelta.with { $0.ops = Array(repeating: WireSaltedOp(), count: ops) },
                count: deltas
            )
        }
        return try frame.serializedBytes()
    }

    @Test("A frame within the bounds passes")
    func within() throws {
        try FrameBounds.check([])
        try FrameBounds.check(try batch(deltas: 100, ops: 512))
        try FrameBounds.check(try WireFrame.with { $0.hello.clock = 5 }.serializedBytes())
    }

    @Test("Too many deltas, or too many ops in one, are refused before decoding")
    func beyond() throws {
        #expect(throws: DeltaError.self) { try FrameBounds.check(try batch(deltas: 8_193, ops: 0)) }
        #expect(throws: DeltaError.self) { try FrameBounds.check(try batch(deltas: 1, ops: 600)) }
        #expect(throws: DeltaError.self) { try FrameBounds.check([UInt8](repeating: 0, count: 1_048_577)) }
    }

    @Test("Truncations and random bytes are refused or harmless", arguments: 0..<100)
    func hostile(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let good = try batch(deltas: 3, ops: 5)
        for count in good.indices.dropFirst() {
            #expect(throws: DeltaError.self) { try FrameBounds.check(Array(good.prefix(count))) }
        }
        let random = (0..<Int.random(in: 0..<500, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        try? FrameBounds.check(random)
    }
}
