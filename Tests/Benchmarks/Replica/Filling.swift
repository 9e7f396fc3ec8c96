import LiandongCore
import LiandongNode
import LiandongSigning
import LiandongStore

/// Fills stores with what an ``Author`` writes, and keeps back what two of them are to differ in.
struct Filling {
    /// Deltas that no store has yet, a list an argument after `withhold`.
    private var withheld: [[Delta]] = []
    private var audiences: [Audience] = []
    /// Records handed to a store in one transaction: a peer sends no more.
    private static let batchSize = 2_000

    static func number(_ text: Substring) throws -> Int {
        guard let value = Int(text), value >= 0 else { throw BenchError("\(text) is no number") }
        return value
    }

    private static func folders(_ text: Substring) -> [String] { text.split(separator: ",").map(String.init) }

    /// Makes deltas and hands them to stores.
    mutating func fill(_ words: [Substring]) async throws -> String {
        guard words.count >= 6 else { throw BenchError("fill takes six words") }
        let keys = try Filling.folders(words[0]).map { try NodeFolder($0).loadKeys() }
        guard let peer = keys.first?.nodeID else { throw BenchError("fill needs an author") }
        let wanted = words.dropFirst(7)
        let (total, records) = (try Filling.number(words[2]), try Filling.number(words[3]))
        return try await Replicas.with(Filling.folders(words[1])) { stores in
            var author = try Author(
                keys: keys,
                authority: stores[0].authority,
                incarnations: Filling.number(words[5]),
                shape: .init(records: records, fields: Filling.number(words[4])),
                at: Node.now().advanced(byMilliseconds: -60_000)
            )
            audiences = author.audiences
            withheld = wanted.map { _ in [] }
            // Where scattered ones are held back, by their number in the fill.
            var scattered: [Int: Int] = [:]
            for (index, word) in wanted.enumerated() where word.hasSuffix("s") {
                let end = min(scattered.count + (try Filling.number(word.dropLast())), total)
                while scattered.count < end {
                    let number = Int.random(in: 0..<total)
                    if scattered[number] == nil { scattered[number] = index }
                }
            }
            var made = 0
            while made < total {
                let deltas = await author.next(min(max(1, Filling.batchSize / max(1, records)), total - made))
                var kept: [Delta] = []
                for (offset, delta) in deltas.enumerated() {
                    if let list = scattered[made + offset] { withheld[list].append(delta) } else { kept.append(delta) }
                }
                made += deltas.count
                try await Replicas.persist(kept, audiences, from: peer, in: stores)
            }
            for (index, word) in wanted.enumerated() where !word.hasSuffix("s") {
                withheld[index] = await author.next(try Filling.number(word))
            }
            try await Replicas.agree(stores)
            return "\(total)"
        }
    }

    /// Half of what was withheld goes to each of two stores.
    func insert(_ words: [Substring]) async throws -> String {
        guard words.count == 3, let index = Int(words[0]), withheld.indices.contains(index) else {
            throw BenchError("insert takes the number of a withheld list and two stores")
        }
        let deltas = withheld[index]
        try await Replicas.with(words.dropFirst().map(String.init)) { stores in
            let half = deltas.count / 2
            guard let peer = deltas.first?.lane.origin, stores.count == 2 else { return }
            try await Replicas.persist(Array(deltas.prefix(half)), audiences, from: peer, in: [stores[0]])
            try await Replicas.persist(Array(deltas.dropFirst(half)), audiences, from: peer, in: [stores[1]])
            try await Replicas.agree(stores)
        }
        return "\(deltas.count)"
    }
}
