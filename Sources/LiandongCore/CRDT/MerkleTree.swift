/// The tree over a delta's ops: RFC 6962 §2.1, with leaves H(0x00 ‖ salt ‖ op) and nodes H(0x01 ‖ left ‖ right).
package enum MerkleTree {
    /// The leaf of one op.
    package static func leaf(salt: [UInt8], op: [UInt8], _ cryptography: Cryptography) -> Hash {
        cryptography.hash([0] + salt + op)
    }

    /// The root over leaves in order.
    ///
    /// The tree over no leaf has the hash of nothing, as in the RFC.
    ///
    /// - Complexity: O(*n*) hashes.
    package static func root(_ leaves: [Hash], _ cryptography: Cryptography) -> Hash {
        root(leaves[...], cryptography)
    }

    private static func root(_ leaves: ArraySlice<Hash>, _ cryptography: Cryptography) -> Hash {
        guard let first = leaves.first else { return cryptography.hash([]) }
        guard leaves.count > 1 else { return first }
        let middle = leaves.startIndex + split(leaves.count)
        return node(root(leaves[..<middle], cryptography), root(leaves[middle...], cryptography), cryptography)
    }

    /// The siblings from a leaf up to the root: what an excerpt carries.
    ///
    /// - Returns: nil when there is no leaf at the index.
    package static func path(to index: Int, in leaves: [Hash], _ cryptography: Cryptography) -> [Hash]? {
        guard leaves.indices.contains(index) else { return nil }
        return path(to: index, in: leaves[...], cryptography)
    }

    private static func path(to index: Int, in leaves: ArraySlice<Hash>, _ cryptography: Cryptography) -> [Hash] {
        guard leaves.count > 1 else { return [] }
        let middle = leaves.startIndex + split(leaves.count)
        return index < middle
            ? path(to: index, in: leaves[..<middle], cryptography) + [root(leaves[middle...], cryptography)]
            : path(to: index, in: leaves[middle...], cryptography) + [root(leaves[..<middle], cryptography)]
    }

    /// The root that a leaf at an index among `count` has with this path; nil when the path has the wrong length.
    package static func root(
        leaf: Hash,
        index: Int,
        count: Int,
        path: [Hash],
        _ cryptography: Cryptography
    ) -> Hash? {
        guard index >= 0, index < count else { return nil }
        guard count > 1 else { return path.isEmpty ? leaf : nil }
        guard let sibling = path.last else { return nil }
        let rest = Array(path.dropLast())
        let middle = split(count)
        if index < middle {
            return root(leaf: leaf, index: index, count: middle, path: rest, cryptography)
                .map { node($0, sibling, cryptography) }
        }
        return root(leaf: leaf, index: index - middle, count: count - middle, path: rest, cryptography)
            .map { node(sibling, $0, cryptography) }
    }

    private static func node(_ left: Hash, _ right: Hash, _ cryptography: Cryptography) -> Hash {
        cryptography.hash([1] + left.bytes + right.bytes)
    }

    /// The largest power of two smaller than a count above one.
    private static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
