import Foundation
import Testing

/// Two nodes of one place, a street that is gone, and the ways around it, as real processes.
@Suite("Links beside the tree", .serialized, .timeLimit(.minutes(8)))
struct LinkTests {
    private let street = "441202001000"
    private let community = "441202001001"
    private let neighbour = "441202001002"
    private let elsewhere = "441202003001"

    @Test("The signer may die for good: its twin goes on, and becomes signer by the root key")
    func districtNodeDies() async throws {
        try await Cluster.with("twin") { cluster in
            let number = try await submit(cluster, at: community, for: community, "之前")
            for name in ["duanzhou", "duanzhou-2"] {
                #expect(try await eventually { try await shows(cluster, name, number) }, "\(name) has it")
            }
            let noted = try await cluster.run("duanzhou", ["order", "note", number], ["--text", "一号"])
            #expect(noted.status == 0, "\(noted.errors)")
            #expect(try await eventually { try await text(cluster, "duanzhou-2", number).contains("一号") })

            try await cluster.kill9("duanzhou")
            let twin = try await cluster.run("duanzhou-2", ["order", "note", number], ["--text", "二号"])
            #expect(twin.status == 0, "\(twin.errors)")
            #expect(try await eventually { try await text(cluster, community, number).contains("二号") })
            let across = try await submit(cluster, at: elsewhere, for: community, "之后")
            #expect(
                try await eventually { try await shows(cluster, community, across) },
                "it goes on without the signer"
            )

            let told = try await eventually {
                let status = try await cluster.run("duanzhou-2", ["status"], ["--json"])
                let signer = try status.json()["signer"] as? [String: Any]
                return signer?["node"] as? String == "duanzhou" && signer?["reachable"] as? Bool == false
                    && signer?["unreachable_since"] is String
            }
            #expect(told, "status says that the signer is not heard of")
            let invitation = ["--tier", "community", "--name", "new", "--code", "441202003002"]
            let refused = try await cluster.run("duanzhou-2", ["invite"], invitation)
            #expect(refused.status == 77 && refused.errors.contains("signer move"), "\(refused.errors)")

            let root = try await cluster.node("duanzhou").data + "/keys/root.ed25519"
            let other = try await cluster.run(street, ["signer", "move", "duanzhou-2"], ["--root-key", root])
            #expect(other.status == 6, "\(other.errors)")
            let moved = try await cluster.run("duanzhou-2", ["signer", "move", "duanzhou-2"], ["--root-key", root])
            #expect(moved.status == 0, "\(moved.errors)")
            let allowed = try await cluster.run("duanzhou-2", ["invite"], invitation)
            #expect(allowed.status == 0, "\(allowed.errors)")
            let heard = try await eventually {
                try await cluster.run(community, ["place", "list"]).output.contains("441202003002")
            }
            #expect(heard, "the chain goes on to everyone")
        }
    }

    @Test("With their street gone its communities exchange orders over their link, and reach the district themselves")
    func streetDies() async throws {
        try await Cluster.with("twin") { cluster in
            try await cluster.kill9(street)
            let direct = try await submit(cluster, at: community, for: neighbour, "邻居")
            #expect(try await eventually { try await shows(cluster, neighbour, direct) }, "over the link")
            let kinds = try await kinds(cluster, community)
            #expect(kinds["dongmen"] == "lateral" && kinds["chengdong"] == "parent", "\(kinds)")
            #expect(
                try await eventually(within: .seconds(90)) { try await shows(cluster, "duanzhou", direct) },
                "around the street"
            )
            #expect(try await self.kinds(cluster, community)["duanzhou"] == "fallback")
            let across = try await submit(cluster, at: elsewhere, for: community, "远处")
            #expect(try await eventually { try await shows(cluster, community, across) }, "and back")

            try await cluster.restart(street)
            #expect(try await eventually { try await shows(cluster, street, across) }, "the street catches up")
            let givenUp = try await eventually { try await self.kinds(cluster, community)["duanzhou"] == nil }
            #expect(givenUp, "the way around is given up")

            let unlinked = try await cluster.run(community, ["peer", "unlink", "dongmen"])
            #expect(unlinked.status == 0, "\(unlinked.errors)")
            #expect(try await eventually { try await self.kinds(cluster, community)["dongmen"] == nil })
            let again = try await cluster.run(community, ["peer", "unlink", "dongmen"])
            #expect(again.status == 5, "\(again.errors)")
        }
    }

    // MARK: -

    private func submit(_ cluster: Cluster, at place: String, for other: String, _ text: String) async throws -> String
    {
        let made = try await cluster.run(
            place,
            ["submit"],
            ["--service", "0303", "--place", other, "--text", text]
        )
        guard made.status == 0 else { throw Liandong.Unexpected(made.errors) }
        return try #require(made.output.split(separator: " ").first.map(String.init))
    }

    private func text(_ cluster: Cluster, _ place: String, _ number: String) async throws -> String {
        let answer = try await cluster.run(place, ["order", "show", number])
        guard [0, 5].contains(answer.status) else { throw Liandong.Unexpected(answer.errors) }
        return answer.output
    }

    private func shows(_ cluster: Cluster, _ place: String, _ number: String) async throws -> Bool {
        try await text(cluster, place, number).contains(number)
    }

    /// What each peer is to a node, by its name.
    private func kinds(_ cluster: Cluster, _ place: String) async throws -> [String: String] {
        let list = try await cluster.run(place, ["peer", "list"], ["--json"])
        let peers = try list.json()["peers"] as? [[String: Any]] ?? []
        return Dictionary(
            peers.compactMap { peer in
                guard let name = peer["name"] as? String, let kind = peer["kind"] as? String else { return nil }
                return (name, kind)
            }
        ) { first, _ in first }
    }
}
