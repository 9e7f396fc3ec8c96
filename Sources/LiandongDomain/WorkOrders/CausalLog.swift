import LiandongCore

/// Which entries of a log each author had seen, from the newest ones that each entry names.
///
/// Stamps alone cannot tell "later" from "at the same time, knowing nothing of it"; these can.
struct CausalLog {
    /// One for each entry, in log order: the entries before it that its author had seen.
    private(set) var seen: [Past]
    /// One for each entry: the newest entries that it names.
    private(set) var parents: [[Int]]

    /// - Parameter entries: in log order. A name counts for entries before it only, as an honest author's stamp lies
    ///   above all it had seen: so nothing can come before itself.
    init(_ entries: [(id: EventID, after: [EventID])]) {
        var positions: [EventID: [Int]] = [:]
        seen = []
        parents = []
        seen.reserveCapacity(entries.count)
        parents.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let named = entry.after.flatMap { positions[$0] ?? [] }
            var past = Past()
            for position in named {
                past.formUnion(seen[position])
                past.insert(position)
            }
            seen.append(past)
            parents.append(named)
            positions[entry.id, default: []].append(index)
        }
    }

    /// The positions that no other entry had seen.
    var heads: [Int] {
        var covered = Past()
        for past in seen { covered.formUnion(past) }
        return seen.indices.filter { !covered.contains($0) }
    }
}

extension CausalLog {
    /// A set of positions in a log.
    ///
    /// Most authors had seen all there was, so what holds from the beginning takes no room.
    struct Past {
        /// All positions below 64 × `base` are in the set.
        private var base = 0
        /// Bits of the positions from 64 × `base` on; the first word is not all ones.
        private var words: [UInt64] = []

        init() {}

        /// All positions below a bound.
        init(below bound: Int) {
            base = bound >> 6
            if bound & 63 != 0 { words = [(1 << UInt64(bound & 63)) - 1] }
        }

        func contains(_ index: Int) -> Bool {
            let word = (index >> 6) - base
            return word < 0 || (word < words.count && words[word] & (1 << UInt64(index & 63)) != 0)
        }

        mutating func insert(_ index: Int) {
            let word = (index >> 6) - base
            guard word >= 0 else { return }
            while words.count <= word { words.append(0) }
            words[word] |= 1 << UInt64(index & 63)
            normalise()
        }

        mutating func formUnion(_ other: Past) {
            if other.base > base {
                words.removeFirst(min(words.count, other.base - base))
                base = other.base
            }
            let shift = base - other.base
            guard shift < other.words.count else { return normalise() }
            for (index, word) in other.words[shift...].enumerated() {
                if index < words.count { words[index] |= word } else { words.append(word) }
            }
            normalise()
        }

        var count: Int { words.reduce(base << 6) { $0 + $1.nonzeroBitCount } }

        private mutating func normalise() {
            let full = words.prefix { $0 == .max }.count
            words.removeFirst(full)
            base += full
        }
    }
}
