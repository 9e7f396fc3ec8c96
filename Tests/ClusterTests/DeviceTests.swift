import Foundation
import Synchronization
import Testing

/// Devices that send to real nodes with curl.
@Suite("Devices over HTTP", .serialized, .timeLimit(.minutes(20)))
struct DeviceTests {
    private let community = "441202001001"
    private let district = "441202000000"

    /// The status of a call; 0 when nobody answers.
    private func send(_ body: String, token: String, to node: URL) async throws -> Int {
        let output = try await Liandong.run(
            URL(filePath: "/usr/bin/curl"),
            [
                "--silent", "--max-time", "10", "--output", "/dev/null", "--write-out", "%{http_code}", "--header",
                "Authorization: Bearer \(token)", "--header", "Content-Type: application/json", "--data", body,
                node.appending(path: "ingest/v1/readings").absoluteString,
            ]
        )
        return Int(output.output) ?? 0
    }

    private func add(_ code: String, kind: String, in cluster: Cluster) async throws -> String {
        let added = try await cluster.run(community, ["device", "add", code], ["--kind", kind])
        guard added.status == 0 else { throw Liandong.Unexpected(added.errors) }
        return added.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("A fire is an alarm and an order at the district; what is refused is told so, and kept where it can be")
    func fire() async throws {
        try await Cluster.with("demo") { cluster in
            let token = try await add("S1", kind: "smoke", in: cluster)
            let node = try await cluster.node(community).http
            let fire = #"{"boot": "b", "seq": 1, "values": {"smoke": true}}"#
            #expect(try await send(fire, token: token, to: node) == 200)
            #expect(try await send(fire, token: token, to: node) == 200, "sent again it has no further effect")
            #expect(try await send(fire, token: "wrong", to: node) == 401)
            #expect(try await send("{", token: token, to: node) == 422)

            let isSeen = try await eventually(within: .seconds(30)) {
                let list = try await cluster.run(district, ["alarm", "list"], ["--json"]).json()
                guard let alarms = list["alarms"] as? [[String: Any]], alarms.count == 1 else { return false }
                return alarms[0]["type"] as? String == "fire" && alarms[0]["status"] as? String == "tasked"
                    && (alarms[0]["orders"] as? [String])?.count == 1 && alarms[0]["count"] as? Int == 1
            }
            #expect(isSeen)
            let held = try await cluster.run(community, ["quarantine", "list"], ["--json"]).json()
            #expect(held["held"] as? Int == 1)
            let blocked = try await cluster.run(community, ["device", "block", "S1"])
            #expect(blocked.status == 0, "\(blocked.errors)")
            #expect(try await send(fire, token: token, to: node) == 401)
        }
    }

    @Test("Killed again and again, a node loses no reading that it acknowledged and keeps none twice")
    func kills() async throws {
        try await Cluster.with("demo") { cluster in
            let token = try await add("W1", kind: "waste-bin", in: cluster)
            var next = 1
            for round in 0..<Cluster.killCount(6) {
                let node = try await cluster.node(community).http
                let first = next
                let reached = Mutex(first)
                let sender = Task {
                    var number = first
                    while try await send(
                        #"{"boot": "b", "seq": \#(number), "values": {"fill": \#(number)}}"#,
                        token: token,
                        to: node
                    ) == 200 {
                        number += 1
                        reached.withLock { $0 = number }
                    }
                    return number
                }
                let isAnswered = try await eventually { reached.withLock { $0 } > first }
                #expect(isAnswered)
                // Somewhere in what comes next, each round elsewhere.
                try await Task.sleep(for: .milliseconds(round * 37 % 223))
                try await cluster.kill9(community)
                // The one that was not answered is sent again, whatever became of it.
                next = try await sender.value
                try await cluster.restart(community)
            }
            #expect(next > 6)
            let query = try await cluster.run(
                community,
                ["series", "query", "W1", "fill"],
                ["--resolution", "raw", "--limit", "100000", "--json"]
            ).json()
            let values = (query["readings"] as? [[String: Any]] ?? []).compactMap { $0["value"] as? String }
            let acknowledged = Set((1..<next).map { "\($0)" })
            #expect(acknowledged.isSubset(of: Set(values)), "none is lost")
            #expect(Set(values).count == values.count, "none is kept twice")
            #expect(values.count <= next, "at most the last one was taken and not answered")
            let days = try await cluster.run(
                community,
                ["series", "query", "W1", "fill"],
                ["--resolution", "day", "--json"]
            ).json()
            let stretches = days["stretches"] as? [[String: Any]] ?? []
            #expect(stretches.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == values.count)
        }
    }
}
