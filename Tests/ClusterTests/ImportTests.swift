import Foundation
import Testing

/// `liandong import requests` of real rows at a real node.
@Suite("Import", .serialized, .timeLimit(.minutes(5)))
struct ImportTests {
    private let district = "441202000000"
    private let community = "441202001001"

    @Test("Every row is taken once: a dry run writes nothing, a second import adds nothing, and rows reach their place")
    func importsOnce() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let map = try write(map(), folder, "map.yaml")
            let file = try write(try slice(rows: 40), folder, "requests.csv")

            let rehearsed = try await imports(cluster, file, map, ["--dry-run"])
            #expect(rehearsed.status == 0, "\(rehearsed.errors)")
            #expect(try counts(rehearsed) == Counts(imported: 40, known: 0, errors: 0))
            #expect(try await orders(cluster, at: district).isEmpty, "a dry run writes nothing")

            let first = try await imports(cluster, file, map)
            #expect(first.status == 0, "\(first.errors)")
            #expect(try counts(first) == Counts(imported: 40, known: 0, errors: 0))
            let second = try await imports(cluster, file, map)
            #expect(second.status == 0, "\(second.errors)")
            #expect(try counts(second) == Counts(imported: 0, known: 40, errors: 0))
            let rehearsedAgain = try await imports(cluster, file, map, ["--dry-run"])
            #expect(try counts(rehearsedAgain) == Counts(imported: 0, known: 40, errors: 0))

