/// The names and values of a query or of an `application/x-www-form-urlencoded` body.
///
/// Order is kept. Names that nobody asks for are left alone, as the specification's extensions want.
package struct FormParameters: Sendable, Hashable {
    /// More pairs than any form of ours has.
    package static let maximumCount = 200

    package struct Pair: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package let pairs: [Pair]

    package init() { self.pairs = [] }

    /// Decodes `a=1&b=2`.
    ///
    /// - Throws: error 400 for a broken escape, bytes that are not UTF-8, or more than ``maximumCount`` pairs.
    package init(_ bytes: some Collection<UInt8>) throws(GeoReportError) {
        var pairs: [Pair] = []
        for part in Array(bytes).split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            guard pairs.count < FormParameters.maximumCount else {
                throw GeoReportError(
                    code: 400,
                    description: "the request has more than \(FormParameters.maximumCount) parameters; send fewer"
                )
            }
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try FormParameters.decoded(halves.first, "a parameter's name")
            let value = try FormParameters.decoded(halves.dropFirst().first, "parameter \(GeoReportError.quoted(name))")
            pairs.append(Pair(name: name, value: value))
        }
        self.pairs = pairs
    }

    private init(pairs: [Pair]) { self.pairs = pairs }

    /// The fields of a form that was sent in another way; whoever read it has bounded their number.
    package init(_ fields: some Sequence<(name: String, value: String)>) {
        self.pairs = fields.map { Pair(name: $0.name, value: $0.value) }
    }

    /// What either gives.
    package static func + (a: FormParameters, b: FormParameters) -> FormParameters {
        FormParameters(pairs: a.pairs + b.pairs)
    }

    /// The trimmed value; nil when it is absent or empty.
    ///
    /// - Throws: error 400 when it is given more than once with different values: none of them can be preferred.
    package func value(_ name: String) throws(GeoReportError) -> String? {
        let values = Set(pairs.lazy.filter { $0.name == name }.map(\.value))
        guard values.count <= 1 else {
            throw GeoReportError(
                code: 400,
                description: "\(name) was given \(values.count) times with different values; give it once"
            )
        }
        guard let value = values.first else { return nil }
        let trimmed = FormParameters.trimmed(value)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The first value as it was sent, for what spaces belong to: a password.
    package func untrimmed(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// - Throws: error 400 for more than `limit` characters.
    package func value(_ name: String, limit: Int) throws(GeoReportError) -> String? {
        guard let value = try value(name) else { return nil }
        let count = value.unicodeScalars.count
        guard count <= limit else {
            throw .invalid(
                name,
                value,
                "it has \(count) characters, at most \(limit) are allowed; shorten it",
                zh: "有\(count)个字，最多\(limit)个，请缩短"
            )
        }
        return value
    }

    /// The parts of a comma-separated list, in order and without repetitions.
    package func list(_ name: String, limit: Int) throws(GeoReportError) -> [String] {
        guard let text = try value(name) else { return [] }
        var parts: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let part = FormParameters.trimmed(String(part))
            guard !part.isEmpty, !parts.contains(part) else { continue }
            guard parts.count < limit else {
                throw .invalid(name, text, "it lists more than \(limit) values; ask in several requests")
            }
            parts.append(part)
        }
        return parts
    }

    private static func trimmed(_ text: String) -> String {
        var slice = text[...]
        while let first = slice.first, first.isWhitespace { slice.removeFirst() }
        while let last = slice.last, last.isWhitespace { slice.removeLast() }
        return String(slice)
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>?, _ what: String) throws(GeoReportError) -> String {
        guard let bytes else { return "" }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"):
                decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = hexadecimal(iterator.next()), let low = hexadecimal(iterator.next()) else {
                    throw GeoReportError(
                        code: 400,
                        description: "\(what) has a % without two hexadecimal digits; write a percent sign as %25"
                    )
                }
                decoded.append(high << 4 | low)
            default:
                decoded.append(byte)
            }
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw GeoReportError(code: 400, description: "\(what) is not UTF-8; encode the form in UTF-8")
        }
        // Browsers send each line's end as two characters and count it as one.
        return decoded.contains(0x0D) ? text.replacing("\r\n", with: "\n") : text
    }

    private static func hexadecimal(_ digit: UInt8?) -> UInt8? {
        switch digit {
        case .some(let digit) where (0x30...0x39).contains(digit): digit - 0x30
        case .some(let digit) where (0x41...0x46).contains(digit): digit - 0x41 + 10
        case .some(let digit) where (0x61...0x66).contains(digit): digit - 0x61 + 10
        case .some, .none: nil
        }
    }
}
