package import LiandongDomain

/// The languages that names and descriptions are kept in.
package enum Language: String, Sendable, CaseIterable {
    case chinese = "zh-Hans"
    case english = "en"

    /// The first of an `Accept-Language` header that is kept; Chinese when none is.
    ///
    /// Weights are not read: clients list what they prefer first.
    package init(accepting header: String?) {
        let ranges = (header ?? "").prefix(200).lowercased().split(separator: ",")
        for range in ranges {
            let tag = range.drop { $0 == " " }
            if tag.hasPrefix("zh") { break }
            if tag.hasPrefix("en") {
                self = .english
                return
            }
        }
        self = .chinese
    }
}

extension Localized {
    /// The text in one language.
    package subscript(language: Language) -> String {
        switch language {
        case .chinese: zh
        case .english: en
        }
    }
}
