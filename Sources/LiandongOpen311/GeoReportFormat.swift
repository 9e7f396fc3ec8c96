package import Foundation
import XMLCoder

/// The two forms that every GeoReport v2 answer has, chosen by the path's extension.
package enum GeoReportFormat: String, Sendable, CaseIterable {
    case json
    case xml

    /// The format that a path's last part asks for; nil for any other extension, or none.
    package init?(pathExtensionOf path: some StringProtocol) {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        self.init(rawValue: String(path[path.index(after: dot)...]))
    }

    package var contentType: String {
        switch self {
        case .json: "application/json; charset=utf-8"
        case .xml: "text/xml; charset=utf-8"
        }
    }

    /// The document's bytes in this format.
    package func encode(_ document: some GeoReportDocument) throws -> Data {
        switch self {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.userInfo[GeoReportFormat.key] = self
            return try encoder.encode(document)
        case .xml:
            let encoder = XMLEncoder()
            encoder.userInfo[GeoReportFormat.key] = self
            let bytes = try encoder.encode(
                document,
                withRootKey: type(of: document).rootElement,
                header: XMLHeader(version: 1.0, encoding: "utf-8")
            )
            return bytes.withoutForbiddenScalars
        }
    }

    /// Under which an encoder carries its format.
    static let key: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "liandong.georeport.format") else {
            preconditionFailure("every text names a user info key")
        }
        return key
    }()
}

extension Encoder {
    /// The format being written; JSON for an encoder that does not say.
    var format: GeoReportFormat { userInfo[GeoReportFormat.key] as? GeoReportFormat ?? .json }
}

extension Data {
    /// The same text with U+FFFD for what XML 1.0 cannot hold even escaped.
    ///
    /// - SeeAlso: XML 1.0 §2.2, production Char.
    fileprivate var withoutForbiddenScalars: Data {
        let text = String(decoding: self, as: UTF8.self)
        guard text.unicodeScalars.contains(where: \.isForbiddenInXML) else { return self }
        var cleaned = String.UnicodeScalarView()
        cleaned.append(contentsOf: text.unicodeScalars.lazy.map { $0.isForbiddenInXML ? "\u{FFFD}" : $0 })
        return Data(String(cleaned).utf8)
    }
}

extension Unicode.Scalar {
    fileprivate var isForbiddenInXML: Bool {
        switch value {
        case 0x9, 0xA, 0xD: false
        case ..<0x20, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
