/// How personal numbers are shown unless they were unmasked for a purpose.
package enum Masking {
    /// As in 110101********867X: region and the last four.
    package static func identityNumber(_ text: String) -> String { masked(text, keepingFirst: 6, last: 4) }

    /// As in 138****0000.
    package static func phone(_ text: String) -> String { masked(text, keepingFirst: 3, last: 4) }

    /// As in 张*: the family name stays.
    package static func name(_ text: String) -> String { masked(text, keepingFirst: 1, last: 0) }

    /// A text too short to hide anything in is hidden whole.
    private static func masked(_ text: String, keepingFirst first: Int, last: Int) -> String {
        let hidden = text.count - first - last
        guard hidden > 0 else { return String(repeating: "*", count: text.count) }
        return text.prefix(first) + String(repeating: "*", count: hidden) + text.suffix(last)
    }
}
