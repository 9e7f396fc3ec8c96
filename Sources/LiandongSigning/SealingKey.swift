import CSodium

/// An X25519 key that opens what was sealed to its public half.
package struct SealingKey: Sendable, Equatable {
    package static let byteCount = 32
    /// A box is so many bytes longer than what is in it.
    package static let overhead = 48

    /// 32 bytes; anyone who has it can seal to this key.
    package let publicKey: [UInt8]
    private let secret: SecretBytes

    package static func generate() -> SealingKey {
        SealingKey(checkedSecret: secureRandomBytes(byteCount))
    }

    /// - Throws: `wrongLength` unless there are 32 bytes.
    package init(secret: [UInt8]) throws(SigningError) {
        guard secret.count == SealingKey.byteCount else {
            throw .wrongLength("the sealing key", secret.count, expected: SealingKey.byteCount)
        }
        self.init(checkedSecret: secret)
    }

    private init(checkedSecret bytes: [UInt8]) {
        let secret = SecretBytes(bytes)
        var publicKey = [UInt8](repeating: 0, count: SealingKey.byteCount)
        let status = unsafe secret.withPointer { unsafe crypto_scalarmult_base(&publicKey, $0) }
        precondition(status == 0, "every secret has a public key")
        self.publicKey = publicKey
        self.secret = secret
    }

    /// A copy outside the locked pages, for the key file.
    package var secretBytes: [UInt8] { secret.bytes }

    /// Seals bytes so that only the holder of the key can read them; who sealed them is not told.
    ///
    /// Not deterministic: each box has a key of its own.
    ///
    /// - Throws: `wrongLength` or `badKey` when the public key cannot be sealed to.
    package static func seal(_ plaintext: [UInt8], to publicKey: [UInt8]) throws(SigningError) -> [UInt8] {
        guard publicKey.count == byteCount else {
            throw .wrongLength("the public sealing key", publicKey.count, expected: byteCount)
        }
        Sodium.start()
        var box = [UInt8](repeating: 0, count: plaintext.count + overhead)
        guard unsafe crypto_box_seal(&box, plaintext, UInt64(plaintext.count), publicKey) == 0 else {
            throw .badKey("the public sealing key")
        }
        return box
    }

    /// What is in a box sealed to this key.
    ///
    /// - Throws: `notAuthentic` when it was sealed to another key or altered.
    package func open(_ box: [UInt8]) throws(SigningError) -> [UInt8] {
        guard box.count >= SealingKey.overhead else { throw .notAuthentic("the box") }
        var plaintext = [UInt8](repeating: 0, count: box.count - SealingKey.overhead)
        let status = unsafe secret.withPointer { key in
            unsafe crypto_box_seal_open(&plaintext, box, UInt64(box.count), publicKey, key)
        }
        guard status == 0 else { throw .notAuthentic("the box") }
        return plaintext
    }
}
