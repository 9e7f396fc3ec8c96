import Foundation
import LiandongWeb

/// The name that somebody signs in with.
enum AccountName {
    static let byteLimit = 64

    /// As it is kept and compared: NFC, lower case, without spaces around it.
    static func normalised(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased().precomposedStringWithCanonicalMapping
    }

    /// Why a name cannot be an account's; nil for one that can.
    static func fault(_ name: String) -> String? {
        guard (2...byteLimit).contains(name.utf8.count) else {
            return "an account's name has 2 to \(byteLimit) bytes, \"\(name.prefix(32))\" has \(name.utf8.count)"
        }
        let marks = Set("._-@")
        guard name.allSatisfy({ $0.isLetter || $0.isNumber || marks.contains($0) }) else {
            return "an account's name is made of letters, digits and . _ - @, \"\(name)\" is not"
        }
        return nil
    }
}

/// What is asked of a new password.
///
/// - SeeAlso: NIST SP 800-63B §5.1.1.2: length counts, not kinds of characters.
enum PasswordRule {
    static let leastCharacters = 12
    static let mostBytes = 256
    private static let leastDifferent = 5

    /// As it is hashed: NFC, so that two keyboards give the same.
    static func normalised(_ password: String) -> String { password.precomposedStringWithCanonicalMapping }

    /// - Parameter password: normalised.
    static func check(_ password: String, of account: String) throws(AccessError) {
        guard password.count >= leastCharacters else {
            throw .password(
                "the password has \(password.count) characters, at least \(leastCharacters) are needed",
                wayOut: "take a few words that nobody expects together"
            )
        }
        guard password.utf8.count <= mostBytes else {
            throw .password(
                "the password has \(password.utf8.count) bytes, at most \(mostBytes) are allowed",
                wayOut: "take a shorter one"
            )
        }
        guard !password.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .password("the password has a control character", wayOut: "take one that can be typed")
        }
        guard Set(password).count >= leastDifferent, !password.lowercased().contains(account) else {
            throw .password(
                "the password repeats a few characters, or the account's name is in it",
                wayOut: "take a few words that nobody expects together"
            )
        }
    }
}
