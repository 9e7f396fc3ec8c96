import Foundation
import Testing

/// `liandong order amend` between real nodes.
@Suite("Amending", .serialized, .timeLimit(.minutes(5)))
struct AmendTests {
    private let community = "441202001001"
    private let street = "441202001000"
    private let stranger = "441202003001"

    @Test("What is amended at the holder is read above it; what is not named stays; others may not, and nothing is 6")
    func amends() async throws {
        try await Cluster.with("demo") { cluster in
            let made = try await cluster.run(
                community,
                ["submit"],
                [
                    "--service", "0303", "--place", community, "--text", "路灯不亮", "--name", "王建国", "--phone",
                    "13800000000",
                ]
            )
            let number = try #require(made.output.split(separator: " ").first.map(String.init))
            let amended = try await cluster.run(
                community,
                ["order", "amend", number],
                [
                    "--address", "人民路 1 号", "--service", "0101", "--lat", "23.05", "--long", "112.46",
                    "--reference", "12345=GD-1",
                ]
            )
            #expect(amended.status == 0, "\(amended.errors)")
            #expect(amended.output.hasPrefix(number))

            let isRead = try await eventually {
                let shown = try await cluster.run(street, ["order", "show", number], ["--json"])
                guard shown.status == 0 else { return false }
                let order = try shown.json()
                return order["address"] as? String == "人民路 1 号" && order["service"] as? String == "0101"
                    && order["latitude"] as? Double == 23.05 && order["longitude"] as? Double == 112.46
                    && (order["references"] as? [[String: String]]) == [["system": "12345", "identifier": "GD-1"]]
                    && order["description"] as? String == "路灯不亮" && order["requester"] as? String == "王**"
            }
            #expect(isRead, "the street reads the new values beside those that stayed")

            let empty = try await cluster.run(community, ["order", "amend", number])
            #expect(empty.status == 6, "\(empty.errors)")
            #expect(empty.errors.contains("nothing is to be changed"))
            let unknownService = try await cluster.run(community, ["order", "amend", number], ["--service", "303"])
            #expect(unknownService.status == 5)
            #expect(unknownService.errors.contains("0303"), "\(unknownService.errors)")
            let half = try await cluster.run(community, ["order", "amend", number], ["--lat", "23.05"])
            #expect(half.status == 64, "\(half.errors)")
            let off = try await cluster.run(community, ["order", "amend", number], ["--lat", "95", "--long", "-200"])
            #expect(off.status == 64 && off.errors.contains("95.0"), "\(off.errors)")
            let nameAlone = try await cluster.run(community, ["order", "amend", number], ["--name", "李"])
            #expect(nameAlone.status == 64, "\(nameAlone.errors)")
            let elsewhere = try await cluster.run(stranger, ["order", "amend", number], ["--text", "x"])
            #expect(elsewhere.status == 5, "a node that does not hold it: \(elsewhere.errors)")
        }
    }
}
