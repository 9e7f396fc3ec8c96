import Foundation
import LiandongNode
import Testing

/// Two histories of one node, between real nodes, and what its operator does about them.
@Suite("Forks", .serialized, .timeLimit(.minutes(5)))
struct ForksTests {
    private let district = "441202000000"

    /// A node's data directory and anchor file, apart from each other as they are.
    private struct Backup {
        private let paths: [(from: String, copy: String)]

        init(of name: String, in nodes: OwnNodes) throws {
            let data = nodes.data(name)
            paths = try [data, nodes.settings(name).anchor].enumerated().map { ($1, nodes.file("\(name)-\($0)")) }
            for (path, copy) in paths { try FileManager.default.copyItem(atPath: path, toPath: copy) }
        }

        func putBack() throws {
            for (path, copy) in paths {
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.copyItem(atPath: copy, toPath: path)
            }
        }
    }

    private func forks(_ nodes: OwnNodes, _ rest: String...) async throws -> (status: Int32, rows: [[String: Any]]) {
        let answer = try await nodes.run("d", ["forks"], rest + ["--json"])
        return (answer.status, try #require(try answer.json()["forks"] as? [[String: Any]], "\(answer.errors)"))
    }

    private func branches(_ rows: [[String: Any]]) -> [Int] {
        rows.map { ($0["branches"] as? [[String: Any]])?.count ?? 0 }
    }

    @Test("A fork is listed until somebody has looked at it, and again when there is a third history")
    func dismissed() async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("d", code: district)
            try await nodes.start("d")
            try await nodes.join("s", "street", code: "441202001000", parent: district, at: "d")
            let backup = try Backup(of: "s", in: nodes)
            // The same place in the lane each time, and the same number of the order: what the node starts from is stopped
            // in order and put back whole. So it is the branches that tell when a history has come.
            func branch(_ text: String, _ count: Int) async throws -> (status: Int32, rows: [[String: Any]]) {
                try await nodes.stop("d")
                try await nodes.start("s")
                let number = try await nodes.submit("s", for: district, text)
                try await nodes.start("d")
                let hasCome = try await eventually {
                    guard count > 1 else { return try await nodes.shows("d", number) }
                    return branches(try await forks(nodes).rows).contains(count)
                }
                try #require(hasCome, "\(text): the district holds \(count) histories")
                return try await forks(nodes)
            }
            #expect(try await branch("one", 1).status == 0)
            try await nodes.stop("s")
            try backup.putBack()

            let (status, rows) = try await branch("two", 2)
            #expect(status == 2)
            let subjects = rows.compactMap { $0["subject"] as? String }
            #expect(subjects.count == rows.count && branches(rows).allSatisfy { $0 == 2 }, "\(rows)")
            let nobody = try await nodes.run("d", ["forks"], ["--dismiss", try #require(subjects.first)])
            #expect(nobody.status == 64, "\(nobody.errors)")
            let unknown = try await nodes.run("d", ["forks"], ["--dismiss", "nothing:1", "--operator", "李工"])
            #expect(unknown.status == 5, "\(unknown.errors)")
            for subject in subjects {
                let done = try await nodes.run("d", ["forks"], ["--dismiss", subject, "--operator", "李工"])
                #expect(done.status == 0, "\(done.errors)")
            }
            try await nodes.stop("s")
            try await nodes.stop("d")
            try await nodes.start("d")
            let quiet = try await nodes.run("d", ["forks"])
            #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.errors.contains("--all"), "\(quiet.errors)")
            let all = try await nodes.run("d", ["forks"], ["--all"])
            #expect(all.status == 0 && all.output.contains("by 李工 at "), "\(all.output)")

            try backup.putBack()
            let again = try await branch("three", 3)
            #expect(again.status == 2)
            #expect(again.rows.allSatisfy { $0["dismissed"] == nil }, "a further history is news")
        }
    }
}
