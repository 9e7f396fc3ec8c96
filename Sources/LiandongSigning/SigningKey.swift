import CSodium
package import LiandongCore

/// An Ed25519 key that signs: of a node, of the root, or of an invite.
package struct SigningKey: Sendable, Equatable {
    package static let seedByteCount = 32

    /// 32 bytes.
    package let publicKey: [UInt8]
    /// libsodium's form: seed ‖ public key.
    private let secret: SecretBytes

    package static func generate() -> SigningKey {
        SigningKey(checkedSeed: secureRandomBytes(seedByteCount))
    }

    /// The key that grows from a seed; equal seeds give equal keys.
    ///
    /// - Throws: `wrongLength` unless there are 32 bytes.
    package init(seed: [UInt8]) throws(SigningError) {
        guard seed.count == SigningKey.seedByteCount else {
            throw .wrongLength("the seed", seed.count, expected: SigningKey.seedByteCount)
        }
        self.init(checkedSeed: seed)
    }

    private init(checkedSeed seed: [UInt8]) {
        Sodium.start()
        var publicKey = [UInt8](repeating: 0, count: 32)
        self.secret = unsafe SecretBytes(count: 64) { target in
            let status = unsafe crypto_sign_seed_keypair(&publicKey, target, seed)
            precondition(status == 0, "libsodium makes a key from any 32 bytes")
        }
        self.publicKey = publicKey
    }

    /// The 32 bytes the key grew from: a copy outside its locked pages, for the TLS certificate and the invite token.
    package var seed: [UInt8] { Array(secret.bytes.prefix(SigningKey.seedByteCount)) }

    /// The 64-byte signature over the message; deterministic.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        let status = unsafe secret.withPointer { key in
            unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), key)
        }
        precondition(status == 0, "libsodium signs any message with a whole key")
        return signature
    }

    /// The key as the core is handed it.
    package var signer: Signer { Signer(publicKey: publicKey) { sign($0) } }
}
