import Mustache

/// How values are written into pages: each of the five characters that mean something to HTML becomes a reference.
///
/// By scalars: the library's own way goes by grapheme clusters, where a `<` behind U+0600 or a `"` before U+0301 is a
/// character of its own and stays as it is.
///
/// - SeeAlso: HTML, §13.1.2.3 "Attributes" and §13.3 for what must be escaped.
struct MarkupText: MustacheContentType {
    /// What a template begins with, so that its values are written so.
    static let pragma = "{{% CONTENT_TYPE:LIANDONG-MARKUP}}"

    static func register() { MustacheContentTypes.register(MarkupText(), named: "LIANDONG-MARKUP") }

    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
