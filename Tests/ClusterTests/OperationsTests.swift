import Foundation
import LiandongCore
import SwiftProtobuf
import Testing

/// What operators see: metrics, exit codes, messages that name both values.
@Suite("Operations", .serialized, .timeLimit(.minutes(5)))
struct OperationsTests {
    private let district = "441202000000"

    @Test("/metrics passes promtool, /healthz and /readyz answer, and status knows every node")
    func metrics() async throws {
        try await Cluster.with("demo") { cluster in
            let node = try await cluster.node(district)
            #expect(try await HTTP.status(node.http.appending(path: "healthz")) == 200)
            #expect(try await HTTP.status(node.http.appending(path: "readyz")) == 200)
            let metrics = try await HTTP.get(node.http.appending(path: "metrics"))
            #expect(metrics.status == 200)
            let verdict = try await Liandong.run(
                URL(filePath: "/usr/bin/promtool"),
                ["check", "metrics"],
                input: metrics.body
            )
            #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")

            let names = await Set(cluster.nodes.values.map(\.name))
            let knowsAll = try await eventually(within: .seconds(60), every: .seconds(1)) {
                let status = try await cluster.run(district, ["status"], ["--json"])
                let rows = try status.json()["nodes"] as? [[String: Any]] ?? []
                let ok = rows.filter { $0["state"] as? String == "ok" }.compactMap { $0["node"] as? String }
                return Set(ok) == names && status.status == 0
            }
            #expect(knowsAll, "the district sees every node as ok")
        }
    }

    @Test("A dead node stays a row of status, with its age, and the exit code says so")
    func deadNode() async throws {
        try await Cluster.with("demo") { cluster in
            let victim = try await cluster.node("441202001002")
            try await cluster.kill9(victim.placeCode)
            let isSeen = try await eventually(within: .seconds(60), every: .seconds(1)) {
                let status = try await cluster.run(district, ["status"], ["--json"])
                let rows = try status.json()["nodes"] as? [[String: Any]] ?? []
                let row = rows.first { $0["node"] as? String == victim.name }
                return row?["state"] as? String == "down" && status.status != 0
            }
            #expect(isSeen)
        }
    }

    @Test("A token expired, for another parent, or of no form is refused with the values that differ")
    func tokens() async throws {
        try await Cluster.with("demo") { cluster in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let invite = { (ttl: String, code: String) in
                try await cluster.run(
                    district,
                    ["invite"],
                    ["--tier", "street", "--name", "新街道", "--code", code, "--ttl", ttl]
                )
            }
            let expired = try await invite("1s", "441202099000")
            #expect(expired.status == 0 && expired.output.hasPrefix("ldj1."))
            try await Task.sleep(for: .seconds(2))
            let late = try await join(expired.output, folder, "late")
            #expect(late.status != 0)
            #expect(late.errors.contains("expired"), "\(late.errors)")

            let good = try await invite("1h", "441202098000")
            let misled = try await join(try retargeted(good.output), folder, "misled")
            #expect(misled.status != 0)
            #expect(misled.errors.contains(String(repeating: "ab", count: 32)), "\(misled.errors)")

            let nonsense = try await join("ldj1.nonsense", folder, "nonsense")
            #expect([1, 64].contains(nonsense.status))
        }
    }

    @Test("Exit codes: 64 for usage, 5 for what is not there, 4 for a node that does not run")
    func exitCodes() async throws {
        let misused = try await Liandong.run(["submit", "--nonsense"])
        #expect(misused.status == 64)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let data = folder.url.appending(component: "d").path
        let made = try await Liandong.run([
            "init", "--data", data, "--name", "端州区", "--code", district, "--listen", "127.0.0.1:0", "--http",
            "127.0.0.1:0",
        ])
        #expect(made.status == 0, "\(made.errors)")
        let unreachable = try await Liandong.run(["status", "--data", data])
        #expect(unreachable.status == 4, "\(unreachable.errors)")
        try await Cluster.with("demo") { cluster in
            let unknown = String(repeating: "9", count: 25)
            for command in [["order", "show", unknown], ["trace", unknown]] {
                let answer = try await cluster.run(district, command)
                #expect(answer.status == 5, "\(command): \(answer.errors)")
            }
        }
    }

    private func join(_ token: String, _ folder: TemporaryFolder, _ name: String) async throws -> Liandong.Output {
        try await Liandong.run(
            [
                "join", token.trimmingCharacters(in: .whitespacesAndNewlines),
                "--data", folder.url.appending(component: name).path,
                "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
            ],
            seconds: 60
        )
    }

    /// The token with another fingerprint of the parent.
    private func retargeted(_ token: String) throws -> String {
        let text = token.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("ldj1.".count)
        var base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while !base64.count.isMultiple(of: 4) { base64 += "=" }
        var wire = try WireJoinToken(serializedBytes: try #require(Data(base64Encoded: base64)))
        wire.parent = Data(repeating: 0xAB, count: 32)
        let bytes: Data = try wire.serializedBytes()
        let encoded = bytes.base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
        return "ldj1." + encoded
    }
}
