import LiandongCore
import LiandongSigning

/// What two replicas of a million deltas differ in.
struct Case {
    let name: String
    let count: Int
    let isRecent: Bool

    static let all = [
        Case(name: "0", count: 0, isRecent: true),
        Case(name: "10 recent", count: 10, isRecent: true),
        Case(name: "10 scattered", count: 10, isRecent: false),
        Case(name: "1,000 recent", count: 1_000, isRecent: true),
        Case(name: "1,000 scattered", count: 1_000, isRecent: false),
    ]
}

/// One delta: where it stands in its lane, and in time.
struct Item {
    let lane: Int
    let seq: UInt64
    /// Milliseconds.
    let time: UInt64
    let id: Hash
}

/// The deltas of a year in lanes of unequal length: the busiest tenth of the lanes writes most of them.
struct Workload {
    let laneCount: Int
    /// In the order of time.
    let items: [Item]

    init(count: Int, laneCount: Int, random: inout SplitMix) {
        self.laneCount = laneCount
        // Zipf's law by its inverse, near enough: lane = laneCount ^ uniform.
        var seqs = Array(repeating: UInt64(0), count: laneCount)
        var items: [Item] = []
        items.reserveCapacity(count)
        var time: UInt64 = 1_700_000_000_000
        for _ in 0..<count {
            let uniform = Double.random(in: 0..<1, using: &random)
            let lane = min(laneCount - 1, Int(power(Double(laneCount), uniform)) - 1)
            seqs[lane] += 1
            time += UInt64.random(in: 1...63_000, using: &random)
            items.append(Item(lane: lane, seq: seqs[lane], time: time, id: Self.id(lane, seqs[lane])))
        }
        self.items = items
    }

    private static func id(_ lane: Int, _ seq: UInt64) -> Hash {
        Cryptography.sodium.hash(UInt64(lane).bigEndianBytes + seq.bigEndianBytes)
    }

    /// Which items one side lacks, and which the other: half each, in turn.
    func missing(_ which: Case, random: inout SplitMix) -> (first: Set<Int>, second: Set<Int>) {
        var chosen: [Int] = []
        if which.isRecent {
            chosen = Array(items.indices.suffix(which.count))
        } else {
            var seen: Set<Int> = []
            while seen.count < which.count { seen.insert(.random(in: items.indices, using: &random)) }
            chosen = seen.sorted()
        }
        var sides: (Set<Int>, Set<Int>) = ([], [])
        for (place, index) in chosen.enumerated() {
            if place.isMultiple(of: 2) { sides.0.insert(index) } else { sides.1.insert(index) }
        }
        return sides
    }
}

/// x to the power of y, for x from 1 and y from 0 to 1, by halving.
private func power(_ base: Double, _ exponent: Double) -> Double {
    var result = 1.0
    var root = base
    var rest = exponent
    for _ in 0..<40 {
        root = root.squareRoot()
        rest *= 2
        if rest >= 1 {
            result *= root
            rest -= 1
        }
    }
    return result
}

/// What one method needed.
struct Cost {
    var byteCount = 0
    var turns = 0
    /// Of both sides together.
    var seconds = 0.0
    var found = 0
}

/// A small generator with a seed, so that every run measures the same.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
