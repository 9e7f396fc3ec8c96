import LiandongCore

/// Which entries of a log each author had seen, from the newest ones that each entry names.
///
/// Stamps alone cannot tell "later" from "at the same time, knowing nothing of it"; these can.
struct CausalLog {
    /// One for each entry, in log order: the entries before it that its author had seen.
    private(set) var seen: [Past]

    /// A set of positions in the log.
    struct Past {
        private var words: [UInt64] = []

        func contains(_ index: Int) -> Bool {
            let word = index >> 6
            return word < words.count && words[word] & (1 << UInt64(index & 63)) != 0
        }

        mutating func insert(_ index: Int) {
            let word = index >> 6
            while words.count <= word { words.append(0) }
            words[word] |= 1 << UInt64(index & 63)
        }

        mutating func formUnion(_ other: Past) {
            while words.count < other.words.count { words.append(0) }
            for (index, word) in other.words.enumerated() { words[index] |= word }
        }

        var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    }

    /// - Parameter entries: in log order. A name counts for entries before it only, as an honest author's stamp lies
    ///   above all it had seen: so nothing can come before itself.
    init(_ entries: [(id: EventID, after: [EventID])]) {
        var positions: [EventID: [Int]] = [:]
        seen = []
        seen.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            var past = Past()
            for name in entry.after {
                for position in positions[name] ?? [] {
                    past.formUnion(seen[position])
                    past.insert(position)
                }
            }
            seen.append(past)
            positions[entry.id, default: []].append(index)
        }
    }

    /// The positions that no other entry had seen.
    var heads: [Int] {
        var covered = Past()
        for past in seen { covered.formUnion(past) }
        return seen.indices.filter { !covered.contains($0) }
    }

    /// Whether the author of one entry had seen another.
    func saw(_ index: Int, _ other: Int) -> Bool { seen[index].contains(other) }
}
