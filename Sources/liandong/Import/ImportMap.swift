import Foundation
import LiandongNode
import Yams

/// Which column of a CSV file means what.
struct ImportMap: Decodable {
    /// Names the system that the rows come from.
    let system: String
    /// The column that names a row in that system.
    let identifier: String
    let service: Choice
    /// Without it a row's place is told by latitude and longitude, or is that of the node.
    let place: Choice?
    let text: [String]
    let address: String?
    let latitude: String?
    let longitude: String?
    let requested: Moment?
    let closed: Moment?
    let outcome: String?

    /// A value looked up by a column's content.
    struct Choice: Decodable {
        let column: String
        let values: [String: String]
        /// For any other content; without it such a row is an error.
        let otherwise: String?
    }

    /// A time in a column.
    struct Moment: Decodable {
        let column: String
        /// As in Unicode TS 35, such as `MM/dd/yyyy hh:mm:ss a`.
        let format: String
        /// Such as America/New_York.
        let zone: String
    }

    init(file: String) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw NodeError(.notFound, "cannot read \(file)")
        }
        do { self = try YAMLDecoder().decode(ImportMap.self, from: text) } catch {
            throw NodeError(.usage, "\(file) is no map: \(error)")
        }
        let limit = AdminRequest.Submission.Bounds.systemLimit
        guard (1...limit).contains(system.unicodeScalars.count) else {
            throw NodeError(
                .usage,
                "\(file): system has \(system.unicodeScalars.count) characters, 1 to \(limit) are allowed"
            )
        }
    }

    /// A misspelt column would otherwise read as empty in every row.
    func check(header: [String], of file: String) throws {
        let columns =
            [
                identifier, service.column, place?.column, address, latitude, longitude, requested?.column,
                closed?.column,
            ]
            .compactMap { $0 } + text + [outcome].compactMap { $0 }
        for column in columns where !header.contains(column) {
            throw NodeError(
                .usage,
                "the map names a column \"\(column)\", which \(file) has not; it has \(header.joined(separator: ", "))"
            )
        }
    }
}
