package import LiandongCore
package import LiandongDomain

/// One service of the catalogue.
package struct ServiceReport: Codable, Sendable {
    package let code: String
    package let name: Words
    package let group: Words
    package let description: Words
    package let keywords: [String]
    /// immediate, urgent, normal, complex.
    package let deadline: String
    package let attributes: [Attribute]

    /// A text in the languages of the pages.
    package struct Words: Codable, Sendable {
        package let zh: String
        package let en: String
    }

    /// A question of the service's definition.
    package struct Attribute: Codable, Sendable {
        package let code: String
        package let dataType: String
        package let required: Bool
        package let description: Words
        /// What can be answered, for the two kinds of list.
        package let values: [Choice]
    }

    package struct Choice: Codable, Sendable {
        package let key: String
        package let name: Words
    }
}

extension ServiceReport {
    package init(_ service: Service) {
        self.code = service.code
        self.name = Words(service.name)
        self.group = Words(service.group)
        self.description = Words(service.description)
        self.keywords = service.keywords
        self.deadline = service.deadline.rawValue
        self.attributes = service.attributes.map { attribute in
            Attribute(
                code: attribute.code,
                dataType: attribute.dataType.rawValue,
                required: attribute.isRequired,
                description: Words(attribute.description),
                values: attribute.values.map { Choice(key: $0.key, name: Words($0.name)) }
            )
        }
    }
}

extension ServiceReport.Words {
    package init(_ text: Localized) {
        self.zh = text.zh
        self.en = text.en
    }
}

/// The catalogue: `liandong.services/1`.
package struct ServicesReport: Codable, Sendable {
    package var schema = "liandong.services/1"
    package let asOf: String
    package let services: [ServiceReport]

    package init(_ catalogue: ServiceCatalogue, at now: Instant) {
        self.asOf = now.iso8601
        self.services = catalogue.services.map(ServiceReport.init)
    }
}
