import Foundation

/// Text as it enters: NFC, without control characters, of bounded length.
enum Text {
    /// - Parameters:
    ///   - name: What the text is, for the refusal.
    ///   - limit: in Unicode scalars.
    static func checked(_ text: String, _ name: Localized, limit: Int) throws(Refusal) -> String {
        let normal = trimmed(isSurelyNormal(text) ? text : text.precomposedStringWithCanonicalMapping)
        var count = 0
        var isForeign = false
        for scalar in normal.unicodeScalars {
            count += 1
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: break
            case 0..<0x20, 0x7F: isForeign = true
            default: break
            }
        }
        guard count <= limit else {
            throw Refusal(.textTooLong, name, count, limit)
        }
        guard !isForeign else {
            throw Refusal(.textControls, name)
        }
        return normal
    }

    /// Whether a text is in NFC at a glance: none of its characters decomposes or combines with one before it.
    ///
    /// Most texts are, and normalising is slow.
    ///
    /// - SeeAlso: Unicode Standard Annex #15, §9 Detecting Normalization Forms.
    static func isSurelyNormal(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x300, 0x2010...0x2027, 0x3000...0x3029, 0x3400...0x9FFF, 0xFF01...0xFFEF: true
            default: false
            }
        }
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard scalars.first?.properties.isWhitespace == true || scalars.last?.properties.isWhitespace == true else {
            return text
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static func required(_ text: String, _ name: Localized, limit: Int) throws(Refusal) -> String {
        let checked = try checked(text, name, limit: limit)
        guard !checked.isEmpty else {
            throw Refusal(.textMissing, name, limit)
        }
        return checked
    }
}
