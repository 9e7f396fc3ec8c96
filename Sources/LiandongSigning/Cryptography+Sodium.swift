import CSodium
package import LiandongCore

extension Cryptography {
    /// The functions of suite 1, Ed25519 and BLAKE2b-256, by libsodium.
    package static let sodium: Cryptography = {
        Sodium.start()
        return Cryptography(hash: blake2b, verify: verifyEd25519)
    }()
}

/// BLAKE2b-256 without a key.
@Sendable private func blake2b(_ message: [UInt8]) -> Hash {
    unsafe Blake2b.hash(message, key: nil, keyCount: 0)
}

/// False for a signature or a key of another length; libsodium refuses what is not canonical or of small order.
@Sendable private func verifyEd25519(_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool {
    guard signature.count == 64, key.count == 32 else { return false }
    return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), key) == 0
}

/// BLAKE2b-256, with and without a key.
enum Blake2b {
    static let byteCount = 32

    /// Hashes into four words on the stack: no heap for the result.
    static func hash(_ message: [UInt8], key: UnsafePointer<UInt8>?, keyCount: Int) -> Hash {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let status = unsafe withUnsafeMutablePointer(to: &words) { words in
            unsafe words.withMemoryRebound(to: UInt8.self, capacity: byteCount) { output in
                unsafe crypto_generichash_blake2b(output, byteCount, message, UInt64(message.count), key, keyCount)
            }
        }
        precondition(status == 0, "BLAKE2b refuses only a key of the wrong length, and keys here are 32 bytes")
        return Hash(
            raw: Bytes32(
                word0: UInt64(bigEndian: words.0),
                word1: UInt64(bigEndian: words.1),
                word2: UInt64(bigEndian: words.2),
                word3: UInt64(bigEndian: words.3)
            )
        )
    }
}
