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

    @Test("Two who correct one field across a cut are both kept; the work list says so, and who has seen both chooses")
    func conflicts() async throws {
        try await Cluster.with("demo") { cluster in
            let made = try await cluster.run(
                community,
                ["submit"],
                ["--service", "0303", "--place", community, "--text", "路灯不亮"]
            )
            let number = try #require(made.output.split(separator: " ").first.map(String.init))
            let isAbove = try await eventually { try await show(number, at: street, in: cluster) != nil }
            try #require(isAbove)
            try await cluster.cut(community, street)
            for (place, address) in [(street, "人民路 2 号"), (community, "人民路 20 号")] {
                let amended = try await cluster.run(place, ["order", "amend", number], ["--address", address])
                try #require(amended.status == 0, "\(amended.errors)")
            }
            try await cluster.heal(community, street)
            for place in [community, street] {
                let isKept = try await eventually {
                    let order = try await show(number, at: place, in: cluster)
                    return order?["address"] as? String == "人民路 2 号" && versions(order).count == 2
                }
                #expect(isKept, "\(place) keeps both, and shows the street's")
            }

            let clerk = try await StaffClient.signedIn("anna", at: community, of: cluster)
            let chinese = clerk.fields.merging(["Accept-Language": "zh-CN"]) { $1 }
            let listed = try await clerk.client.ask("GET", "staff?view=disputed", chinese)
            #expect(listed.text.contains(number) && listed.text.contains("并行修改"))
            let page = try await clerk.client.ask("GET", "staff/orders/\(number)", clerk.fields)
            #expect(page.text.contains("人民路 2 号") && page.text.contains("人民路 20 号"))
            let own = try #require(versions(try await show(number, at: community, in: cluster)).last)
            #expect(page.text.contains("value=\"\(own)\""))
            let mediator = try await StaffClient.signedIn("mia", roles: ["mediator"], at: community, of: cluster)
            let read = try await mediator.client.ask("GET", "staff/orders/\(number)", mediator.fields)
            #expect(read.text.contains("人民路 20 号") && !read.text.contains("name=\"version\""))
            #expect(read.text.contains("clerk, grid_worker") && read.text.contains("name=\"act\""))
            let keeper = try await StaffClient.signedIn("otto", roles: ["operator"], at: community, of: cluster)
            let idle = try await keeper.client.ask("GET", "staff/orders/\(number)", keeper.fields)
            #expect(idle.text.contains("人民路 20 号") && idle.text.contains("clerk, grid_worker, mediator"))
            #expect(!idle.text.contains("name=\"act\"") && !idle.text.contains("name=\"purpose\""))
            let form = "csrf=\(clerk.token)&field=address&version=\(own)"
            let fields = clerk.fields.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 }
            let chosen = try await clerk.client.ask(
                "POST",
                "staff/orders/\(number)/conflicts",
                fields,
                body: Data(form.utf8)
            )
            #expect(chosen.status == 303 || chosen.status == 200, "\(chosen.status)")
            let isSettled = try await eventually {
                let order = try await show(number, at: street, in: cluster)
                return order?["address"] as? String == "人民路 20 号" && versions(order).isEmpty
            }
            #expect(isSettled, "the street reads what the community chose")
            let late = try await cluster.run(street, ["order", "amend", number], ["--keep", "address=\(own)"])
            #expect(late.status == 6 && late.errors.contains("but one version"), "\(late.errors)")
            let unknown = try await cluster.run(street, ["order", "amend", number], ["--keep", "colour=1"])
            #expect(unknown.errors.contains("colour") && unknown.errors.contains("papers-at"), "\(unknown.errors)")
            let half = try await cluster.run(street, ["order", "amend", number], ["--keep", "address"])
            #expect(half.status == 64, "\(half.errors)")
        }
    }

    private func show(_ number: String, at place: String, in cluster: Cluster) async throws -> [String: Any]? {
        let shown = try await cluster.run(place, ["order", "show", number], ["--json"])
        return shown.status == 0 ? try shown.json() : nil
    }

    /// The names of the versions of the one field in conflict, the shown one first.
    private func versions(_ order: [String: Any]?) -> [String] {
        let conflict = (order?["conflicts"] as? [[String: Any]])?.first
        return (conflict?["versions"] as? [[String: Any]] ?? []).compactMap { $0["version"] as? String }
    }
}
