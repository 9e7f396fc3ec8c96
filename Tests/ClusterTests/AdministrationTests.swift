import Foundation
import Testing

/// What an operator does to whole nodes: shutting one out, folding one anew.
@Suite("Administration", .serialized, .timeLimit(.minutes(5)))
struct AdministrationTests {
    private let district = "441202000000"
    private let street = "441202001000"
    private let community = "441202001001"
    private let neighbour = "441202001002"

    @Test(
        "A revoked node's writes from before stay, what it wrote after is shown nowhere else, and it is let in no more"
    )
    func revokes() async throws {
        try await Cluster.with("demo") { cluster in
            let before = try await submit(cluster, "之前")
            #expect(try await eventually { try await shows(cluster, district, before) })
            // The street comes to hold what the signer does not know of when it revokes.
            try await cluster.cut(street, district)
            let after = try await submit(cluster, "之后")
            #expect(try await eventually { try await shows(cluster, street, after) })

            let name = try await cluster.node(community).name
            let elsewhere = try await cluster.run(street, ["revoke", name], ["--reason", "lost"])
            #expect(elsewhere.status == 77, "\(elsewhere.errors)")
            let unknown = try await cluster.run(district, ["revoke", "nobody"], ["--reason", "lost"])
            #expect(unknown.status == 5, "\(unknown.errors)")
            let itself = try await cluster.run(district, ["revoke", "duanzhou"], ["--reason", "lost"])
            #expect(itself.status == 6, "\(itself.errors)")
            let rehearsed = try await cluster.run(
                district,
                ["revoke", name],
                ["--reason", "lost", "--dry-run", "--json"]
            )
            let plan = try rehearsed.json()
            #expect(plan["is_done"] as? Bool == false && (plan["lanes_kept"] as? Int ?? 0) > 0, "\(rehearsed.output)")
            let done = try await cluster.run(district, ["revoke", name], ["--reason", "lost"])
            #expect(done.status == 0, "\(done.errors)")
            try await cluster.heal(street, district)

            #expect(try await eventually { try await !shows(cluster, street, after) }, "the street hides it")
            let refuses = try await eventually {
                try await cluster.run(community, ["order", "note", before], ["--text", "更晚"]).status == 77
            }
            #expect(refuses, "the node has heard of it and writes no more")
            let own = try await cluster.run(community, ["status"], ["--json"])
            let states = (try own.json()["nodes"] as? [[String: Any]] ?? []).filter { $0["node"] as? String == name }
            #expect(states.map { $0["state"] as? String } == ["revoked"])
            let held = try await cluster.run(street, ["held"], ["--json"])
            let kept = try held.json()["quarantined"] as? [[String: Any]] ?? []
            #expect(kept.map { $0["node"] as? String } == [name], "\(held.output)")
            // A neighbour's later request proves that the street heard everything meanwhile.
            let heard = try await submit(cluster, "邻居", at: neighbour)
            #expect(try await eventually { try await shows(cluster, district, heard) })
            for place in [street, district] {
                #expect(try await shows(cluster, place, before), "\(place) keeps what was before")
                #expect(try await !shows(cluster, place, after), "\(place) does not show what came after")
            }
            let forks = try await cluster.run(district, ["forks"])
            #expect(forks.status == 0, "\(forks.output)\(forks.errors)")
            let well = try await eventually {
                let status = try await cluster.run(district, ["status"], ["--json"])
                let rows = try status.json()["nodes"] as? [[String: Any]] ?? []
                return status.status == 0 && !rows.contains { $0["node"] as? String == name }
            }
            #expect(well, "the district is well without it")
        }
    }

    @Test("Rebuilding from the deltas alone gives the same orders, consultations and residents")
    func rebuilds() async throws {
        try await Cluster.with("demo") { cluster in
            let number = try await submit(cluster, "路灯不亮")
            let other = try await submit(cluster, "井盖", at: neighbour)
            for command in [["order", "accept", number], ["order", "note", number, "--text", "看过了"]] {
                let done = try await cluster.run(community, command)
                #expect(done.status == 0, "\(command): \(done.errors)")
            }
            let consultation = try await cluster.run(
                street,
                ["consult", "create"],
                ["--title", "加装电梯", "--option", "yes", "--option", "no"]
            )
            #expect(consultation.status == 0, "\(consultation.errors)")
            let resident = try await cluster.run(
                community,
                ["resident", "add"],
                ["--name", "王建国", "--id-number", "11010519491231002X"]
            )
            #expect(resident.status == 0, "\(resident.errors)")
            let settled = try await eventually {
                guard try await shows(cluster, street, other) else { return false }
                let shown = try await cluster.run(street, ["order", "show", number]).output
                let found = try await cluster.run(street, ["resident", "find", "王建国"]).output
                return shown.contains("看过了") && found.contains("王建国")
            }
            #expect(settled)
            for place in [street, community] {
                let before = try await everything(cluster, place, number)
                let rebuilt = try await cluster.run(place, ["rebuild"])
                #expect(rebuilt.status == 0, "\(rebuilt.errors)")
                #expect(try await everything(cluster, place, number) == before, "\(place) lists the same")
                #expect(before.contains { $0.contains(number) })
                #expect(before.count { $0.contains("王建国") } == 2, "found by name and by identity number")
            }
            let next = try await submit(cluster, "之后")
            #expect(try await eventually { try await shows(cluster, street, next) }, "it goes on after a rebuild")
        }
    }

    // MARK: -

    private func submit(_ cluster: Cluster, _ text: String, at place: String? = nil) async throws -> String {
        let place = place ?? community
        let made = try await cluster.run(
            place,
            ["submit"],
            ["--service", "0303", "--place", place, "--text", text]
        )
        guard made.status == 0 else { throw Liandong.Unexpected(made.errors) }
        return try #require(made.output.split(separator: " ").first.map(String.init))
    }

    private func shows(_ cluster: Cluster, _ place: String, _ number: String) async throws -> Bool {
        let answer = try await cluster.run(place, ["order", "show", number])
        guard [0, 5].contains(answer.status) else { throw Liandong.Unexpected(answer.errors) }
        return answer.status == 0
    }

    /// What a node prints of all that it holds.
    private func everything(_ cluster: Cluster, _ place: String, _ number: String) async throws -> [String] {
        var printed: [String] = []
        for command in [
            ["order", "list"], ["order", "show", number], ["consult", "list"], ["resident", "find", "王建国"],
            ["resident", "find", "11010519491231002X"],
        ] {
            printed.append(try await cluster.run(place, command).output)
        }
        return printed
    }
}
