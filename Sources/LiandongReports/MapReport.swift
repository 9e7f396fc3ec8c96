package import LiandongCore

/// Places, orders and alarms as GeoJSON: `liandong.map/1`.
///
/// - SeeAlso: RFC 7946: coordinates are longitude, latitude.
package struct MapReport: Codable, Sendable {
    package var type = "FeatureCollection"
    package var schema = "liandong.map/1"
    package let asOf: String
    /// There are more open orders than these.
    package let more: Bool
    package let features: [Feature]

    package struct Feature: Codable, Sendable {
        package var type = "Feature"
        package let geometry: Geometry
        package let properties: Properties
    }

    package enum Geometry: Codable, Sendable {
        case point(longitude: Double, latitude: Double)
        /// One closed ring of positions.
        case polygon([[Double]])

        private enum Key: String, CodingKey { case type, coordinates }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            switch self {
            case .point(let longitude, let latitude):
                try container.encode("Point", forKey: .type)
                try container.encode([longitude, latitude], forKey: .coordinates)
            case .polygon(let ring):
                try container.encode("Polygon", forKey: .type)
                try container.encode([ring], forKey: .coordinates)
            }
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            if try container.decode(String.self, forKey: .type) == "Polygon" {
                self = .polygon(try container.decode([[[Double]]].self, forKey: .coordinates).first ?? [])
                return
            }
            let position = try container.decode([Double].self, forKey: .coordinates)
            guard position.count == 2 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .coordinates,
                    in: container,
                    debugDescription: "a position of \(position.count) numbers"
                )
            }
            self = .point(longitude: position[0], latitude: position[1])
        }
    }

    package struct Properties: Codable, Sendable {
        /// place, order or alarm.
        package let kind: String
        /// The code, number or record.
        package let id: String
        /// Its name; of an order the service's code, of an alarm its type.
        package let title: String
        /// Of an order, by its word.
        package var state: String?
        package var overdue: Bool?
        package var severity: String?
        package var tier: String?
    }
}

extension MapReport {
    /// What has no location or boundary is left out.
    ///
    /// - Parameter areMore: whether there are more open orders than these.
    package init(
        _ orders: [OrdersReport.Row],
        areMore: Bool,
        _ alarms: [AlarmReport],
        _ places: [Place],
        at now: Instant
    ) {
        self.asOf = now.iso8601
        self.more = areMore
        self.features =
            places.compactMap(Feature.init(place:)) + orders.compactMap(Feature.init(order:))
            + alarms.compactMap(Feature.init(alarm:))
    }
}

extension MapReport.Feature {
    fileprivate init?(place: Place) {
        let pairs = place.boundary
        var ring = stride(from: 0, to: pairs.count - 1, by: 2).map { [pairs[$0], pairs[$0 + 1]] }
        guard ring.count >= 3, let first = ring.first, let last = ring.last else { return nil }
        if first != last { ring.append(first) }
        self.geometry = .polygon(ring)
        self.properties = .init(kind: "place", id: place.code, title: place.name, tier: place.tier.name)
    }

    fileprivate init?(order: OrdersReport.Row) {
        guard let latitude = order.latitude, let longitude = order.longitude else { return nil }
        self.geometry = .point(longitude: longitude, latitude: latitude)
        self.properties = .init(
            kind: "order",
            id: order.number,
            title: order.service,
            state: order.status,
            overdue: order.overdue
        )
    }

    fileprivate init?(alarm: AlarmReport) {
        guard let latitude = alarm.latitude, let longitude = alarm.longitude else { return nil }
        self.geometry = .point(longitude: longitude, latitude: latitude)
        self.properties = .init(
            kind: "alarm",
            id: alarm.record,
            title: alarm.type,
            state: alarm.status,
            severity: alarm.severity
        )
    }
}
