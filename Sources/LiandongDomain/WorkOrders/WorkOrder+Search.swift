import Foundation

/// How work orders are searched by what was written: every word has to stand somewhere in the text.
package enum OrderText {
    /// Lower case, of one width and without blanks, so that it is found however it was typed.
    package static func normalised(_ text: String) -> String {
        plain(text) ?? String(text.precomposedStringWithCompatibilityMapping.lowercased().filter { !$0.isWhitespace })
    }

    /// The same for what Chinese addresses and descriptions are made of, character by character: mapping any text costs as
    /// much as all else that is done to fold an order.
    ///
    /// - Returns: nil where a character is none of ASCII, of its wide forms, of the CJK punctuation that has no other form,
    ///   or of the unified ideographs; those neither combine nor change their order.
    package static func plain(_ text: String) -> String? {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            var value = scalar.value
            // Wide forms stand in the order of ASCII.
            if 0xFF01...0xFF5E ~= value { value -= 0xFF01 - 0x21 }
            switch value {
            case 0x09...0x0D, 0x20, 0x3000: continue
            case 0x41...0x5A: value += 0x20
            case 0x21...0x7E, 0x3001...0x3003, 0x3008...0x3011, 0x4E00...0x9FFF: break
            default: return nil
            }
            guard let mapped = Unicode.Scalar(value) else { return nil }
            scalars.append(mapped)
        }
        return String(scalars)
    }

    /// The words of what is searched for; none for blanks alone.
    package static func words(of query: String) -> [String] {
        query.split(whereSeparator: \.isWhitespace).map { normalised(String($0)) }.filter { !$0.isEmpty }
    }
}

extension WorkOrder {
    /// What it is searched by: description, address and answers, a line each.
    ///
    /// All of it is personal and goes with an erasure.
    var searchText: String {
        let texts = [description, address].compactMap { $0 } + attributes.map(\.value)
        return texts.map(OrderText.normalised).filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
