/// One delta as a lane's digest sees it.
package struct LaneElement: Sendable, Hashable, Comparable {
    package let seq: UInt64
    /// The DeltaID; when bytes of ops were dropped, a hash over it and which ops are held.
    package let digest: Hash

    package init(seq: UInt64, digest: Hash) {
        self.seq = seq
        self.digest = digest
    }

    package init(_ delta: Delta, _ cryptography: Cryptography) {
        self.init(seq: delta.header.seq, id: delta.id, ops: delta.ops, cryptography)
    }

    package init(seq: UInt64, id: DeltaID, ops: [SaltedOp], _ cryptography: Cryptography) {
        self.seq = seq
        let held = ops.map { if case .held = $0 { true } else { false } }
        self.digest =
            held.allSatisfy { $0 }
            ? Hash(raw: id.raw) : cryptography.hash([0x20] + id.bytes + held.map { $0 ? 1 : 0 })
    }

    package static func < (a: LaneElement, b: LaneElement) -> Bool { (a.seq, a.digest) < (b.seq, b.digest) }
}

/// Names one node of a lane's digest tree: at level 0 a node is 64 seqs, above it 64 nodes of the level below.
package struct LaneNodeName: Sendable, Hashable, Comparable {
    package let level: Int
    package let index: UInt64

    package init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// The node of a level that a seq belongs to.
    init(of seq: UInt64, level: Int) {
        self.init(level: level, index: seq >> UInt64(LaneDigest.fanoutBits * (level + 1)))
    }

    /// The lowest node 0 that a seq belongs to.
    package static func top(of seq: UInt64) -> LaneNodeName {
        var level = 0
        while LaneNodeName(of: seq, level: level).index > 0 { level += 1 }
        return LaneNodeName(level: level, index: 0)
    }

    package static func < (a: Self, b: Self) -> Bool { (a.level, a.index) < (b.level, b.index) }

    var parent: LaneNodeName { LaneNodeName(level: level + 1, index: index >> UInt64(LaneDigest.fanoutBits)) }

    /// The indices of the nodes below, or at level 0 the seqs.
    package var children: ClosedRange<UInt64> {
        let first = index << UInt64(LaneDigest.fanoutBits)
        return first...first | (UInt64(LaneDigest.fanout) - 1)
    }
}

/// The digest of what is held of one lane, with what it takes to go on at its end at the cost of one hash a delta.
///
/// A tree over seqs of 64 children a node. A node's digest is a chain over its non-empty children in ascending order, so
/// it is a function of the set held and not of the order of arrival, and nobody can make two sets of one digest without
/// breaking the hash. Kept here is the right edge: of each level the node that the highest seq is in. The nodes left of it
/// are closed and lie in a ``LaneNodeStorage``.
package struct LaneDigest: Sendable, Hashable {
    package static let fanoutBits = 6
    package static let fanout = 1 << fanoutBits
    /// Seqs are below this (design §4).
    package static let seqLimit: UInt64 = 1 << 54
    /// The most levels that a seq below the limit needs.
    package static let levelLimit = 9

    /// The last element: whatever comes behind it is appended.
    package private(set) var last: LaneElement?
    /// For each level of the edge, the chain over what is closed below it (at level 0 over the elements).
    package private(set) var chains: [Hash] = []

    package init() {}

    /// Restores what was saved.
    package init(last: LaneElement?, chains: [Hash]) {
        self.last = last
        self.chains = chains
    }

    /// The level of the one node that all of the lane is in.
    package var top: LaneNodeName { LaneNodeName(level: max(chains.count, 1) - 1, index: 0) }

    /// The digest of all that is held; that of nothing is 32 zero bytes.
    package func root(_ cryptography: Cryptography) -> Hash {
        edge(atLevel: chains.count - 1, cryptography) ?? .zero
    }

    /// The digest of the edge's node of a level; nil where the edge has none.
    package func edge(atLevel level: Int, _ cryptography: Cryptography) -> Hash? {
        guard let last, chains.indices.contains(level) else { return nil }
        var digest = chains[0]
        for above in chains.indices.dropFirst() where above <= level {
            let below = LaneNodeName(of: last.seq, level: above - 1)
            digest = LaneDigest.link(chains[above], level: above, below.index, digest, cryptography)
        }
        return digest
    }

    /// Takes in an element behind all others.
    ///
    /// - Parameter close: told each node that is complete by it.
    package mutating func append(
        _ element: LaneElement,
        _ cryptography: Cryptography,
        close: (LaneNodeName, Hash) throws -> Void
    ) rethrows {
        if let last {
            precondition(last < element, "only what lies behind is appended; the rest is refolded")
            var level = 0
            while level < chains.count {
                let node = LaneNodeName(of: last.seq, level: level)
                guard node != LaneNodeName(of: element.seq, level: level) else { break }
                if level + 1 == chains.count { chains.append(.zero) }
                try close(node, chains[level])
                chains[level + 1] =
                    LaneDigest.link(chains[level + 1], level: level + 1, node.index, chains[level], cryptography)
                chains[level] = .zero
                level += 1
            }
        } else {
            // As many levels as the first seq needs to lie in node 0 of the highest.
            var levels = 1
            while LaneNodeName(of: element.seq, level: levels - 1).index > 0 { levels += 1 }
            chains = Array(repeating: .zero, count: levels)
        }
        chains[0] = LaneDigest.link(chains[0], level: 0, element.seq, element.digest, cryptography)
        last = element
    }

    /// One step of a node's chain: a child joins it.
    static func link(_ chain: Hash, level: Int, _ child: UInt64, _ digest: Hash, _ cryptography: Cryptography) -> Hash {
        var message: [UInt8] = []
        message.reserveCapacity(74)
        message.append(0x21)
        message.append(UInt8(truncatingIfNeeded: level))
        message += chain.bytes
        appendWord(child, 8, to: &message)
        message += digest.bytes
        return cryptography.hash(message)
    }
}

