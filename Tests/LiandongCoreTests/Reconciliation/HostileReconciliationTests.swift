import Foundation
import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

@Suite("What a dishonest side can do to a reconciliation")
struct HostileReconciliationTests {
    private var replica: MemoryLanes {
        var replica = MemoryLanes()
        for lane in 1...200 { for seq in 1...UInt64(lane % 5 + 1) { replica.insert(lane, seq) } }
        return replica
    }

    private func opened() throws -> Reconciler {
        var side = Reconciler(initiator: false, lanes: replica.summaries, .sodium)
        var opening = ReconciliationMessage()
        opening.opening = .init(salt: Array(repeating: 9, count: 16), root: Bytes16(high: 1, low: 2))
        _ = try side.received(opening)
        return side
    }

    @Test("Bytes that are no turn are refused, or read as something a side can go on with", arguments: 0..<5)
    func noise(part: Int) {
        var random = SplitMix(seed: UInt64(part))
        for _ in 0..<1_000 {
            let count = Int.random(in: 1...80, using: &random)
            let bytes = Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            var wire = WireReconcile()
            switch part {
            case 0: wire.splits = bytes
            case 1: wire.tags = bytes
            case 2: wire.positions = bytes
            case 3: wire.nodes = bytes
            default: wire.differing = bytes
            }
            guard let message = try? ReconciliationMessage(wire), var side = try? opened() else { continue }
            guard var step = try? side.received(message) else { continue }
            while !step.reads.isEmpty { step = side.nodesRead(step.reads.map { _ in [] }) }
        }
    }

    @Test("Every truncation of a good turn is refused or read as less")
    func truncation() throws {
        var first = replica
        first.insert(3, 9)
        var a = Reconciler(initiator: true, lanes: first.summaries, .sodium)
        var b = Reconciler(initiator: false, lanes: replica.summaries, .sodium)
        let opening = a.begin(salt: Array(repeating: 1, count: 16))
        let turn = try #require(try b.received(opening).message).wire(pass: 1)
        #expect(turn.splits.count == 65)
        for count in 1..<turn.splits.count {
            var cut = turn
            cut.splits = turn.splits.prefix(count)
            #expect(throws: ReconciliationError.self) { try ReconciliationMessage(cut) }
        }
    }

    @Test("A salt or root of another length is refused", arguments: [(15, 16), (16, 0), (0, 16), (17, 16)])
    func opening(salt: Int, root: Int) {
        var wire = WireReconcile()
        wire.salt = Data(count: salt)
        wire.root = Data(count: root)
        #expect(throws: ReconciliationError.self) { try ReconciliationMessage(wire) }
    }

    @Test("A turn before the opening, and a second opening, are refused")
    func order() throws {
        var fresh = Reconciler(initiator: false, lanes: [], .sodium)
        #expect(throws: ReconciliationError.self) { try fresh.received(ReconciliationMessage()) }
        var side = try opened()
        var again = ReconciliationMessage()
        again.opening = .init(salt: Array(repeating: 9, count: 16), root: Bytes16(high: 1, low: 2))
        #expect(throws: ReconciliationError.self) { try side.received(again) }
    }

    @Test("A lane asked for that was not named is refused")
    func wanted() throws {
        var side = try opened()
        var message = ReconciliationMessage()
        message.wanted = [5]
        #expect(throws: ReconciliationError.self) { try side.received(message) }
    }

    @Test("Tags of stretches that overlap, which would cost time without end, are refused")
    func overlap() throws {
        var side = try opened()
        var wire = WireReconcile()
        wire.tags = Data(repeating: 0, count: 200_000)
        let message = try ReconciliationMessage(wire)
        #expect(message.tags.count == 100_000)
        #expect(throws: ReconciliationError.self) { try side.received(message) }
    }

    @Test("A side that never comes to an end is cut off")
    func endless() throws {
        var side = try opened()
        var message = ReconciliationMessage()
        message.splits = [.init(prefix: .root, fingerprints: (0..<16).map { _ in 1 })]
        #expect(throws: ReconciliationError.self) {
            for _ in 0..<10_000 { _ = try side.received(message) }
        }
    }

    @Test("A range of seqs beyond what a lane can have is refused")
    func seqs() {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, 1, 1]
        bytes += [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0]
        var wire = WireReconcile()
        wire.positions = Data(bytes)
        #expect(throws: ReconciliationError.self) { try ReconciliationMessage(wire) }
    }

    @Test("Whatever the other side answers at random, a side ends or refuses", arguments: UInt64(0)..<30)
    func randomTurns(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var side = try opened()
        let names = replica.summaries.map { lane in
            Cryptography.sodium.hash([0x22] + Array(repeating: 9, count: 16) + lane.id.bytes).bytes.prefix(6)
                .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        for _ in 0..<300 {
            var message = ReconciliationMessage()
            let name = names.randomElement(using: &random) ?? 0
            let seqs = SeqSet(ascending: [1...UInt64.random(in: 1...9, using: &random)])
            switch Int.random(in: 0..<6, using: &random) {
            case 0: message.positions = [.init(lane: name, held: seqs, upTo: nil)]
            case 1: message.differing = [.init(lane: name, seqs: seqs)]
            case 2:
                message.nodes = [
                    .init(
                        lane: name,
                        name: LaneNodeName(level: .random(in: 0...8, using: &random), index: 0),
                        children: [.init(position: 1, tag: random.next() >> 16)]
                    )
                ]
            case 3: message.splits = [.init(prefix: .root, fingerprints: (0..<16).map { _ in random.next() >> 32 })]
            case 4: message.tags = [.init(prefix: .root, tags: [1, 2, 3])]
            default: break
            }
            guard var step = try? side.received(message) else { return }
            while !step.reads.isEmpty { step = side.nodesRead(try replica.read(step.reads)) }
            for difference in side.differences {
                #expect(difference.offered.subtracting(difference.lane.held).isEmpty)
            }
            if step.isFinished { return }
        }
    }
}
