import CSodium
package import LiandongCore

/// A 32-byte key that seals values and hashes with a key.
///
/// A sealed value is version (one byte, 1) ‖ nonce (24) ‖ ciphertext ‖ tag (16), XChaCha20-Poly1305. Its key and
/// the one that makes nonces are derived from this one, so that one key may safely do everything here.
package struct SymmetricKey: Sendable, Equatable {
    package static let byteCount = 32
    /// A sealed value is so many bytes longer than what is in it.
    package static let overhead = 1 + nonceByteCount + tagByteCount
    package static let nonceByteCount = 24

    private static let tagByteCount = 16
    private static let version: UInt8 = 1

    private let secret: SecretBytes
    private let sealing: SecretBytes
    private let nonces: SecretBytes

    package static func generate() -> SymmetricKey { SymmetricKey(SecretBytes(secureRandomBytes(byteCount))) }

    /// - Throws: `wrongLength` unless there are 32 bytes.
    package init(_ bytes: [UInt8]) throws(SigningError) {
        guard bytes.count == SymmetricKey.byteCount else {
            throw .wrongLength("the key", bytes.count, expected: SymmetricKey.byteCount)
        }
        self.init(SecretBytes(bytes))
    }

    private init(_ secret: SecretBytes) {
        self.secret = secret
        self.sealing = secret.derived("liandong/value-key/1")
        self.nonces = secret.derived("liandong/value-nonce/1")
    }

    package static func == (a: SymmetricKey, b: SymmetricKey) -> Bool { a.secret == b.secret }

    /// A copy outside the locked pages: to seal it to a node, or to keep it in a file.
    package var bytes: [UInt8] { secret.bytes }

    /// The key for one use, named by a label; knowing it tells nothing of this one.
    package func derived(_ label: String) -> SymmetricKey { SymmetricKey(secret.derived(label)) }

    /// BLAKE2b-256 of the message under this key: a tag only its holders can make or check.
    package func hash(_ message: [UInt8]) -> Hash { secret.hash(message) }
}

// MARK: - Sealing

extension SymmetricKey {
    /// Seals a value under a random nonce: two seals of one value differ.
    ///
    /// - Parameter associatedData: what the value belongs to; it does not open without the same.
    package func seal(_ plaintext: [UInt8], for associatedData: [UInt8]) -> [UInt8] {
        seal(plaintext, for: associatedData, checkedNonce: secureRandomBytes(SymmetricKey.nonceByteCount))
    }

    /// Seals a value so that equal values in equal places give equal bytes, as derived tables need.
    ///
    /// The nonce is a keyed hash of associated data and value, so it repeats only with both; all that shows is
    /// whether two values of the same place are equal.
    package func sealDeterministically(_ plaintext: [UInt8], for associatedData: [UInt8]) -> [UInt8] {
        let lengths = UInt64(associatedData.count).bigEndianBytes
        let nonce = nonces.hash(lengths + associatedData + plaintext).bytes.prefix(SymmetricKey.nonceByteCount)
        return seal(plaintext, for: associatedData, checkedNonce: Array(nonce))
    }

    /// Seals a value under a nonce of the caller's, who never uses it twice.
    ///
    /// - Throws: `wrongLength` unless the nonce has 24 bytes.
    package func seal(
        _ plaintext: [UInt8],
        for associatedData: [UInt8],
        nonce: [UInt8]
    ) throws(SigningError) -> [UInt8] {
        guard nonce.count == SymmetricKey.nonceByteCount else {
            throw .wrongLength("the nonce", nonce.count, expected: SymmetricKey.nonceByteCount)
        }
        return seal(plaintext, for: associatedData, checkedNonce: nonce)
    }

    /// What is in a sealed value, however its nonce was made.
    ///
    /// - Throws: `notAuthentic` for another key, other associated data, or altered bytes; `unknownVersion`.
    package func open(_ sealed: [UInt8], for associatedData: [UInt8]) throws(SigningError) -> [UInt8] {
        guard let version = sealed.first, sealed.count >= SymmetricKey.overhead else {
            throw .notAuthentic("the sealed value")
        }
        guard version == SymmetricKey.version else {
            throw .unknownVersion("the sealed value", version, known: SymmetricKey.version)
        }
        let nonce = Array(sealed[1...SymmetricKey.nonceByteCount])
        let ciphertext = Array(sealed[(1 + SymmetricKey.nonceByteCount)...])
        var plaintext = [UInt8](repeating: 0, count: sealed.count - SymmetricKey.overhead)
        let status = unsafe sealing.withPointer { key in
            unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                &plaintext,
                nil,
                nil,
                ciphertext,
                UInt64(ciphertext.count),
                associatedData,
                UInt64(associatedData.count),
                nonce,
                key
            )
        }
        guard status == 0 else { throw .notAuthentic("the sealed value") }
        return plaintext
    }

    private func seal(_ plaintext: [UInt8], for associatedData: [UInt8], checkedNonce nonce: [UInt8]) -> [UInt8] {
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + SymmetricKey.tagByteCount)
        let status = unsafe sealing.withPointer { key in
            unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                &ciphertext,
                nil,
                plaintext,
                UInt64(plaintext.count),
                associatedData,
                UInt64(associatedData.count),
                nil,
                nonce,
                key
            )
        }
        precondition(status == 0, "XChaCha20-Poly1305 seals anything that fits in memory")
        return [SymmetricKey.version] + nonce + ciphertext
    }
}

extension SecretBytes {
    /// BLAKE2b-256 of the message under these bytes.
    func hash(_ message: [UInt8]) -> Hash {
        unsafe withPointer { unsafe Blake2b.hash(message, key: $0, keyCount: count) }
    }

    func derived(_ label: String) -> SecretBytes { SecretBytes(hash(Array(label.utf8)).bytes) }
}
