import Foundation
import LiandongNode

/// One polygon of a GeoJSON file (RFC 7946), alone, as a feature, or as a collection's only feature.
struct BoundaryFile {
    /// Longitude, latitude pairs; the first corner is not repeated at the end.
    let ring: [Double]

    init(_ path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw NodeError(.notFound, "cannot read \(path)")
        }
        let object: Object
        do { object = try JSONDecoder().decode(Object.self, from: data) } catch {
            throw NodeError(.usage, "\(path) is no GeoJSON polygon: \(error)")
        }
        let rings = try BoundaryFile.rings(of: object, path)
        guard let outer = rings.first, rings.count == 1 else {
            throw NodeError(.usage, "\(path): the polygon has \(rings.count) rings; one ring, without holes, is needed")
        }
        var corners = try outer.map { position in
            guard position.count >= 2 else {
                throw NodeError(
                    .usage,
                    "\(path): a corner has \(position.count) numbers; longitude and latitude are needed"
                )
            }
            return [position[0], position[1]]
        }
        // A GeoJSON ring ends where it begins.
        if corners.count > 1, corners.first == corners.last { corners.removeLast() }
        ring = corners.flatMap { $0 }
    }

    private static func rings(of object: Object, _ path: String) throws -> [[[Double]]] {
        switch object.type {
        case "Polygon": return object.coordinates ?? []
        case "Feature":
            guard let geometry = object.geometry else { break }
            return try rings(of: geometry, path)
        case "FeatureCollection":
            guard let features = object.features, let only = features.first, features.count == 1 else {
                throw NodeError(.usage, "\(path) has \(object.features?.count ?? 0) features; exactly one is needed")
            }
            return try rings(of: only, path)
        default: break
        }
        throw NodeError(.usage, "\(path): \(object.type) is no polygon; a Polygon, or a feature of one, is needed")
    }

    /// What is read of a GeoJSON object.
    private final class Object: Decodable {
        let type: String
        let coordinates: [[[Double]]]?
        let geometry: Object?
        let features: [Object]?

        private enum CodingKeys: CodingKey { case type, coordinates, geometry, features }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            type = try container.decode(String.self, forKey: .type)
            // Other geometries nest their numbers otherwise; they are refused by their type.
            coordinates = type == "Polygon" ? try container.decode([[[Double]]].self, forKey: .coordinates) : nil
            geometry = try container.decodeIfPresent(Object.self, forKey: .geometry)
            features = try container.decodeIfPresent([Object].self, forKey: .features)
        }
    }
}
