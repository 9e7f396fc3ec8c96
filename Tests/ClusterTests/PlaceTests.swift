import Foundation
import Testing

/// Grids and boundaries, from the district's signer to where a resident's words land.
@Suite("Places", .serialized, .timeLimit(.minutes(5)))
struct PlaceTests {
    private let district = "441202000000"
    private let grid = "441202001001001"
    private let community = "441202001001"
    /// A community of another street.
    private let elsewhere = "441202003001"

    @Test("A grid and a boundary of the district are known to all: a request made elsewhere lands where it belongs")
    func resolves() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let square = try polygon(
                folder,
                "square",
                [[112.40, 23.00], [112.50, 23.00], [112.50, 23.10], [112.40, 23.10]]
            )
            // The grid is the square's south-west quarter.
            let quarter = try polygon(
                folder,
                "grid",
                [[112.40, 23.00], [112.45, 23.00], [112.45, 23.05], [112.40, 23.05]]
            )
            let added = try await cluster.run(
                district,
                ["grid", "add"],
                ["--code", grid, "--name", "包公第一网格", "--boundary", quarter]
            )
            #expect(added.status == 0, "\(added.errors)")
            let bounded = try await cluster.run(district, ["place", "boundary", community, square])
            let top = try await cluster.run(district, ["place", "rename", "441202000000", "端州"])
            #expect(top.status == 0, "the district itself has a name as well")
            #expect(bounded.status == 0, "\(bounded.errors)")
            let renamed = try await cluster.run(district, ["place", "rename", grid, "包公第二网格"])
            #expect(renamed.status == 0, "\(renamed.errors)")

            let arrived = try await eventually {
                let rows = try await places(cluster, at: elsewhere)
                return rows[grid]?["name"] as? String == "包公第二网格" && rows[grid]?["parent"] as? String == community
                    && (rows[community]?["boundary"] as? [Double])?.count == 8
            }
            #expect(arrived, "another community's node has the grid and the boundary")

            let coded = try await post(cluster, [("address_id", grid)])
            #expect(coded.place == grid)
            let located = try await post(cluster, [("lat", "23.02"), ("long", "112.42")])
            #expect(located.place == grid, "the lowest place that holds the point counts")
            let beside = try await post(cluster, [("lat", "23.08"), ("long", "112.48")])
            #expect(beside.place == community)
            let outside = try await post(cluster, [("lat", "23.20"), ("long", "112.48")])
            #expect(outside.place == elsewhere, "outside every boundary the accepting node stays responsible")
            let landed = try await eventually {
                for number in [coded.number, located.number, beside.number]
                where try await cluster.run(community, ["order", "show", number]).status != 0 { return false }
                return true
            }
            #expect(landed, "the community has what is for it and its grid")
            #expect(try await cluster.run(community, ["order", "show", outside.number]).status == 5)

