import Foundation
import LiandongNode
import LiandongReports
import Testing

/// Deltas that go from node to node in a file: the two are never up at one time.
@Suite("Carried deltas", .serialized, .timeLimit(.minutes(5)))
struct CarriedDeltasTests {
    private let district = "441202000000"
    private let community = "441202001001"

    private func prepared(_ nodes: OwnNodes) async throws {
        try await nodes.found("district", code: district)
        try await nodes.start("district")
        try await nodes.join("community", "community", code: community, parent: district, at: "district")
        try await nodes.stop("district")
        try await nodes.start("community")
    }

    private func export(
        _ nodes: OwnNodes,
        _ from: String,
        for peer: String,
        _ rest: [String] = []
    ) async throws
        -> BundleReport
    {
        let file = nodes.file("\(from)-\(peer)")
        let output = try await nodes.run(from, ["export", file, "--peer", peer, "--json"], rest)
        guard output.status == 0 else { throw Liandong.Unexpected("export: \(output.errors)") }
        return try ReportCoding.decoder.decode(BundleReport.self, from: Data(output.output.utf8))
    }

    private func take(_ nodes: OwnNodes, _ file: String, at node: String) async throws -> BundleImportReport {
        let output = try await nodes.run(node, ["import", "deltas", file, "--json"])
        guard output.status == 0 else { throw Liandong.Unexpected("import: \(output.errors) \(output.output)") }
        return try ReportCoding.decoder.decode(BundleImportReport.self, from: Data(output.output.utf8))
    }

    @Test("Orders go to the other node and back in files; each file leaves out what the last one said is held")
    func thereAndBack() async throws {
        try await OwnNodes.with { nodes in
            try await prepared(nodes)
            let orders = [
                try await nodes.submit("community", for: community, "路灯不亮"),
                try await nodes.submit("community", for: community, "井盖松动"),
            ]
            let out = try await export(nodes, "community", for: "district")
            #expect(out.sealed && out.deltas >= 2)
            let bytes = try Data(contentsOf: URL(filePath: out.file))
            #expect(bytes.range(of: Data("路灯不亮".utf8)) == nil, "a lost stick tells nothing")
            let own = try await nodes.run("community", ["import", "deltas", out.file])
            #expect(own.status == 6 && own.errors.contains("sealed to the node"), "\(own.errors)")
            try await nodes.stop("community")

            try await nodes.start("district")
            for number in orders { #expect(try await !nodes.shows("district", number)) }
            try await refusesAltered(nodes, bytes)
            let first = try await take(nodes, out.file, at: "district")
            #expect(first.new == out.deltas && first.known == 0 && first.refused.isEmpty)
            for number in orders { #expect(try await nodes.shows("district", number)) }
            let second = try await take(nodes, out.file, at: "district")
            #expect(second.new == 0 && second.known == out.deltas)

            let answer = try await nodes.submit("district", for: community, "路灯不亮，请处理")
            let back = try await export(nodes, "district", for: community)
            #expect(back.leftOut == out.deltas, "the community said in its file what it holds")
            #expect(back.deltas >= 1)
            try await nodes.stop("district")

            try await nodes.start("community")
            #expect(try await take(nodes, back.file, at: "community").new == back.deltas)
            #expect(try await nodes.shows("community", answer))
            let nothing = try await export(nodes, "community", for: "district")
            #expect(nothing.deltas == 0 && nothing.leftOut == out.deltas + back.deltas)
            let everything = try await export(nodes, "community", for: "district", ["--all", "--plain"])
            #expect(everything.deltas == out.deltas + back.deltas && !everything.sealed)
            let plain = try Data(contentsOf: URL(filePath: everything.file))
            #expect(plain.range(of: Data("路灯不亮".utf8)) != nil)

            // When a link comes, the streams go on as if there had been no files.
            try await nodes.start("district")
            let last = try await nodes.submit("district", for: community, "一切正常")
            #expect(try await eventually { try await nodes.shows("community", last) })
            let deltas = try await nodes.gauge("district", "liandong_deltas")
            #expect(try await eventually { try await nodes.gauge("community", "liandong_deltas") == deltas })
        }
    }

    /// Nothing is taken of a file with a wrong byte, one that is cut off, or one that is something else.
    private func refusesAltered(_ nodes: OwnNodes, _ bytes: Data) async throws {
        let before = try await nodes.gauge("district", "liandong_deltas")
        var altered = bytes
        altered[altered.count - 100] ^= 1
        for bad in [altered, bytes.dropLast(10), Data("number,text".utf8)] {
            let file = nodes.file("bad")
            try bad.write(to: URL(filePath: file))
            let output = try await nodes.run("district", ["import", "deltas", file])
            #expect(output.status == 6, "\(output.errors)")
            #expect(output.errors.contains("copy it again") || output.errors.contains("no bundle"))
        }
        #expect(try await nodes.gauge("district", "liandong_deltas") == before)
    }

    @Test("A node that is killed while it imports takes the rest when the file is imported again")
    func killedMidway() async throws {
        try await OwnNodes.with { nodes in
            try await prepared(nodes)
            let client = AdminClient(NodeFolder(nodes.data("community")))
            let address = String(repeating: "城东街道包公社区第三网格十二号楼", count: 25)
            for index in 0..<1_500 {
                let form = AdminRequest.ResidentForm(
                    name: "居民\(index)",
                    identityNumber: nil,
                    phone: "13900000000",
                    address: address,
                    source: "own-statement"
                )
                _ = try client.call(.addResident(form))
            }
            let out = try await export(nodes, "community", for: "district")
            let records = try await nodes.gauge("community", "liandong_records")
            try await nodes.stop("community")
            try await nodes.start("district")
            async let first = nodes.run("district", ["import", "deltas", out.file])
            // As soon as something of it is durable.
            _ = try await eventually(every: .milliseconds(5)) {
                try await nodes.gauge("district", "liandong_records") > 0
            }
            try await nodes.kill9("district")
            _ = try await first
            try await nodes.start("district")
            let second = try await take(nodes, out.file, at: "district")
            #expect(second.new + second.known == out.deltas && second.refused.isEmpty)
            #expect(try await nodes.gauge("district", "liandong_records") == records)
            print("import: \(second.known) of \(out.deltas) deltas were there after the kill")
        }
    }

    @Test("Without a node it is for, or with one that nobody knows, an export says what is missing")
    func usage() async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: district)
            try await nodes.start("district")
            let file = nodes.file("out")
            let plain = try await nodes.run("district", ["export", file, "--plain"])
            #expect(plain.status == 64 && plain.errors.contains("--peer"), "\(plain.errors)")
            let unknown = try await nodes.run("district", ["export", file, "--peer", "nobody"])
            #expect(unknown.status == 5, "\(unknown.errors)")
            let itself = try await nodes.run("district", ["export", file, "--peer", "district"])
            #expect(itself.status == 6 && itself.errors.contains("itself"), "\(itself.errors)")
            #expect(!FileManager.default.fileExists(atPath: file))
            let missing = try await nodes.run("district", ["import", "deltas", file])
            #expect(missing.status == 5, "\(missing.errors)")
        }
    }
}
