/// Why a request is not answered, as GeoReport v2 tells it: a code, which is the HTTP status, and a description.
package struct GeoReportError: Error, Sendable, Hashable, CustomStringConvertible {
    package let code: Int
    package let description: String

    package init(code: Int, description: String) {
        self.code = code
        self.description = description
    }
}

extension GeoReportError {
    /// A required parameter was not given.
    package static func missing(_ parameter: String, wayOut: String) -> GeoReportError {
        GeoReportError(code: 400, description: "\(parameter) was not provided; \(wayOut)")
    }

    /// A parameter's value cannot be used.
    ///
    /// - Parameters:
    ///   - value: Quoted and cut, because it comes from outside.
    ///   - reason: The bound that it misses, and the way out.
    package static func invalid(_ parameter: String, _ value: String, _ reason: String) -> GeoReportError {
        GeoReportError(code: 400, description: "\(parameter) is \(quoted(value)): \(reason)")
    }

    package static func notFound(_ thing: String, _ value: String, wayOut: String) -> GeoReportError {
        GeoReportError(code: 404, description: "\(thing) \(quoted(value)) was not found; \(wayOut)")
    }

    /// A foreign text fit to stand in a message: at most 64 characters, without control characters.
    package static func quoted(_ value: String) -> String {
        var quoted = "\""
        for (index, scalar) in value.unicodeScalars.enumerated() {
            guard index < 64 else {
                quoted += "…"
                break
            }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            quoted.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return quoted + "\""
    }
}

/// The body of an answer that refuses: one error or more.
package struct GeoReportErrors: GeoReportDocument {
    package static let rootElement = "errors"
    package let errors: [GeoReportError]

    package init(_ errors: [GeoReportError]) { self.errors = errors }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("error", errors).encode(to: encoder)
    }
}

extension GeoReportError: Encodable {
    private enum CodingKeys: String, CodingKey {
        case code, description
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(description, forKey: .description)
    }
}
