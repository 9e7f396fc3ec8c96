import Foundation
import Testing

/// A node whose data directory is put back to an older copy.
@Suite("A restored backup", .serialized, .timeLimit(.minutes(5)))
struct RestoreTests {
    private let district = "441202000000"

    private func submit(_ text: String, at place: String, in cluster: Cluster) async throws -> String {
        let arguments = ["--service", "0303", "--place", place, "--text", text]
        let made = try await cluster.run(place, ["submit"], arguments)
        guard made.status == 0 else { throw Liandong.Unexpected(made.errors) }
        return try #require(made.output.split(separator: " ").first.map(String.init))
    }

    @Test("Gets back by a pass what it and others wrote since, and verify says that all is equal")
    func restored() async throws {
        try await Cluster.with("demo") { cluster in
            // The community with a broker, as its data directory has the most in it.
            let place = "441202001001"
            let community = try await cluster.node(place)
            var numbers = [try await submit("before the backup", at: place, in: cluster)]
            try await cluster.end(place)
            let copy = URL(filePath: community.data + ".copy")
            let files = FileManager.default
            defer { try? files.removeItem(at: copy) }
            // A socket, the node's own or its broker's, is no file to copy.
            for name in try files.subpathsOfDirectory(atPath: community.data) where name.hasSuffix(".sock") {
                try files.removeItem(atPath: community.data + "/" + name)
            }
            try files.copyItem(at: URL(filePath: community.data), to: copy)
            try await cluster.restart(place)

            for index in 0..<5 { numbers.append(try await submit("lost \(index)", at: place, in: cluster)) }
            let known = numbers
            let isKnown = try await eventually(within: .seconds(30)) {
                for number in known {
                    let order = try await cluster.run(district, ["order", "show", number], ["--json"])
                    guard order.status == 0 else { return false }
                }
                return true
            }
            try #require(isKnown, "the district has all")

            try await cluster.end(place)
            try files.removeItem(at: URL(filePath: community.data))
            try files.copyItem(at: copy, to: URL(filePath: community.data))
            try await cluster.restart(place)

            let isBack = try await eventually(within: .seconds(60)) {
                for number in known {
                    let order = try await cluster.run(place, ["order", "show", number], ["--json"])
                    guard order.status == 0 else { return false }
                }
                return true
            }
            #expect(isBack, "what was lost is back")
            let metrics = try await HTTP.get(try await cluster.node(place).http.appending(path: "metrics"))
            let passes = String(decoding: metrics.body, as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix("liandong_passes_done_total ") }
            #expect(passes.map { !$0.hasSuffix(" 0") && !$0.hasSuffix(" 0.0") } == true, "\(passes ?? "")")

            let isEqual = try await eventually(within: .seconds(60), every: .seconds(1)) {
                let verify = try await cluster.run(place, ["verify"], ["--json"])
                let report = try verify.json()
                let peers = report["peers"] as? [[String: Any]] ?? []
                return verify.status == 0 && !peers.isEmpty
                    && peers.allSatisfy { $0["result"] as? String == "equal" }
                    && (report["checked"] as? NSNumber)?.intValue ?? 0 >= known.count
            }
            #expect(isEqual)
            let nobody = try await cluster.run(place, ["verify"], ["--peer", "nobody"])
            #expect(nobody.status == 5)
        }
    }
}
