/// The functions of one signature suite, handed to the core by whoever runs it.
///
/// All are pure: equal arguments give equal results. `LiandongSigning` makes the real one from libsodium.
package struct Cryptography: Sendable {
    /// BLAKE2b-256 of the bytes.
    package let hash: @Sendable ([UInt8]) -> Hash
    /// Whether the 64-byte signature over the message is by the key.
    ///
    /// Never traps, whatever the bytes.
    package let verify: @Sendable (_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool

    package init(
        hash: @escaping @Sendable ([UInt8]) -> Hash,
        verify: @escaping @Sendable (_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool
    ) {
        self.hash = hash
        self.verify = verify
    }
}

/// Signs with one key; deterministic, as Ed25519 is.
package struct Signer: Sendable {
    /// The 32-byte public key.
    package let publicKey: [UInt8]
    /// The 64-byte Ed25519 signature over the message.
    package let sign: @Sendable (_ message: [UInt8]) -> [UInt8]

    package init(publicKey: [UInt8], sign: @escaping @Sendable (_ message: [UInt8]) -> [UInt8]) {
        self.publicKey = publicKey
        self.sign = sign
    }
}
