/// A citizen identity number of 18 places: 6 of the region, 8 of the birth date, 3 of the order, 1 check character.
///
/// - SeeAlso: GB 11643-1999; the check character is ISO 7064 MOD 11-2.
package struct IdentityNumber: Sendable, Hashable {
    package let text: String

    package enum Sex: String, Sendable {
        case female, male
    }

    private static let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    private static let checks = Array("10X98765432".utf8)

    /// - Parameter text: spaces are left out, a small x is taken for a capital one.
    /// - Throws: a refusal that names what is wrong; never the number itself.
    package init(_ text: String) throws(Refusal) {
        let characters = text.utf8.filter { $0 != 0x20 }.map { $0 == UInt8(ascii: "x") ? UInt8(ascii: "X") : $0 }
        guard characters.count == 18 else {
            throw Refusal(.identityLength, characters.count)
        }
        for (index, character) in characters.enumerated().dropLast() where !(0x30...0x39).contains(character) {
            throw Refusal(.identityDigit, index + 1)
        }
        guard CivilDate(Self.date(characters)) != nil else {
            throw Refusal(.identityDate, Self.date(characters))
        }
        let sum = zip(Self.weights, characters).reduce(0) { $0 + $1.0 * Int($1.1 - 0x30) }
        let expected = Self.checks[sum % 11]
        guard characters.last == expected else {
            throw Refusal(.identityCheck, Self.character(characters.last ?? 0x3F), Self.character(expected))
        }
        self.text = String(decoding: characters, as: UTF8.self)
    }

    /// Those that are identity numbers, each in the one form that match tags are made of.
    static func normalForms(_ texts: [String?]) -> [String] {
        texts.compactMap { text in text.flatMap { try? IdentityNumber($0).text } }
    }

    package var birthDate: CivilDate? { CivilDate(Self.date(Array(text.utf8))) }

    package var sex: Sex? {
        text.utf8.dropLast().last.map { ($0 - 0x30).isMultiple(of: 2) ? .female : .male }
    }

    /// The district code of where it was first given.
    package var regionCode: String { String(text.prefix(6)) }

    /// As it is shown: 110101********867X.
    package var masked: String { Masking.identityNumber(text) }

    /// yyyy-mm-dd of places 7 to 14.
    private static func date(_ characters: [UInt8]) -> String {
        let digits = characters.dropFirst(6).prefix(8).map(character)
        return digits.prefix(4).joined() + "-" + digits.dropFirst(4).prefix(2).joined() + "-"
            + digits.dropFirst(6).joined()
    }

    private static func character(_ byte: UInt8) -> String { String(decoding: [byte], as: UTF8.self) }
}