            let held = try await orders(cluster, at: district)
            #expect(held.count == 40)
            let real = try #require(held.first { ($0["text"] as? String)?.contains("Loud Music/Party") == true })
            #expect(real["status"] as? String == "closed", "what had ended stays ended")
            let arrived = try await eventually { try await orders(cluster, at: community).count == 40 }
            #expect(arrived, "the rows are for the community, and reach it")
            let number = try #require(held.first?["number"] as? String)
            let shown = try await cluster.run(community, ["order", "show", number], ["--json"]).json()
            let reference = try #require((shown["references"] as? [[String: String]])?.first)
            #expect(reference["system"] == "nyc311")
        }
    }

    @Test(
        "A row that cannot be taken is listed with row, column, value and bound; the others are taken, and it exits 7"
    )
    func badRows() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let long = String(repeating: "x", count: 4_001)
            let bad: [(column: String, value: String, bound: String, row: String)] = [
                ("Unique Key", "", "empty", row(key: "")),
                ("Kind", "kite", "gives no service", row(key: "2", kind: "kite")),
                ("Board", "atlantis", "441202999999", row(key: "3", board: "atlantis")),
                ("Created Date", "2018-06-26", "MM/dd/yyyy hh:mm:ss a", row(key: "4", created: "2018-06-26")),
                ("Latitude", "95.5", "-90 to 90", row(key: "5", latitude: "95.5")),
                ("Longitude", "west", "-180 to 180", row(key: "6", longitude: "west")),
                ("Longitude", "", "without a longitude", row(key: "7", longitude: "")),
                ("Descriptor", "xxx", "at most 4000", row(key: "8", text: long)),
                ("Descriptor", "", "says nothing", row(key: "9", text: "")),
            ]
            let lines = [header, row(key: "1")] + bad.map(\.row) + [row(key: "10"), row(key: "1")]
            let file = try write("\u{FEFF}" + lines.joined(separator: "\n") + "\n", folder, "bad.csv")
            let map = try write(badMap, folder, "map.yaml")
            for dryRun in [["--dry-run"], []] {
                let answer = try await imports(cluster, file, map, dryRun)
                #expect(answer.status == 7, "\(answer.errors)")
                #expect(try counts(answer) == Counts(imported: 2, known: 1, errors: bad.count))
                let errors = try answer.json()["errors"] as? [[String: Any]] ?? []
                for (index, (error, expected)) in zip(errors, bad).enumerated() {
                    #expect(error["row"] as? Int == index + 3)
                    #expect(error["column"] as? String == expected.column)
                    #expect((error["value"] as? String)?.hasPrefix(expected.value) == true, "\(error)")
                    #expect((error["reason"] as? String)?.contains(expected.bound) == true, "\(error)")
                }
            }
            #expect(try await orders(cluster, at: district).count == 2)
        }
    }

    @Test("A map or a file that does not fit is told before any row is taken")
    func unfit() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let file = try write([header, row(key: "1")].joined(separator: "\n"), folder, "rows.csv")
            let misspelt = try write(
                badMap.replacingOccurrences(of: "Longitude", with: "Lengthitude"),
                folder,
                "misspelt.yaml"
            )
            let column = try await imports(cluster, file, misspelt)
            #expect(column.status == 64 && column.errors.contains("Lengthitude"), "\(column.errors)")
            let map = try write(badMap, folder, "map.yaml")
            let absent = try await imports(cluster, folder.url.appending(component: "none.csv").path, map)
            #expect(absent.status == 5, "\(absent.errors)")
            let binary = folder.url.appending(component: "gbk.csv")
            try Data([0xC2, 0xB7, 0xB5, 0xC6, 0xFF, 0x0A]).write(to: binary)
            let foreign = try await imports(cluster, binary.path, map)
            #expect(foreign.status == 64 && foreign.errors.contains("UTF-8"), "\(foreign.errors)")
            #expect(try await orders(cluster, at: district).isEmpty)
        }
    }

    // MARK: -

    private struct Counts: Equatable {
        let imported: Int
        let known: Int
        let errors: Int
    }

    private func counts(_ output: Liandong.Output) throws -> Counts {
        let report = try output.json()
        return Counts(
            imported: try #require(report["imported"] as? Int),
            known: try #require(report["known"] as? Int),
            errors: (report["errors"] as? [Any])?.count ?? 0
        )
    }

    private func imports(
        _ cluster: Cluster,
        _ file: String,
        _ map: String,
        _ rest: [String] = []
    ) async throws -> Liandong.Output {
        try await cluster.run(district, ["import", "requests", file, "--map", map], ["--json"] + rest)
    }

    private func orders(_ cluster: Cluster, at place: String) async throws -> [[String: Any]] {
        try await cluster.run(place, ["order", "list"], ["--json"]).json()["orders"] as? [[String: Any]] ?? []
    }

    private func write(_ text: String, _ folder: TemporaryFolder, _ name: String) throws -> String {
        let file = folder.url.appending(component: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// The first rows of the city's real file; none of them spans lines.
    private func slice(rows: Int) throws -> String {
        let file = Liandong.repository.appending(path: "Tests/Data/nyc311-requests.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
        return lines.prefix(rows + 1).joined(separator: "\n") + "\n"
    }

    private func map() -> String {
        """
        system: nyc311
        identifier: Unique Key
        service: { column: Complaint Type, values: { "Street Condition": "0301" }, otherwise: "0201" }
        place: { column: Community Board, values: {}, otherwise: "\(community)" }
        text: [Complaint Type, Descriptor]
        address: Incident Address
        latitude: Latitude
        longitude: Longitude
        requested: { column: Created Date, format: "MM/dd/yyyy hh:mm:ss a", zone: America/New_York }
        closed: { column: Closed Date, format: "MM/dd/yyyy hh:mm:ss a", zone: America/New_York }
        outcome: Resolution Description
        """
    }

    private let header = "Unique Key,Kind,Board,Descriptor,Created Date,Latitude,Longitude"

    private func row(
        key: String,
        kind: String = "lamp",
        board: String = "here",
        text: String = "dark",
        created: String = "06/26/2018 10:58:54 AM",
        latitude: String = "23.05",
        longitude: String = "112.46"
    ) -> String {
        [key, kind, board, text, created, latitude, longitude].joined(separator: ",")
    }

    private var badMap: String {
        """
        system: made-up
        identifier: Unique Key
        service: { column: Kind, values: { "lamp": "0303" } }
        place: { column: Board, values: { "here": "\(district)", "atlantis": "441202999999" } }
        text: [Descriptor]
        latitude: Latitude
        longitude: Longitude
        requested: { column: Created Date, format: "MM/dd/yyyy hh:mm:ss a", zone: America/New_York }
        """
    }
}
