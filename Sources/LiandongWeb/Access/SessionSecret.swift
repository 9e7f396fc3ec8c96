import Crypto
import Foundation

/// 32 random bytes that stand for a session or a token; whoever shows them is who began it.
///
/// The node keeps only ``digest``. Never in a log: it describes itself without its bytes.
package struct SessionSecret: Sendable, Hashable, CustomStringConvertible {
    package static let byteCount = 32
    /// Before a token for programs, so that it is told apart from other secrets where it is found.
    package static let tokenPrefix = "liandong_"

    private let bytes: [UInt8]

    /// - Returns: nil unless there are 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == SessionSecret.byteCount else { return nil }
        self.bytes = bytes
    }

    /// - Parameter text: base64url without padding, 43 characters.
    package init?(text: some StringProtocol) {
        guard text.utf8.count == 43 else { return nil }
        let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        guard let data = Data(base64Encoded: String(standard) + "=") else { return nil }
        self.init([UInt8](data))
    }

    /// - Parameter token: as ``token`` writes it.
    package init?(token: some StringProtocol) {
        guard token.hasPrefix(SessionSecret.tokenPrefix) else { return nil }
        self.init(text: token.dropFirst(SessionSecret.tokenPrefix.count))
    }

    /// base64url without padding, 43 characters.
    package var text: String { SessionSecret.base64url(bytes) }

    /// As a token for programs is shown, once.
    package var token: String { SessionSecret.tokenPrefix + text }

    /// SHA-256, by which it is kept.
    package var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// What forms carry, so that no other site can send them: HMAC-SHA-256 of a label under the secret.
    package var formToken: String {
        let code = HMAC<SHA256>.authenticationCode(for: SessionSecret.formLabel, using: SymmetricKey(data: bytes))
        return SessionSecret.base64url(Array(code))
    }

    /// Whether a form came from a page of this session; takes the same time for every wrong answer.
    package func admits(formToken given: some StringProtocol) -> Bool {
        guard let code = SessionSecret(text: given)?.bytes else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            code,
            authenticating: SessionSecret.formLabel,
            using: SymmetricKey(data: bytes)
        )
    }

    private static let formLabel = Data("liandong/form-token/1".utf8)

    private static func base64url(_ bytes: [UInt8]) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 }
        )
    }

    package var description: String { "a secret" }
}
