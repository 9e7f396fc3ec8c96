import Foundation

/// Text as it enters: NFC, without control characters, of bounded length.
enum Text {
    /// - Parameters:
    ///   - name: What the text is, for the refusal.
    ///   - limit: in Unicode scalars.
    static func checked(_ text: String, _ name: String, limit: Int) throws(Refusal) -> String {
        let normal = text.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
        let count = normal.unicodeScalars.count
        guard count <= limit else {
            throw Refusal(
                .invalid,
                "\(name) has \(count) characters, at most \(limit) are allowed",
                wayOut: "shorten it"
            )
        }
        let isForeign = normal.unicodeScalars.contains { scalar in
            (scalar.value < 0x20 && scalar != "\n" && scalar != "\t" && scalar != "\r") || scalar.value == 0x7F
        }
        guard !isForeign else {
            throw Refusal(.invalid, "\(name) holds control characters", wayOut: "leave them out")
        }
        return normal
    }

    static func required(_ text: String, _ name: String, limit: Int) throws(Refusal) -> String {
        let checked = try checked(text, name, limit: limit)
        guard !checked.isEmpty else {
            throw Refusal(.invalid, "\(name) is missing", wayOut: "give it, with at most \(limit) characters")
        }
        return checked
    }
}
