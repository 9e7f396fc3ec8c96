import LiandongCore
import LiandongSigning

/// Range-based set reconciliation over (time, id) with additive fingerprints (Meyer 2023; negentropy's parameters).
///
/// The fingerprint of a range is the sum of a hash of its ids, kept as sums before each item, which stands for a tree that
/// a store would keep: a range costs two look-ups. So its time here is a lower bound.
struct RangeMethod {
    /// Bytes of an id and of a fingerprint: 32 and 16 as in negentropy, or as few as an unsalted sum may have.
    struct Parameters {
        let name: String
        let idBytes: Int
        let fingerprintBytes: Int
        let fanout = 16
    }

    static let negentropy = Parameters(name: "ranges, as negentropy", idBytes: 32, fingerprintBytes: 16)
    static let short = Parameters(name: "ranges, short", idBytes: 8, fingerprintBytes: 8)

    private let items: [Item]
    private let sums: [UInt64]

    init(_ workload: Workload, without missing: Set<Int>) {
        var items: [Item] = []
        var sums: [UInt64] = [0]
        var sum: UInt64 = 0
        for (index, item) in workload.items.enumerated() where !missing.contains(index) {
            items.append(item)
            sum &+= RangeMethod.word(item.id)
            sums.append(sum)
        }
        self.items = items
        self.sums = sums
    }

    private static func word(_ id: Hash) -> UInt64 { id.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    private func firstIndex(from time: UInt64) -> Int {
        var (lower, upper) = (0, items.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if items[middle].time < time { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    private func fingerprint(_ range: Range<UInt64>) -> (sum: UInt64, count: Int) {
        let (lower, upper) = (firstIndex(from: range.lowerBound), firstIndex(from: range.upperBound))
        return (sums[upper] &- sums[lower], upper - lower)
    }

    /// Both sides split in turn what differs, until few items are left, whose ids are told and answered.
    static func run(_ first: RangeMethod, _ second: RangeMethod, _ parameters: Parameters) -> Cost {
        var cost = Cost()
        let began = ContinuousClock.now
        var open: [Range<UInt64>] = [0..<UInt64.max]
        // A whole range's fingerprint, its bound of one byte, its mode.
        cost.byteCount += parameters.fingerprintBytes + 3
        cost.turns += 1
        var speaker = second
        var listener = first
        open = open.filter { first.fingerprint($0).sum != second.fingerprint($0).sum }
        while !open.isEmpty {
            var next: [Range<UInt64>] = []
            cost.turns += 1
            var lastBound: UInt64 = 0
            for range in open {
                // A skipped stretch before it: bound and mode.
                if range.lowerBound > lastBound { cost.byteCount += timeBytes(range.lowerBound - lastBound) + 2 }
                lastBound = range.upperBound
                let (lower, upper) = (
                    speaker.firstIndex(from: range.lowerBound), speaker.firstIndex(from: range.upperBound)
                )
                if upper - lower < parameters.fanout * 2 {
                    // The list of ids, and the answer: the ids the speaker lacks.
                    let ours = Set(speaker.items[lower..<upper].map(\.id))
                    let there =
                        listener.firstIndex(from: range.lowerBound)..<listener.firstIndex(from: range.upperBound)
                    let theirs = Set(listener.items[there].map(\.id))
                    cost.byteCount += 5 + ours.count * parameters.idBytes
                    let lacking = theirs.subtracting(ours).count
                    cost.byteCount += 5 + lacking * parameters.idBytes
                    cost.found += lacking + ours.subtracting(theirs).count
                    continue
                }
                var start = range.lowerBound
                for part in 1...parameters.fanout {
                    let end =
                        part == parameters.fanout
                        ? range.upperBound : speaker.items[lower + (upper - lower) * part / parameters.fanout].time
                    cost.byteCount += timeBytes(end - start) + 2 + parameters.fingerprintBytes
                    if speaker.fingerprint(start..<end).sum != listener.fingerprint(start..<end).sum {
                        next.append(start..<end)
                    }
                    start = end
                }
            }
            open = next
            swap(&speaker, &listener)
        }
        if cost.found > 0 { cost.turns += 1 }
        cost.seconds = seconds(since: began)
        return cost
    }

    private static func timeBytes(_ value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }
}
