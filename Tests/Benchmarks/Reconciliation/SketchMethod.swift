import LiandongCore
import LiandongSigning

/// A rateless invertible Bloom lookup table (Yang and others, 2024): coded symbols until the difference peels off.
///
/// A symbol is an exclusive or of ids, one of their hashes, and a count. Ids are cut to 16 bytes. The first symbols are
/// taken as kept by the store, so that only decoding counts; keeping them costs each delta an update of a dozen.
struct SketchMethod {
    /// 16 bytes of ids, 8 of hashes, about 1 of the count.
    static let symbolBytes = 25
    /// As many as the store keeps, at most.
    static let symbolLimit = 4_096

    private struct Symbol {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var check: UInt64 = 0
        var count = 0

        mutating func toggle(_ id: Bytes16, _ check: UInt64, _ sign: Int) {
            high ^= id.leading
            low ^= id.trailing
            self.check ^= check
            count += sign
        }
    }

    private var symbols = Array(repeating: Symbol(), count: symbolLimit)

    init(_ workload: Workload, without missing: Set<Int>) {
        for (index, item) in workload.items.enumerated() where !missing.contains(index) {
            let id = Bytes16(prefixOf: item.id.raw)
            let check = SketchMethod.check(id)
            SketchMethod.forEachPlace(id) { symbols[$0].toggle(id, check, 1) }
        }
    }

    private static func check(_ id: Bytes16) -> UInt64 {
        var random = SplitMix(seed: id.leading ^ id.trailing &* 0x9E37_79B9_7F4A_7C15)
        return random.next()
    }

    /// The places of an id: the first always, each next one further away, as in the paper's mapping.
    private static func forEachPlace(_ id: Bytes16, _ body: (Int) -> Void) {
        var random = SplitMix(seed: id.trailing)
        var place = 0.0
        while place < Double(symbolLimit) {
            body(Int(place))
            let uniform = (Double(random.next() >> 11) + 1) / Double(1 << 53)
            let step = (1.5 + place) * (1 / uniform.squareRoot() - 1)
            place = (place + max(1, step.rounded(.up))).rounded(.down)
        }
    }

    /// The second side sends symbols, in stretches that double, until the first can decode.
    static func run(_ first: SketchMethod, _ second: SketchMethod) -> Cost {
        var cost = Cost()
        let began = ContinuousClock.now
        // The least number of symbols that decodes is what a stream of them would need.
        var count = 1
        while count <= symbolLimit {
            if let found = decode(first, second, count) {
                cost.found = found
                break
            }
            count = max(count + 1, count * 21 / 20)
        }
        // What the first lacks was decoded there; what the second lacks is asked for by nobody: the first sends it.
        cost.byteCount = min(count, symbolLimit) * symbolBytes + 8
        cost.turns = 2
        cost.seconds = seconds(since: began)
        return cost
    }

    private static func decode(_ first: SketchMethod, _ second: SketchMethod, _ count: Int) -> Int? {
        var symbols = (0..<count).map { index in
            var symbol = first.symbols[index]
            symbol.high ^= second.symbols[index].high
            symbol.low ^= second.symbols[index].low
            symbol.check ^= second.symbols[index].check
            symbol.count -= second.symbols[index].count
            return symbol
        }
        var found = 0
        var queue = Array(symbols.indices)
        while let index = queue.popLast() {
            let symbol = symbols[index]
            let id = Bytes16(high: symbol.high, low: symbol.low)
            guard abs(symbol.count) == 1, symbol.check == check(id) else { continue }
            found += 1
            forEachPlace(id) { place in
                guard place < count else { return }
                symbols[place].toggle(id, symbol.check, -symbol.count)
                queue.append(place)
            }
        }
        return symbols.allSatisfy { $0.high == 0 && $0.low == 0 && $0.count == 0 } ? found : nil
    }
}

extension Bytes16 {
    fileprivate var leading: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
    fileprivate var trailing: UInt64 { bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
