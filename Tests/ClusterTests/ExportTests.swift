import Foundation
import Testing

/// What a real node wrote, checked by another implementation.
@Suite("Export", .serialized, .timeLimit(.minutes(5)))
struct ExportTests {
    @Test("The second implementation verifies the chain and every delta that a node holds")
    func verifies() async throws {
        try await Cluster.with("demo") { cluster in
            let district = "441202000000"
            let places = await cluster.nodes.keys.sorted()
            for (index, place) in places.enumerated() {
                let other = places[(index + 3) % places.count]
                let answer = try await cluster.run(
                    place,
                    ["submit"],
                    ["--service", "0303", "--place", other, "--text", "路灯不亮", "--name", "张三", "--phone", "13900000000"]
                )
                #expect(answer.status == 0, "\(answer.errors)")
            }
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let file = folder.url.appending(component: "export").path
            let script = Liandong.repository.appending(path: "Tests/Protocol/verify_deltas.py").path
            let proto = Liandong.repository.appending(path: "docs/protocol").path
            let isVerified = try await eventually(within: .seconds(30), every: .seconds(1)) {
                let export = try await cluster.run(district, ["export", file])
                try #require(export.status == 0, "\(export.errors)")
                let verdict = try await Liandong.run(
                    URL(filePath: "/usr/bin/python3"),
                    [script, "--proto", proto, file]
                )
                try #require(verdict.status == 0, "\(verdict.errors)")
                // The district is entitled to every order.
                return try verdict.json()["creations"] as? Int == places.count
            }
            #expect(isVerified)
        }
    }
}
