import Foundation

/// How work orders are searched by what was written: every word has to stand somewhere in the text.
package enum OrderText {
    /// Lower case, of one width and without blanks, so that it is found however it was typed.
    package static func normalised(_ text: String) -> String {
        String(text.precomposedStringWithCompatibilityMapping.lowercased().filter { !$0.isWhitespace })
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
