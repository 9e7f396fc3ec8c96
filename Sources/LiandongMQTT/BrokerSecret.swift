import Crypto
import Foundation

/// A secret as mosquitto's file of passwords keeps it: `$7$`, PBKDF2 of HMAC-SHA-512.
package enum BrokerSecret {
    /// As many as `mosquitto_passwd` takes.
    ///
    /// The secrets are 32 random bytes, which no number of rounds makes harder to guess.
    private static let rounds = 101
    package static let saltBytes = 12

    /// - Parameter salt: ``saltBytes`` random ones.
    package static func digest(of secret: String, salt: [UInt8]) -> String {
        let key = derivedKey(from: Array(secret.utf8), salt: salt, rounds: rounds)
        return "$7$\(rounds)$\(Data(salt).base64EncodedString())$\(Data(key).base64EncodedString())"
    }

    /// The first block, of 64 bytes.
    ///
    /// - SeeAlso: RFC 8018, section 5.2.
    static func derivedKey(from secret: [UInt8], salt: [UInt8], rounds: Int) -> [UInt8] {
        let key = SymmetricKey(data: secret)
        var block = Array(HMAC<SHA512>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var sum = block
        for _ in 1..<max(rounds, 1) {
            block = Array(HMAC<SHA512>.authenticationCode(for: block, using: key))
            for index in sum.indices { sum[index] ^= block[index] }
        }
        return sum
    }
}
