/// The sequences of work-order numbers, taken in blocks that are written to the anchor file before use.
struct NumberBlocks {
    static let blockSize = 100
    static let limit = 99_999

    /// The rest of the block taken, by the number's first 20 digits.
    private var open: [String: Range<Int>] = [:]

    /// The next sequence for a prefix; `take` is asked to reserve a block and returns its first sequence.
    mutating func next(_ prefix: String, take: (String) throws -> Int) throws -> Int {
        var block = open[prefix] ?? 0..<0
        if block.isEmpty {
            let first = try take(prefix)
            block = first..<first + NumberBlocks.blockSize
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
