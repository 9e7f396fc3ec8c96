/// One op of a delta with all that proves it to whoever does not get the delta, and nothing of the delta's other ops.
///
/// It tells of the delta what its header tells: author, audience, time, how many ops there are.
package struct Excerpt: Hashable, Sendable {
    /// The author's exact header bytes.
    package let headerBytes: [UInt8]
    package let signature: [UInt8]
    /// Of the op in its delta.
    package let index: Int
    package let salt: [UInt8]
    package let op: [UInt8]
    /// The siblings from the op's leaf up to the root.
    package let path: [Hash]
    /// The definition of the header's audience.
    package let audience: Audience

    package init(
        headerBytes: [UInt8],
        signature: [UInt8],
        index: Int,
        salt: [UInt8],
        op: [UInt8],
        path: [Hash],
        audience: Audience
    ) {
        self.headerBytes = headerBytes
        self.signature = signature
        self.index = index
        self.salt = salt
        self.op = op
        self.path = path
        self.audience = audience
    }

    /// Takes one op out of a delta.
    ///
    /// - Returns: nil when there is no op at the index or its bytes were dropped.
    /// - Parameter leaves: of the delta's ops; computed when not given.
    /// - Complexity: O(*n*) hashes in the delta's ops.
    package init?(
        _ delta: Delta,
        index: Int,
        leaves: [Hash]? = nil,
        audience: Audience,
        _ cryptography: Cryptography
    ) {
        let leaves = leaves ?? delta.ops.map { $0.leaf(cryptography) }
        guard delta.ops.indices.contains(index), case .held(let salt, let op) = delta.ops[index],
            let path = MerkleTree.path(to: index, in: leaves, cryptography)
        else { return nil }
        self.init(
            headerBytes: delta.headerBytes,
            signature: delta.signature,
            index: index,
            salt: salt,
            op: op,
            path: path,
            audience: audience
        )
    }

    /// What the excerpt proves; nil when it proves nothing: a header or op that cannot be read, an op that is not of
    /// the header's root, a definition of another audience, a signature that is not the header's author's.
    package func verified(_ cryptography: Cryptography) -> ExcerptedOp? {
        guard let header = try? DeltaHeader(decoding: headerBytes), let op = try? Op(decoding: op),
            salt == SaltedOp.plainSalt || salt.count == 16,
            AudienceID(audience, cryptography) == header.lane.audience
        else { return nil }
        let root = MerkleTree.root(
            leaf: MerkleTree.leaf(salt: salt, op: self.op, cryptography),
            index: index,
            count: header.opCount,
            path: path,
            cryptography
        )
        guard root == header.opsRoot,
            cryptography.verify(signature, Delta.signedMessage(headerBytes: headerBytes), header.lane.origin.bytes)
        else { return nil }
        return ExcerptedOp(op: op, header: header, delta: DeltaID(headerBytes: headerBytes, cryptography))
    }
}

/// An op and the header that it was signed under.
package struct ExcerptedOp: Hashable, Sendable {
    package let op: Op
    package let header: DeltaHeader
    package let delta: DeltaID
}

/// The value of a given: whom the record is for from here on.
package struct Given: Hashable, Sendable {
    /// The most givens that one stands for.
    package static let replacedLimit = 64

    package let audience: Audience
    /// The givens that it stands for from now on: the current ones that its author had seen, sorted.
    package let replaces: [Dot]

    package init(audience: Audience, replaces: [Dot]) {
        self.audience = audience
        self.replaces = replaces.sorted()
    }
}
