import Foundation
import Testing

/// A community's node whose disk has no room left: a file system of its own in memory, so this needs root.
@Suite("A full disk", .serialized, .timeLimit(.minutes(5)), .enabled(if: getuid() == 0))
struct FullDiskTests {
    private let community = "441202001001"

    private func run(_ command: String) async throws -> Liandong.Output {
        try await Liandong.run(URL(filePath: "/bin/sh"), ["-c", command])
    }

    private func expect(_ command: String) async throws {
        let output = try await run(command)
        guard output.status == 0 else { throw Liandong.Unexpected("\(command): \(output.errors)") }
    }

    /// Moves a node that does not run to a small file system, for as long as the body takes.
    private func onSmallDisk(_ data: String, _ body: () async throws -> Void) async throws {
        try await expect("cp -a '\(data)' '\(data).kept' && mount -t tmpfs -o size=400m,mode=700 tmpfs '\(data)'")
        do {
            try await expect("cp -a '\(data).kept/.' '\(data)'")
            try await body()
        } catch {
            _ = try await run("umount --lazy '\(data)'")
            throw error
        }
        try await expect("umount --lazy '\(data)'")
    }

    private func add(_ code: String, _ cluster: Cluster) async throws -> String {
        let added = try await cluster.run(community, ["device", "add", code], ["--kind", "waste-bin"])
        guard added.status == 0 else { throw Liandong.Unexpected(added.errors) }
        return added.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func message(_ number: Int) -> String {
        #"{"boot": "b", "seq": \#(number), "values": {"fill": \#(number)}}"#
    }

    private func send(_ number: Int, _ token: String, _ cluster: Cluster) async throws -> (status: Int, text: String) {
        let answer = try await StaffClient(base: try await cluster.node(community).http).ask(
            "POST",
            "ingest/v1/readings",
            ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
            body: Data(message(number).utf8)
        )
        return (answer.status, answer.text)
    }

    private func publish(_ number: Int, _ token: String, _ cluster: Cluster) async throws -> Bool {
        let address = try #require(try await cluster.node(community).mqtt).split(separator: ":").map(String.init)
        let output = try await Liandong.run(
            URL(filePath: "/usr/bin/mosquitto_pub"),
            [
                "-h", address[0], "-p", address[1], "-u", "W2", "-P", token, "-q", "1", "-t",
                "liandong/v1/devices/W2/readings", "-m", message(number),
            ],
            seconds: 20
        )
        return output.status == 0
    }

    private func values(_ code: String, _ cluster: Cluster) async throws -> [Int] {
        let query = try await cluster.run(
            community,
            ["series", "query", code, "fill"],
            ["--resolution", "raw", "--limit", "100000", "--json"]
        )
        guard query.status == 0 else { throw Liandong.Unexpected(query.errors) }
        let readings = try query.json()["readings"] as? [[String: Any]] ?? []
        return readings.compactMap { ($0["value"] as? String).flatMap { Int($0) } }.sorted()
    }

    @Test("What was acknowledged is kept, the rest is refused in words or waits, and all goes on once there is room")
    func devices() async throws {
        try await Cluster.with("demo") { cluster in
            let (first, second) = (try await add("W1", cluster), try await add("W2", cluster))
            #expect(try await send(1, first, cluster).status == 200)
            try await cluster.end(community)
            let data = try await cluster.node(community).data
            try await onSmallDisk(data) {
                try await cluster.restart(community)
                #expect(try await send(2, first, cluster).status == 200)
                let isLetIn = try await eventually { try await publish(1, second, cluster) }
                #expect(isLetIn)
                let filled = try await run("dd if=/dev/zero of='\(data)/filler' bs=64k")
                #expect(filled.errors.contains("No space left"), "\(filled.errors)")

                var refused: (status: Int, text: String) = (200, "")
                var next = 3
                let isRefused = try await eventually {
                    refused = try await send(next, first, cluster)
                    if refused.status == 200 { next += 1 }
                    return refused.status != 200
                }
                #expect(isRefused && refused.status == 503, "\(refused)")
                let isSaid = try await eventually(within: .seconds(30)) {
                    refused = try await send(next, first, cluster)
                    return refused.text.contains("MiB free")
                }
                #expect(isSaid && refused.status == 503, "\(refused)")
                // The broker takes it, as it would while the node does not run.
                let isPublished = try await publish(2, second, cluster)
                let ready = try await HTTP.status(try await cluster.node(community).http.appending(path: "healthz"))
                #expect(ready == 200, "it goes on to answer what needs no disk")

                try FileManager.default.removeItem(atPath: "\(data)/filler")
                let goesOn = try await eventually(within: .seconds(30)) {
                    try await send(next, first, cluster).status == 200
                }
                #expect(goesOn, "by itself")
                #expect(try await values("W1", cluster) == Array(1...next))
                let isDelivered = try await eventually(within: .seconds(60)) {
                    try await values("W2", cluster) == (isPublished ? [1, 2] : [1])
                }
                #expect(isDelivered, "what the broker acknowledged comes once there is room")
                try await cluster.end(community)
                try await cluster.restart(community)
                #expect(try await values("W1", cluster) == Array(1...next), "after a kill too")
                try await cluster.end(community)
            }
        }
    }
}
