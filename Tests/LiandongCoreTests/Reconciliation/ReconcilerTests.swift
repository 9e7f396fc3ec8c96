import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

@Suite("Two replicas that reconcile find what either lacks")
struct ReconcilerTests {
    private func replica(lanes: ClosedRange<Int>, upTo seq: UInt64) -> MemoryLanes {
        var replica = MemoryLanes()
        for lane in lanes { for seq in 1...seq { replica.insert(lane, seq) } }
        return replica
    }

    @Test("Equal replicas say so in three turns of less than a hundred bytes together")
    func equal() throws {
        let replica = replica(lanes: 1...50, upTo: 20)
        let pass = try ReconciliationPass(replica, replica)
        #expect(pass.a.differences.isEmpty)
        #expect(pass.b.differences.isEmpty)
        #expect(pass.turns == 3)
        #expect(pass.byteCount < 100)
    }

    @Test("A missing delta is named by its lane and seq, to the side that holds it")
    func missing() throws {
        let first = replica(lanes: 1...40, upTo: 10)
        var second = replica(lanes: 1...40, upTo: 10)
        second.insert(7, 12)
        second.insert(7, 13)
        let pass = try ReconciliationPass(first, second)
        let offered = try #require(pass.b.differences.first)
        #expect(pass.b.differences.count == 1)
        #expect(offered.lane.key == MemoryLanes.key(7))
        #expect(offered.offered == SeqSet(ascending: [12...13]))
        #expect(offered.differing.isEmpty)
        #expect(pass.a.differences.map(\.lacking) == [SeqSet(ascending: [12...13])])
        #expect(pass.a.differences.allSatisfy { $0.offered.isEmpty })
    }

    @Test("A lane that the other side never saw is offered whole, and counted there")
    func unknownLane() throws {
        let first = replica(lanes: 1...30, upTo: 3)
        let second = replica(lanes: 1...31, upTo: 3)
        let pass = try ReconciliationPass(first, second)
        #expect(pass.b.differences.map(\.lane.key) == [MemoryLanes.key(31)])
        #expect(pass.b.differences.map(\.offered) == [SeqSet(ascending: [1...3])])
        #expect(pass.a.differences.isEmpty)
    }

    @Test("Two deltas of one seq, one at each side, are found far down a long lane", arguments: [3, 4_500])
    func fork(seq: UInt64) throws {
        var first = replica(lanes: 1...3, upTo: 5)
        for seq in 6...UInt64(5_000) { first.insert(2, seq) }
        var second = MemoryLanes()
        for (key, lane) in first.lanes {
            for element in lane.storage.elements where key != MemoryLanes.key(2) || element.seq != seq {
                second.insert(element, into: key)
            }
        }
        second.insert(2, seq, branch: 1)
        let pass = try ReconciliationPass(first, second)
        for differences in [pass.a.differences, pass.b.differences] {
            #expect(differences.map(\.lane.key) == [MemoryLanes.key(2)])
            #expect(differences.map(\.differing) == [SeqSet(ascending: [seq...seq])])
            #expect(differences.allSatisfy { $0.offered.isEmpty && $0.lacking.isEmpty })
        }
        #expect(pass.byteCount < 4_000)
    }

    @Test("A replica that holds nothing is offered everything, lane by lane, without a list of its own")
    func empty() throws {
        let second = replica(lanes: 1...100, upTo: 2)
        let pass = try ReconciliationPass(MemoryLanes(), second)
        #expect(pass.b.differences.count == 100)
        #expect(pass.b.differences.allSatisfy { $0.offered == SeqSet(ascending: [1...2]) })
    }

    @Test("Whatever two replicas hold, passes with what they offer make them equal", arguments: UInt64(0)..<30)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var first = MemoryLanes()
        var second = MemoryLanes()
        let laneCount = Int.random(in: 0...120, using: &random)
        let loss = Int.random(in: 0...60, using: &random)
        for lane in 0..<laneCount {
            for seq in 1...UInt64.random(in: 1...90, using: &random) {
                let branches: [UInt64] = Int.random(in: 0..<200, using: &random) == 0 ? [0, 1] : [0]
                for branch in branches {
                    if Int.random(in: 0..<100, using: &random) >= loss { first.insert(lane, seq, branch: branch) }
                    if Int.random(in: 0..<100, using: &random) >= loss { second.insert(lane, seq, branch: branch) }
                }
            }
        }
        let all = first.content.union(second.content)
        var passes = 0
        while first.content != all || second.content != all {
            passes += 1
            // Deltas that are missing come in the first pass, forks beside them in the second.
            try #require(passes <= 2, "seed \(seed)")
            let pass = try ReconciliationPass(first, second, salt: seed + UInt64(passes))
            let (toSecond, toFirst) = (first.offers(pass.a.differences), second.offers(pass.b.differences))
            for (key, element) in toSecond { second.insert(element, into: key) }
            for (key, element) in toFirst { first.insert(element, into: key) }
        }
        #expect(try ReconciliationPass(first, second).turns == 3)
    }

    @Test("A lane with more holes than are told at once is told up to there, and no more is offered of it")
    func manyHoles() throws {
        var first = MemoryLanes()
        var second = MemoryLanes()
        for seq in UInt64(1)...4_000 {
            first.insert(1, seq)
            if seq.isMultiple(of: 2) { second.insert(1, seq) }
        }
        let pass = try ReconciliationPass(first, second)
        let offered = try #require(pass.a.differences.first).offered
        #expect(offered.count == UInt64(SeqSet.rangeLimit))
        #expect(offered.highest < 2_100)
        #expect(pass.b.differences.allSatisfy { $0.offered.isEmpty })
    }
}

/// A small generator with a seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
