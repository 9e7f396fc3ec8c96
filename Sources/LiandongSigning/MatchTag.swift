import CSodium
import LiandongCore

/// The tag by which two registrations of one identity number find each other without showing it.
///
/// argon2id makes each guess at a number cost time even for whoever holds the district's match key, keyed BLAKE2b
/// makes the tag worthless to whoever does not: there are only so many identity numbers.
package enum MatchTag {
    package static let byteCount = 32

    /// What one tag costs.
    ///
    /// A version's parameters never change, or equal numbers would stop matching.
    package struct Parameters: Sendable, Hashable {
        package let version: UInt8
        /// Passes over the memory.
        let passes: UInt64
        let memoryByteCount: Int

        /// One to two hundredths of a second on an office PC.
        package static let v1 = Parameters(version: 1, passes: 2, memoryByteCount: 8 << 20)
        package static let newest = v1
    }

    /// The tag of a number under the district's match key; equal numbers give equal tags, everywhere.
    ///
    /// - Parameter number: in its one normal form, as the domain makes it: no spaces, `X` upper case.
    /// - Complexity: one argon2id; call it off the core and outside of transactions.
    package static func tag(of number: String, key: SymmetricKey, parameters: Parameters = .newest) -> [UInt8] {
        let version = [parameters.version]
        let salt = Array(key.derived("liandong/match-salt/1").hash(version).bytes.prefix(16))
        let password = number.utf8.map { CChar(bitPattern: $0) }
        let slow = unsafe SecretBytes(count: byteCount) { target in
            let status = unsafe crypto_pwhash_argon2id(
                target,
                UInt64(byteCount),
                password,
                UInt64(password.count),
                salt,
                parameters.passes,
                parameters.memoryByteCount,
                crypto_pwhash_argon2id_ALG_ARGON2ID13
            )
            guard status == 0 else {
                fatalError("cannot reserve \(parameters.memoryByteCount) bytes for a match tag: out of memory")
            }
        }
        return key.derived("liandong/match-tag/1").hash(version + slow.bytes).bytes
    }
}
