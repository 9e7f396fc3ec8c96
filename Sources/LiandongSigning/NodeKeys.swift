package import LiandongCore

/// The two keys a node is known by: Ed25519 to sign and to be pinned, X25519 to be sealed to.
package struct NodeKeys: Sendable, Equatable {
    package let signing: SigningKey
    package let sealing: SealingKey
    /// The node's name: its public signing key.
    package let nodeID: NodeID

    package init(signing: SigningKey, sealing: SealingKey) {
        guard let id = NodeID(signing.publicKey) else { preconditionFailure("a public key has 32 bytes") }
        self.signing = signing
        self.sealing = sealing
        self.nodeID = id
    }

    package static func generate() -> NodeKeys { NodeKeys(signing: .generate(), sealing: .generate()) }

    package var signer: Signer { signing.signer }

    /// The public half of the sealing key, as it is enrolled.
    package var sealingKey: [UInt8] { sealing.publicKey }

    /// The seed of the node's TLS certificate: a copy outside the locked pages.
    package var tlsSeed: [UInt8] { signing.seed }
}

extension NodeKeys {
    private static let signingFile = "node.ed25519"
    private static let sealingFile = "node.x25519"

    /// Reads the keys that ``save(to:)`` wrote.
    ///
    /// - Throws: ``SigningError`` that names the file: missing, open to others, or not a key.
    package init(loadingFrom folder: String) throws(SigningError) {
        let seed = try KeyFile(folder, NodeKeys.signingFile).load()
        let secret = try KeyFile(folder, NodeKeys.sealingFile).load()
        try self.init(signing: SigningKey(seed: seed), sealing: SealingKey(secret: secret))
    }

    /// Writes both keys under the folder, made if need be, readable by the owner alone and durable on return.
    ///
    /// - Throws: `keyExists` where a key is already, which stays as it was; `keyUnwritable`.
    package func save(to folder: String) throws(SigningError) {
        try KeyFile(folder, NodeKeys.signingFile).store(signing.seed)
        try KeyFile(folder, NodeKeys.sealingFile).store(sealing.secretBytes)
    }
}

extension SigningKey {
    /// Reads a seed that ``save(to:named:)`` wrote, as of the root key.
    package init(loadingFrom folder: String, named name: String) throws(SigningError) {
        try self.init(seed: KeyFile(folder, name).load())
    }

    /// Writes the seed under the folder, readable by the owner alone and durable on return.
    package func save(to folder: String, named name: String) throws(SigningError) {
        try KeyFile(folder, name).store(seed)
    }
}

extension SymmetricKey {
    /// Reads a key that ``save(to:named:)`` wrote, as of sealed columns.
    package init(loadingFrom folder: String, named name: String) throws(SigningError) {
        try self.init(KeyFile(folder, name).load())
    }

    /// Writes the key under the folder, readable by the owner alone and durable on return.
    package func save(to folder: String, named name: String) throws(SigningError) {
        try KeyFile(folder, name).store(bytes)
    }
}
