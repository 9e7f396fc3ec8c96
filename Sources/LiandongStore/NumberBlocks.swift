/// The sequences of work-order numbers, taken in blocks that are written to the anchor file before use.
struct NumberBlocks {
    static let limit = 99_999
    private static let sizes = 100...1_000

    /// The rest of the block taken, by the number's first 20 digits.
    private var open: [String: Range<Int>] = [:]

    /// The block to reserve when a day's first `taken` sequences are: as many again, so that a busy day flushes seldom
    /// and a restart on a quiet one gives up few.
    static func block(after taken: Int) -> Range<Int> {
        let taken = min(max(taken, 0), limit)
        let size = min(max(taken, sizes.lowerBound), sizes.upperBound)
        return taken + 1..<taken + 1 + size
    }

    /// The next sequence for a prefix; `take` is asked to reserve a block.
    mutating func next(_ prefix: String, take: (String) throws -> Range<Int>) throws -> Int {
        var block = open[prefix] ?? 0..<0
        if block.isEmpty {
            block = try take(prefix)
            // Other days' blocks are over.
            open = open.filter { $0.key.hasPrefix(prefix.prefix(14)) == false }
        }
        let sequence = block.lowerBound
        guard sequence <= NumberBlocks.limit else {
            throw StoreError(
                .noNumbers,
                "all \(NumberBlocks.limit) work-order numbers of \(prefix) are given out today"
            )
        }
        open[prefix] = block.dropFirst()
        return sequence
    }
}
