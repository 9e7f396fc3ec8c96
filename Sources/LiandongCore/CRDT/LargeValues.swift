// Values that cells leave out: their ops have them, here or in the carries that brought them.

/// Where the op of a live entry is held: in its own delta, or in the carry that brought it.
package struct OpSource: Sendable, Hashable {
    /// Local number of the delta, and the index in it.
    package let delta: Int64
    package let index: Int
}

extension LedgerStorage {
    /// Where the ops of some entries are held; nil for one of which nothing is held any more.
    ///
    /// - Parameter all: every entry of the record: those that note carries are needed.
    package func sources(of entries: [CellEntry], among all: [CellEntry]) throws -> [OpSource?] {
        let carries = all.carriesByDot
        return try entries.map { entry in
            if entry.delta > 0 { return OpSource(delta: entry.delta, index: entry.index) }
            guard let id = try deltaID(number: entry.delta) else { return nil }
            return carries[Dot(delta: id, index: entry.index).bytes].map {
                OpSource(delta: $0.delta, index: $0.index)
            }
        }
    }

    /// The op at a source, as its author wrote it; nil when its bytes were dropped meanwhile.
    package func op(at source: OpSource) throws -> Op? {
        guard let ops = try delta(number: source.delta)?.delta.ops, ops.indices.contains(source.index),
            case .held(_, let bytes) = ops[source.index], let op = try? Op(decoding: bytes)
        else { return nil }
        guard op.change == .carry else { return op }
        // The carry counts, so its excerpt was proved when it came.
        guard let excerpt = try? Excerpt(decoding: op.value) else { return nil }
        return try? Op(decoding: excerpt.op)
    }
}

extension [CellEntry] {
    /// Of a record's entries those that note carries, by the dot of the op that each brings.
    var carriesByDot: [[UInt8]: CellEntry] {
        var carries: [[UInt8]: CellEntry] = [:]
        for entry in self where entry.field.isCarried { carries[[UInt8](entry.element.dropFirst(16))] = entry }
        return carries
    }
}
