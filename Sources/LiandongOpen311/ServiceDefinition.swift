package import LiandongDomain

/// The answer to GET Service Definition: the questions of one service.
package struct ServiceDefinition: GeoReportDocument {
    package static let rootElement = "service_definition"
    package let code: String
    package let attributes: [Attribute]

    /// One question.
    package struct Attribute: Sendable, Hashable {
        package let code: String
        package let dataType: String
        package let isRequired: Bool
        /// From 1.
        package let order: Int
        package let description: String
        package let values: [Choice]
    }

    /// One answer of a list.
    package struct Choice: Sendable, Hashable, Encodable {
        package let key: String
        package let name: String
    }

    package init(_ service: LiandongDomain.Service, in language: Language) {
        self.code = service.code
        self.attributes = service.attributes.enumerated().map { index, attribute in
            Attribute(
                code: attribute.code,
                dataType: attribute.dataType.rawValue,
                isRequired: attribute.isRequired,
                order: index + 1,
                description: attribute.description[language],
                values: attribute.values.map { Choice(key: $0.key, name: $0.name[language]) }
            )
        }
    }

    private enum CodingKeys: String, CodingKey {
        case code = "service_code"
        case attributes
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(NamedList("attribute", attributes), forKey: .attributes)
    }
}

extension ServiceDefinition.Attribute: Encodable {
    private enum CodingKeys: String, CodingKey {
        case variable, code, datatype, required
        case datatypeDescription = "datatype_description"
        case order, description, values
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(true, forKey: .variable)
        try container.encode(code, forKey: .code)
        try container.encode(dataType, forKey: .datatype)
        try container.encode(isRequired, forKey: .required)
        try container.encodeNil(forKey: .datatypeDescription)
        try container.encode(order, forKey: .order)
        try container.encode(description, forKey: .description)
        if !values.isEmpty { try container.encode(NamedList("value", values), forKey: .values) }
    }
}