extension Hash {
    /// Thirty-two zero bytes: the chain over nothing.
    package static let zero = Hash(raw: Bytes32(word0: 0, word1: 0, word2: 0, word3: 0))
}

/// Where the closed nodes of lanes' digest trees lie, beside the deltas.
package protocol LaneNodeStorage {
    /// What is held of a lane within seqs, ascending.
    func elements(lane: Int64, seqs: ClosedRange<UInt64>) throws -> [LaneElement]
    /// The closed nodes of a level, ascending by index.
    func nodes(lane: Int64, level: Int, indices: ClosedRange<UInt64>) throws -> [(index: UInt64, digest: Hash)]
    /// Keeps a closed node's digest; nil forgets it.
    func save(node: LaneNodeName, lane: Int64, digest: Hash?) throws
}

extension LaneDigest {
    /// Folds anew what changed other than at the end: gaps that were filled, forks, bytes that were dropped.
    ///
    /// - Parameter blocks: indices of nodes of level 0.
    /// - Complexity: reads at most 64 children of each node on the way up from each block.
    package mutating func refold(
        _ blocks: Set<UInt64>,
        lane: Int64,
        in storage: some LaneNodeStorage,
        _ cryptography: Cryptography
    ) throws {
        guard let highest = last?.seq else { return }
        var changed = blocks.sorted().map { LaneNodeName(level: 0, index: $0) }
        while let first = changed.first {
            let edge = LaneNodeName(of: highest, level: first.level)
            var parents: [LaneNodeName] = []
            for node in changed {
                let chain = try fold(node, lane: lane, in: storage, cryptography)
                if node == edge {
                    // The levels above hold the edge's node only once it is closed.
                    chains[node.level] = chain ?? .zero
                } else {
                    try storage.save(node: node, lane: lane, digest: chain)
                    if parents.last != node.parent { parents.append(node.parent) }
                }
            }
            changed = parents
        }
    }

    /// The chain over a node's children as they are stored; nil for none.
    private mutating func fold(
        _ node: LaneNodeName,
        lane: Int64,
        in storage: some LaneNodeStorage,
        _ cryptography: Cryptography
    ) throws -> Hash? {
        var chain: Hash?
        if node.level == 0 {
            for element in try storage.elements(lane: lane, seqs: node.children) {
                chain = LaneDigest.link(chain ?? .zero, level: 0, element.seq, element.digest, cryptography)
                if let last, element.seq == last.seq { self.last = element }
            }
        } else {
            for child in try storage.nodes(lane: lane, level: node.level - 1, indices: node.children) {
                chain = LaneDigest.link(chain ?? .zero, level: node.level, child.index, child.digest, cryptography)
            }
        }
        return chain
    }
}

extension LaneDigest {
    /// The children of a node, ascending; none where the lane does not reach.
    package func children(
        of node: LaneNodeName,
        lane: Int64,
        in storage: some LaneNodeStorage,
        _ cryptography: Cryptography
    ) throws -> [LaneNodeChild] {
        guard let last, (0..<chains.count).contains(node.level),
            node.index <= LaneNodeName(of: last.seq, level: node.level).index
        else { return [] }
        guard node.level > 0 else {
            return try storage.elements(lane: lane, seqs: node.children)
                .map { LaneNodeChild(position: $0.seq, digest: $0.digest) }
        }
        var children = try storage.nodes(lane: lane, level: node.level - 1, indices: node.children)
            .map { LaneNodeChild(position: $0.index, digest: $0.digest) }
        let edge = LaneNodeName(of: last.seq, level: node.level - 1)
        if edge.parent == node, let digest = self.edge(atLevel: edge.level, cryptography) {
            children.append(LaneNodeChild(position: edge.index, digest: digest))
        }
        return children
    }
}
