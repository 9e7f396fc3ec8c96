/// A whole answer: what stands at the root of a JSON or XML text.
package protocol GeoReportDocument: Encodable, Sendable {
    /// The name of the root element in XML; JSON has none.
    static var rootElement: String { get }
}

/// A list whose members XML names and JSON does not.
///
/// `["a", "b"]` in JSON, `<item>a</item><item>b</item>` within its element in XML.
struct NamedList<Element: Encodable & Sendable>: Encodable, Sendable {
    let element: String
    let members: [Element]

    init(_ element: String, _ members: [Element]) {
        self.element = element
        self.members = members
    }

    func encode(to encoder: any Encoder) throws {
        switch encoder.format {
        case .json:
            var container = encoder.singleValueContainer()
            try container.encode(members)
        case .xml:
            var container = encoder.container(keyedBy: ElementName.self)
            try container.encode(members, forKey: ElementName(element))
        }
    }
}

/// The name of an element, as a coding key.
struct ElementName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { self.stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedEncodingContainer {
    /// Writes an absent value as the specification does: `null` in JSON, an empty element in XML.
    mutating func encodeOrNull<T: Encodable>(_ value: T?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }
}
