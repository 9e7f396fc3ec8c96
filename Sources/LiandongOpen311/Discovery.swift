package import LiandongCore

/// The answer to GET Service Discovery: where a jurisdiction is served, and in which formats.
package struct Discovery: GeoReportDocument {
    package static let rootElement = "discovery"

    /// When the endpoints last changed.
    package let changeset: Instant
    /// How to reach the people who run it.
    package let contact: String
    /// How to get a key; none is asked for.
    package let keyService: String
    /// The base addresses of GeoReport v2.
    package let endpoints: [String]

    package init(changeset: Instant, contact: String, keyService: String, endpoints: [String]) {
        self.changeset = changeset
        self.contact = contact
        self.keyService = keyService
        self.endpoints = endpoints
    }

    private enum CodingKeys: String, CodingKey {
        case changeset, contact
        case keyService = "key_service"
        case endpoints
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(GeoReportTime.text(changeset), forKey: .changeset)
        try container.encode(contact, forKey: .contact)
        try container.encode(keyService, forKey: .keyService)
        let entries = endpoints.map { Endpoint(url: $0, changeset: GeoReportTime.text(changeset)) }
        try container.encode(NamedList("endpoint", entries), forKey: .endpoints)
    }

    private struct Endpoint: Encodable {
        let specification = "http://wiki.open311.org/GeoReport_v2"
        let url: String
        let changeset: String
        let type = "production"
        let formats = NamedList("format", ["text/xml", "application/json"])
    }
}
