import Foundation
import Testing

/// What is erased, on real nodes: one of them away, one put back from a backup.
@Suite("Erasure", .serialized, .timeLimit(.minutes(5)))
struct ErasureClusterTests {
    private let district = "441202000000"
    private let street = "441202001000"
    private let community = "441202001001"
    /// A community of another street: the order is for it, so five nodes hold it.
    private let other = "441202003001"

    private let text = "ZQXTEXT1", name = "ZQXNAME1", phone = "ZQXPHONE1", resident = "ZQXRESIDENT1"
    private let home = "ZQXHOME1", note = "ZQXNOTE1"
    private var marks: [String] { [text, name, phone, resident, home, note] }

    @Test("Erasing reaches every node, lists who is late, and leaves no byte; not even a backup brings it back")
    func everywhere() async throws {
        try await Cluster.with("demo") { cluster in
            let number = try await submit(cluster)
            let registered = try await cluster.run(
                community,
                ["resident", "add"],
                ["--name", resident, "--address", home]
            )
            let id = registered.output.trimmingCharacters(in: .whitespacesAndNewlines)
            try #require(registered.status == 0 && !id.isEmpty, "\(registered.errors)")
            let isHeld = try await eventually {
                for place in [district, street, other] where try await !shows(cluster, place, number) { return false }
                return try await cluster.run(street, ["resident", "show", id]).output.contains(resident)
            }
            try #require(isHeld)

            let backup = try TemporaryFolder()
            defer { backup.remove() }
            try await cluster.end(street)
            let copy = backup.url.appending(component: "copy").path
            let data = try await cluster.node(street).data
            // A socket is no file to copy.
            try? FileManager.default.removeItem(atPath: data + "/admin.sock")
            try FileManager.default.copyItem(atPath: data, toPath: copy)
            try await cluster.restart(street)
            try await cluster.end(other)
            let isThere = try await Set(found(cluster, other))
            #expect(isThere.isSuperset(of: [text, note]))

            // Asking what would go changes nothing.
            let asked = try await erase(cluster, ["order", "erase", number], ["--dry-run"])
            for field in ["description", "requester", "texts and names in the log"] {
                #expect(asked.output.contains(field), "\(asked.output)")
            }
            #expect(!marks.contains { asked.output.contains($0) })
            #expect(try await shows(cluster, community, number))

            for command in [["order", "erase", number], ["resident", "erase", id]] {
                let done = try await erase(cluster, command)
                #expect(done.status == 0, "\(done.errors)")
            }
            let again = try await erase(cluster, ["order", "erase", number])
            #expect(again.status == 0 && again.output.contains("was erased on"))

            let isWaiting = try await eventually {
                let order = try await late(cluster, number)
                return order.status == 7 && order.late == [other]
            }
            #expect(isWaiting, "only the node that is away is late")
            #expect(try await eventually { try await late(cluster, id) == Late(status: 0, late: []) })
            for place in await cluster.nodes.keys.sorted() where place != other {
                #expect(try await found(cluster, place).isEmpty, "\(place)")
            }

            // Back with the bytes, it loses them.
            try await cluster.restart(other)
            #expect(try await eventually { try await late(cluster, number) == Late(status: 0, late: []) })
            #expect(try await found(cluster, other).isEmpty)
            let shown = try await cluster.run(other, ["order", "show", number])
            #expect(shown.output.contains("erased  on") && shown.output.contains("accept"), "\(shown.output)")

            // An older data directory is clean before it is served.
            try await cluster.end(street)
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.copyItem(atPath: copy, toPath: data)
            #expect(try await !found(cluster, street).isEmpty)
            try await cluster.restart(street)
            #expect(try await !cluster.run(street, ["resident", "show", id]).output.contains(resident))
            #expect(try await eventually { try await found(cluster, street).isEmpty })
            #expect(try await eventually { try await late(cluster, id) == Late(status: 0, late: []) })

            // Neither is anything left beside the data, in logs say.
            let folder = URL(filePath: data).deletingLastPathComponent()
            #expect(try found(in: folder).isEmpty)
        }
    }

    // MARK: -

    private func submit(_ cluster: Cluster) async throws -> String {
        let submitted = try await cluster.run(
            community,
            ["submit"],
            ["--service", "0101", "--place", other, "--text", text, "--name", name, "--phone", phone]
        )
        let number = try #require(submitted.output.split(separator: " ").first.map(String.init), "\(submitted.errors)")
        let accepted = try await cluster.run(community, ["order", "accept", number], ["--text", note])
        try #require(accepted.status == 0, "\(accepted.errors)")
        return number
    }

    private func erase(
        _ cluster: Cluster,
        _ command: [String],
        _ rest: [String] = []
    ) async throws -> Liandong.Output {
        try await cluster.run(community, command, ["--reason", "consent-withdrawn"] + rest)
    }

    private func shows(_ cluster: Cluster, _ place: String, _ number: String) async throws -> Bool {
        let output = try await cluster.run(place, ["order", "show", number]).output
        return output.contains(text) && output.contains(note)
    }

    private struct Late: Equatable {
        let status: Int32
        /// By place code.
        let late: [String]
    }

    /// What the eraser's node says of one record.
    private func late(_ cluster: Cluster, _ record: String) async throws -> Late {
        let output = try await cluster.run(community, ["erasures", record], ["--json"])
        let rows = try output.json()["erasures"] as? [[String: Any]] ?? []
        let late = rows.flatMap { $0["late"] as? [[String: Any]] ?? [] }
        return Late(status: output.status, late: late.compactMap { $0["place_code"] as? String })
    }

    /// Which of the marks stand in the files of a place's node.
    private func found(_ cluster: Cluster, _ place: String) async throws -> [String] {
        try found(in: URL(filePath: try await cluster.node(place).data))
    }

    private func found(in folder: URL) throws -> [String] {
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files {
            // A socket, or a file that was renamed meanwhile, cannot be read.
            guard let data = try? Data(contentsOf: file) else { continue }
            for mark in marks where data.range(of: Data(mark.utf8)) != nil { found.insert(mark) }
        }
        return found.sorted()
    }
}
