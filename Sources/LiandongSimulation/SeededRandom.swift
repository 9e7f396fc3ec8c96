import Synchronization

/// SplitMix64 (Steele et al., 2014): small, seeded, the same on every machine.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameter stream: one for each concern, so that a draw more in one changes nothing in another.
    package init(seed: UInt64, stream: UInt64) {
        state = seed &* 0xD134_2543_DE82_EF95 &+ stream &* 0xA24B_AED4_963E_E407
    }

    init(seed: UInt64, _ concern: Concern) { self.init(seed: seed, stream: concern.rawValue) }

    /// What draws from a stream of its own.
    enum Concern: UInt64 {
        case world = 1
        case links, disks, plan, options, clocks, step, tamper
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }
    mutating func delay(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}

/// One seeded source that a command draws from.
final class SharedRandom: Sendable {
    private let state: Mutex<SeededRandom>

    init(_ random: SeededRandom) { self.state = Mutex(random) }

    func bytes(_ count: Int) -> [UInt8] { state.withLock { $0.bytes(count) } }
}
