import Foundation
import SwiftCSV
import Testing

/// The topology of `cluster/nyc.yaml` and the city's requests, known to the test by itself: no node is asked who should
/// hold what.
struct NewYork: Sendable {
    static let city = "360100000000"
    private static let boroughs = [
        "BRONX": "360100001", "BROOKLYN": "360100002", "MANHATTAN": "360100003", "QUEENS": "360100004",
        "STATEN ISLAND": "360100005",
    ]
    private static let boards = [
        "BRONX": ["03", "04"], "BROOKLYN": ["01", "06"], "MANHATTAN": ["11", "12"], "QUEENS": ["05", "07"],
        "STATEN ISLAND": ["01", "03"],
    ]

    /// Every place with a node, sorted.
    static let places: [String] = {
        var places = [city]
        for (borough, prefix) in boroughs {
            places.append(prefix + "000")
            places += (boards[borough] ?? []).map { prefix + "0" + $0 }
        }
        return places.sorted()
    }()

    /// The place and its ancestors: a street's code is its communities' with 000 at the end.
    static func line(_ place: String) -> Set<String> { [place, String(place.prefix(9)) + "000", city] }

    /// One real request.
    struct Request: Sendable {
        let key: String
        let complaint: String
        let description: String
        let address: String
        let latitude: String
        let longitude: String
        /// The place it is for.
        let place: String

        /// Where it belongs and does not: what the nodes are judged by.
        func entitled(acceptedAt place: String) -> Set<String> { line(place).union(line(self.place)) }

        var form: [(String, String)] {
            var form = [
                ("service_code", NewYork.service(complaint)), ("address_id", place),
                ("description", "\(key) \(complaint): \(description)"), ("address_string", address),
            ]
            if !latitude.isEmpty { form += [("lat", latitude), ("long", longitude)] }
            return form.filter { !$0.1.isEmpty }
        }
    }

    static func requests() throws -> [Request] {
        let file = Liandong.repository.appending(path: "Tests/Data/nyc311-requests.csv")
        let csv = try CSV<Named>(string: try String(contentsOf: file, encoding: .utf8))
        return try csv.rows.map { row in
            Request(
                key: try #require(row["Unique Key"]),
                complaint: row["Complaint Type"] ?? "",
                description: row["Descriptor"] ?? "",
                address: row["Incident Address"] ?? "",
                latitude: row["Latitude"] ?? "",
                longitude: row["Longitude"] ?? "",
                place: place(board: row["Community Board"] ?? "")
            )
        }
    }

    /// "12 MANHATTAN" is a board; of one without a node the borough answers, of "0 Unspecified" the city.
    private static func place(board: String) -> String {
        let parts = board.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, let prefix = boroughs[parts[1]] else { return city }
        return boards[parts[1]]?.contains(parts[0]) == true ? prefix + "0" + parts[0] : prefix + "000"
    }

    private static func service(_ complaint: String) -> String {
        let words: [(String, String)] = [
            ("Noise - Commercial", "0203"), ("Noise", "0201"), ("Parking", "0305"), ("Driveway", "0305"),
            ("Street Light", "0303"), ("Traffic Signal", "0304"), ("Street Condition", "0301"), ("HEAT", "0402"),
            ("Water", "0401"), ("Sewer", "0405"), ("Derelict", "0307"), ("Collection", "0101"),
            ("Sanitation", "0102"), ("Graffiti", "0104"), ("Tree", "0501"), ("ELECTRIC", "0403"),
            ("Construction", "0601"), ("Building", "0602"), ("Animal", "0704"), ("Food", "1001"),
        ]
        return words.first { complaint.contains($0.0) }?.1 ?? "9999"
    }
}
