import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

@Suite("The digest of a lane")
struct LaneDigestTests {
    private func lane(_ elements: [LaneElement]) -> MemoryLane {
        var lane = MemoryLane(key: MemoryLanes.key(1))
        for element in elements { lane.insert(element) }
        return lane
    }

    @Test("Is the same whatever the order of arrival", arguments: UInt64(0)..<40)
    func order(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var elements: [LaneElement] = []
        for _ in 0..<Int.random(in: 1...400, using: &random) {
            let far = Int.random(in: 0..<10, using: &random) == 0
            elements.append(
                MemoryLanes.element(
                    1,
                    .random(in: 1...(far ? 1 << 40 : 300), using: &random),
                    branch: .random(in: 0...1, using: &random)
                )
            )
        }
        let sorted = lane(Set(elements).sorted())
        let shuffled = lane(elements.shuffled(using: &random))
        #expect(shuffled.digest.root(.sodium) == sorted.digest.root(.sodium))
        #expect(shuffled.digest == sorted.digest)
        #expect(shuffled.storage.nodes == sorted.storage.nodes)
    }

    @Test("Differs when one delta is missing, added, or another", arguments: [1, 63, 64, 65, 4_095, 4_096, 5_000])
    func differs(seq: UInt64) {
        let elements = (UInt64(1)...5_000).map { MemoryLanes.element(1, $0) }
        let whole = lane(elements).digest.root(.sodium)
        #expect(lane(elements.filter { $0.seq != seq }).digest.root(.sodium) != whole)
        #expect(lane(elements + [MemoryLanes.element(1, seq, branch: 1)]).digest.root(.sodium) != whole)
        let other = elements.map { $0.seq == seq ? MemoryLanes.element(1, seq, branch: 1) : $0 }
        #expect(lane(other).digest.root(.sodium) != whole)
    }

    @Test("Of nothing is zero, and the children of its nodes are none")
    func nothing() throws {
        let empty = MemoryLane(key: MemoryLanes.key(1))
        #expect(empty.digest.root(.sodium) == .zero)
        let children = try empty.digest.children(of: empty.digest.top, lane: 0, in: empty.storage, .sodium)
        #expect(children.isEmpty)
    }

    @Test("Has at its top children that fold to it")
    func children() throws {
        let long = lane((UInt64(1)...5_000).map { MemoryLanes.element(1, $0) })
        #expect(long.digest.top == LaneNodeName(level: 2, index: 0))
        let children = try long.digest.children(of: long.digest.top, lane: 0, in: long.storage, .sodium)
        #expect(children.map(\.position) == [0, 1])
    }

    @Test("Knows a delta whose bytes were dropped from one whose bytes are held")
    func dropped() throws {
        let id = DeltaID(raw: Bytes32(word0: 1, word1: 2, word2: 3, word3: 4))
        let held = SaltedOp.held(salt: SaltedOp.plainSalt, op: [1])
        let whole = LaneElement(seq: 1, id: id, ops: [held, held], .sodium)
        #expect(whole.digest.bytes == id.bytes)
        let first = LaneElement(seq: 1, id: id, ops: [.dropped(leaf: .zero), held], .sodium)
        let second = LaneElement(seq: 1, id: id, ops: [held, .dropped(leaf: .zero)], .sodium)
        #expect(Set([whole, first, second]).count == 3)
    }
}
