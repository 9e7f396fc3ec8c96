package import LiandongCore
import LiandongDomain

/// One place in a report.
package struct PlaceReport: Codable, Sendable {
    package let code: String
    package let name: String

    package init(code: String, name: String) {
        self.code = code
        self.name = name
    }

    package init(_ id: PlaceID, _ authority: AuthorityState) {
        self.init(code: authority.code(of: id), name: authority.name(of: id))
    }

    /// - Parameter id: of who wrote something; nil where the chain does not know them.
    init(ofAuthor id: PlaceID?, _ authority: AuthorityState) {
        if let id { self.init(id, authority) } else { self.init(code: "", name: "unknown") }
    }
}

/// The places of the chain: `liandong.places/1`.
package struct PlacesReport: Codable, Sendable {
    package var schema = "liandong.places/1"
    package let asOf: String
    package let places: [Row]

    package struct Row: Codable, Sendable {
        package let code: String
        package let tier: String
        package let name: String
        /// The code of the place above it.
        package let parent: String?
        /// The names of the nodes that serve it.
        package let nodes: [String]
        /// Longitude, latitude pairs; empty when not known.
        package let boundary: [Double]
    }
}

extension PlacesReport {
    /// Sorted by code.
    package init(_ authority: AuthorityState, at now: Instant) {
        self.asOf = now.iso8601
        self.places = authority.places.values.sorted { ($0.code, $0.id) < ($1.code, $1.id) }.map { place in
            Row(
                code: place.code,
                tier: place.tier.name,
                name: place.name,
                parent: place.parent.map { authority.code(of: $0) },
                nodes: authority.nodes(of: place.id).compactMap { authority.nodes[$0]?.name },
                boundary: place.boundary
            )
        }
    }
}
