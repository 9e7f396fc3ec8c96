/// Words that are cut where a drawing has no more room for them.
///
/// A drawing made by the server knows no font: widths are estimated, rather too large than too small.
enum FittedText {
    /// In the units of `size`, which is the font's.
    static func width(_ text: String, size: Int) -> Int {
        (text.reduce(0) { $0 + thousandths($1) } * size + 999) / 1_000
    }

    /// The text, or as much of its beginning as there is room for, and an ellipsis.
    static func fitted(_ text: String, width: Int, size: Int) -> String {
        guard FittedText.width(text, size: size) > width else { return text }
        let room = width * 1_000 / max(1, size) - thousandths("…")
        var used = 0
        let kept = text.prefix { character in
            used += thousandths(character)
            return used <= room
        }
        return kept + "…"
    }

    /// Of the font's size.
    private static func thousandths(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        // From the radicals on, signs fill a square.
        if scalar.value >= 0x2E80 { return 1_000 }
        if scalar.isASCII, "il.,:;|' ·".unicodeScalars.contains(scalar) { return 350 }
        return character.isUppercase ? 720 : 590
    }
}
