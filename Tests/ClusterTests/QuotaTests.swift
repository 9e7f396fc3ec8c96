import Foundation
import Testing

/// A community that floods its neighbour with orders, between real nodes.
@Suite("Quotas", .serialized, .timeLimit(.minutes(5)))
struct QuotaTests {
    private let district = "441202000000"
    private let street = "441202001000"
    private let insider = "441202001001"
    private let neighbour = "441202001002"

    @Test("A flood waits at the first common ancestor, listed; others' orders arrive meanwhile; let in, all of it does")
    func flood() async throws {
        try await Cluster.with("demo") { cluster in
            let set = try await cluster.run(district, ["quota", "set"], ["--records", "3"])
            #expect(set.status == 0, "\(set.errors)")
            let elsewhere = try await cluster.run(street, ["quota", "set"], ["--records", "3"])
            #expect(elsewhere.status == 77, "only the signer sets it: \(elsewhere.errors)")
            let isKnown = try await eventually {
                try await cluster.run(street, ["quota", "list"], ["--json"]).json()["records_a_day"] as? Int == 3
            }
            #expect(isKnown, "the street hears of the policy")

            var flood: [String] = []
            for index in 0..<10 {
                flood.append(try await submit(at: insider, for: neighbour, "flood \(index)", to: cluster))
            }
            let isListed = try await eventually {
                let row = try await row(of: insider, at: street, in: cluster)
                return row?["state"] as? String == "waiting" && row?["records_today"] as? Int == 3
                    && ((row?["lanes"] as? [[String: Any]])?.first?["records"] as? Int) == 7
            }
            #expect(isListed, "the street lists what waits")
            let metrics = try await HTTP.get(try await cluster.node(street).http.appending(path: "metrics"))
            let text = String(decoding: metrics.body, as: UTF8.self)
            #expect(text.contains("liandong_quota_waiting_lanes{origin="), "\(text)")

            // Of the insider itself for its own place, and of others for anybody, everything arrives.
            let own = try await submit(at: insider, for: insider, "own", to: cluster)
            let other = try await submit(at: neighbour, for: insider, "answer", to: cluster)
            let far = try await submit(at: "441202003001", for: neighbour, "from the west", to: cluster)
            try await expectArrival(of: [own], at: [street, district], of: cluster)
            try await expectArrival(of: [other], at: [street, district, insider], of: cluster)
            try await expectArrival(of: [far, flood[0], flood[1], flood[2]], at: [neighbour, district], of: cluster)
            for number in flood[3...] {
                #expect(try await holds(number, at: neighbour, in: cluster) == false)
                #expect(try await holds(number, at: district, in: cluster) == false)
                #expect(try await holds(number, at: insider, in: cluster), "its author has it")
            }

            let letIn = try await cluster.run(street, ["quota", "let-in", insider])
            #expect(letIn.status == 0, "\(letIn.errors)")
            try await expectArrival(of: flood, at: [street, neighbour, district], of: cluster)
            #expect(try await row(of: insider, at: street, in: cluster)?["state"] as? String == "let in")

            let muted = try await cluster.run(street, ["quota", "mute", insider])
            #expect(muted.status == 0, "\(muted.errors)")
            let last = try await submit(at: insider, for: neighbour, "one more", to: cluster)
            let isBack = try await eventually {
                let row = try await row(of: insider, at: street, in: cluster)
                return row?["state"] as? String == "muted" && (row?["deltas_waiting"] as? Int ?? 0) > 0
            }
            #expect(isBack, "muted, it is kept back")
            #expect(try await holds(last, at: neighbour, in: cluster) == false)
        }
    }

    private func submit(at code: String, for place: String, _ text: String, to cluster: Cluster) async throws -> String
    {
        let made = try await cluster.run(code, ["submit"], ["--service", "0303", "--place", place, "--text", text])
        try #require(made.status == 0, "\(made.errors)")
        return try #require(made.output.split(separator: " ").first.map(String.init))
    }

    private func row(of origin: String, at code: String, in cluster: Cluster) async throws -> [String: Any]? {
        let report = try await cluster.run(code, ["quota", "list"], ["--json"]).json()
        return (report["origins"] as? [[String: Any]])?.first { $0["place_code"] as? String == origin }
    }

    private func holds(_ number: String, at code: String, in cluster: Cluster) async throws -> Bool {
        try await cluster.run(code, ["order", "show", number], ["--json"]).status == 0
    }

    private func expectArrival(of numbers: [String], at codes: [String], of cluster: Cluster) async throws {
        for code in codes {
            for number in numbers {
                let arrived = try await eventually { try await holds(number, at: code, in: cluster) }
                #expect(arrived, "\(number) at \(code)")
            }
        }
    }
}
