package import LiandongDomain

/// The answer to GET Service List.
package struct ServiceList: GeoReportDocument {
    package static let rootElement = "services"
    package let services: [Entry]

    /// One service that can be requested.
    package struct Entry: Sendable, Hashable {
        package let code: String
        package let name: String
        package let description: String
        package let hasMetadata: Bool
        package let keywords: [String]
        package let group: String
    }

    package init(_ catalogue: ServiceCatalogue, in language: Language) {
        self.services = catalogue.services.map { service in
            Entry(
                code: service.code,
                name: service.name[language],
                description: service.description[language],
                hasMetadata: service.hasMetadata,
                keywords: service.keywords,
                group: service.group[language]
            )
        }
    }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("service", services).encode(to: encoder)
    }
}

extension ServiceList.Entry: Encodable {
    private enum CodingKeys: String, CodingKey {
        case code = "service_code"
        case name = "service_name"
        case description, metadata, type, keywords, group
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(name, forKey: .name)
        try container.encode(description, forKey: .description)
        try container.encode(hasMetadata, forKey: .metadata)
        // A number is given at once, whatever links are down.
        try container.encode("realtime", forKey: .type)
        try container.encode(keywords.joined(separator: ", "), forKey: .keywords)
        try container.encode(group, forKey: .group)
    }
}