            // A grid has no node: its community answers for it.
            let offered = try await cluster.run(
                elsewhere,
                ["submit"],
                ["--service", "0303", "--place", grid, "--text", "路灯不亮", "--json"]
            )
            #expect(try offered.json()["offered_to"] as? String == community)
        }
    }

    @Test("Only the signer changes places, and what it cannot take is refused with value and bound")
    func refuses() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let add = { (place: String, code: String, rest: [String]) in
                try await cluster.run(place, ["grid", "add"], ["--code", code, "--name", "网格"] + rest)
            }
            let elsewhere = try await add(community, grid, [])
            #expect(elsewhere.status == 77)
            #expect(elsewhere.errors.contains("duanzhou"), "it names the node that can: \(elsewhere.errors)")
            let triangle = try polygon(folder, "triangle", [[112.40, 23.00], [112.50, 23.00], [112.50, 23.10]])
            for command in [["place", "rename", community, "x"], ["place", "boundary", community, triangle]] {
                let answer = try await cluster.run(community, command)
                #expect(answer.status == 77, "\(command): \(answer.errors)")
            }

            let short = try await add(district, "4412020010", [])
            #expect(short.status == 64 && short.errors.contains("15 digits"), "\(short.errors)")
            let orphan = try await add(district, "441202009009001", [])
            #expect(orphan.status == 5 && orphan.errors.contains("441202009009"), "\(orphan.errors)")
            #expect(try await add(district, grid, []).status == 0)
            let second = try await add(district, grid, [])
            #expect(second.status == 6 && second.errors.contains(grid), "\(second.errors)")
            let beneath = try await add(district, "441202001001002", ["--parent", grid])
            #expect(beneath.status == 6 && beneath.errors.contains("grid"), "\(beneath.errors)")

            let line = try polygon(folder, "line", [[112.40, 23.00], [112.50, 23.00]])
            let flat = try await cluster.run(district, ["place", "boundary", community, line])
            #expect(flat.status == 64 && flat.errors.contains("2 corners"), "\(flat.errors)")
            let swapped = try polygon(folder, "swapped", [[23.0, 112.4], [23.0, 112.5], [23.1, 112.5]])
            let foreign = try await cluster.run(district, ["place", "boundary", community, swapped])
            #expect(foreign.status == 64 && foreign.errors.contains("112.4"), "\(foreign.errors)")
            let unknown = try await cluster.run(district, ["place", "rename", "441202009009", "x"])
            #expect(unknown.status == 5, "\(unknown.errors)")
            let rows = try await places(cluster, at: district)
            #expect((rows[community]?["boundary"] as? [Double])?.isEmpty == true, "nothing that was refused is kept")
        }
    }

    @Test("A dry run of a move tells who gains and who loses what; the move brings it about, and only the signer moves")
    func moves() async throws {
        try await Cluster.with("demo") { cluster in
            let (before, after) = ("441202003000", "441202001000")
            let made = try await cluster.run(
                elsewhere,
                ["submit"],
                ["--service", "0303", "--place", elsewhere, "--text", "路灯不亮"]
            )
            let number = try #require(made.output.split(separator: " ").first.map(String.init))
            let arrived = try await eventually {
                try await cluster.run(district, ["order", "show", number]).status == 0
            }
            #expect(arrived)
            let move = ["place", "move", elsewhere, "--parent", after]
            let told = try await cluster.run(district, move, ["--dry-run", "--json"]).json()
            #expect(told["schema"] as? String == "liandong.move/1" && told["is_moved"] as? Bool == false)
            let nodes = try #require(told["nodes"] as? [[String: Any]])
            #expect(nodes.compactMap { $0["place_code"] as? String }.sorted() == [after, before])
            for node in nodes {
                let gains = try #require(node["gains"] as? [[String: Any]])
                let loses = try #require(node["loses"] as? [[String: Any]])
                let isNew = node["place_code"] as? String == after
                let change = try #require((isNew ? gains : loses).first)
                #expect(gains.count + loses.count == 1)
                #expect(change["records"] as? Int == 1 && change["audience"] as? [String] == [elsewhere])
            }
            #expect(try await cluster.run(after, ["order", "show", number]).status == 5, "nothing has moved")
            #expect(try await cluster.run(community, move).status == 77)
            #expect(try await cluster.run(district, ["place", "move", elsewhere, "--parent", community]).status == 6)
            #expect(try await cluster.run(district, ["place", "move", district, "--parent", after]).status == 6)

            let moved = try await cluster.run(district, move)
            #expect(moved.status == 0 && moved.output.contains("was moved"), "\(moved.errors)")
            let gained = try await eventually {
                try await cluster.run(after, ["order", "show", number]).status == 0
            }
            #expect(gained, "the new street has what the community had")
            #expect(try await cluster.run(district, move).status == 6, "it lies there already")
        }
    }

    // MARK: -

    /// A GeoJSON feature in a file; its ring is closed as the format has it.
    private func polygon(_ folder: TemporaryFolder, _ name: String, _ corners: [[Double]]) throws -> String {
        let geometry: [String: Any] = ["type": "Polygon", "coordinates": [corners + corners.prefix(1)]]
        let feature: [String: Any] = ["type": "Feature", "properties": [String: Any](), "geometry": geometry]
        let file = folder.url.appending(component: "\(name).geojson")
        try JSONSerialization.data(withJSONObject: feature).write(to: file)
        return file.path
    }

    /// The rows of `place list`, by code.
    private func places(_ cluster: Cluster, at place: String) async throws -> [String: [String: Any]] {
        let report = try await cluster.run(place, ["place", "list"], ["--json"]).json()
        let rows = report["places"] as? [[String: Any]] ?? []
        return Dictionary(rows.map { ($0["code"] as? String ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Posts a request at the other community; its number, and the place that it is said to belong to.
    private func post(
        _ cluster: Cluster,
        _ form: [(String, String)]
    ) async throws -> (number: String, place: String?) {
        let http = try await cluster.node(elsewhere).http
        let answer = try await HTTP.post(
            http.appending(path: "open311/v2/requests.json"),
            form + [("service_code", "0303"), ("description", "路灯不亮")]
        )
        guard answer.status == 201 || answer.status == 200 else {
            throw Liandong.Unexpected("\(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
        }
        let list = try JSONSerialization.jsonObject(with: answer.body) as? [[String: Any]]
        let number = try #require(list?.first?["service_request_id"] as? String)
        let shown = try await cluster.run(elsewhere, ["order", "show", number], ["--json"]).json()
        return (number, (shown["place"] as? [String: Any])?["code"] as? String)
    }
}
