import Foundation
import Testing

/// An order that goes to a community of another street, between real nodes.
@Suite("Transfers to a third place", .serialized, .timeLimit(.minutes(5)))
struct TransferTests {
    private let accepting = "441202001001"
    private let holding = "441202001002"
    /// Of another street, which gets nothing of what the two above have between them.
    private let third = "441202003001"
    private let thirdStreet = "441202003000"

    @Test("The third place takes and closes it, the requester reads that where they asked, and nothing else came along")
    func transfers() async throws {
        try await Cluster.with("demo") { cluster in
            let shared = try await requestsOfOneDelta(cluster)
            let number = shared.number
            try await act(cluster, holding, "take", number)
            try await act(cluster, holding, "offer", number, ["--to", third, "--text", "西江社区管辖"])
            try await act(cluster, third, "take", number, ["--operator", "陈工"])
            try await act(cluster, third, "note", number, ["--text", "已派人"])
            try await act(cluster, third, "close", number, ["--text", "路灯修好了"])

            let url = try await cluster.node(accepting).http.appending(path: "open311/v2/requests/\(number).json")
            let isTold = try await eventually {
                let answer = try await HTTP.get(url)
                let list = try JSONSerialization.jsonObject(with: answer.body) as? [[String: Any]]
                return list?.first?["status"] as? String == "closed"
                    && list?.first?["status_notes"] as? String == "路灯修好了"
            }
            #expect(isTold, "the requester reads it where they asked")
            let isEqual = try await eventually {
                var histories: Set<Data> = []
                for place in [accepting, holding, third] {
                    let shown = try await cluster.run(place, ["order", "show", number], ["--json"]).json()
                    let events = try #require(shown["events"] as? [[String: Any]])
                    guard events.count == 6 else { return false }
                    histories.insert(try JSONSerialization.data(withJSONObject: events, options: .sortedKeys))
                }
                return histories.count == 1
            }
            #expect(isEqual, "the three places tell one history")

            for place in [third, thirdStreet] {
                let files = try contents(of: try await cluster.node(place).data)
                #expect(files.contains { $0.range(of: Data(shared.own.utf8)) != nil }, "the search finds what is there")
                for other in shared.others {
                    #expect(files.allSatisfy { $0.range(of: Data(other.utf8)) == nil }, "\(other) is at \(place)")
                }
            }
        }
    }

    @Test("Refused and taken back, no file of the third place and its street holds it any more; home goes on with it")
    func takenBack() async throws {
        try await Cluster.with("demo") { cluster in
            let text = "planted-narrow-\(UInt32.random(in: 0...UInt32.max))-end"
            let number = try await post(try await cluster.node(accepting).http, text)
            try await act(cluster, holding, "take", number)
            try await act(cluster, holding, "offer", number, ["--to", third])
            try await act(cluster, third, "refuse", number, ["--reason", "非本社区"])
            let files = try contents(of: try await cluster.node(third).data)
            #expect(files.contains { $0.range(of: Data(text.utf8)) != nil }, "the search finds what is there")

            let early = try await cluster.run(accepting, ["order", "narrow", number])
            #expect(early.status == 77, "only its holder, or a place above all: \(early.errors)")
            // Refused as long as the refusal has not come: the offer is open.
            try await act(cluster, holding, "narrow", number)
            for place in [third, thirdStreet] {
                var left: [String] = []
                let isGone = try await eventually {
                    let shown = try await cluster.run(place, ["order", "show", number])
                    let files = try contents(of: try await cluster.node(place).data)
                    left = [shown.status == 5, files.allSatisfy { $0.range(of: Data(text.utf8)) == nil }].map {
                        "\($0)"
                    }
                    return left == ["true", "true"]
                }
                #expect(isGone, "\(place): not found, no byte: \(left)")
            }
            let held = try await cluster.run(third, ["held"], ["--json"]).json()
            let rows = try #require(held["let_go"] as? [[String: Any]])
            #expect(rows.count == 1 && rows.first?["late"] as? Int == 0)
            try await act(cluster, holding, "handle", number)
            let isHandled = try await eventually {
                let shown = try await cluster.run(accepting, ["order", "show", number], ["--json"]).json()
                return shown["status"] as? String == "handling" && shown["description"] as? String == text
            }
            #expect(isHandled)
        }
    }

    /// A request whose delta holds other requests too: what it says, and what the others say.
    private func requestsOfOneDelta(
        _ cluster: Cluster
    ) async throws -> (number: String, own: String, others: [String]) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        // Whether requests come into one group commit is a matter of chance.
        for round in 0..<20 {
            let texts = (0..<16).map { "planted-\(round)-\($0)-end" }
            let http = try await cluster.node(accepting).http
            let numbers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for (index, text) in texts.enumerated() {
                    group.addTask { (index, try await post(http, text)) }
                }
                var numbers: [Int: String] = [:]
                for try await (index, number) in group { numbers[index] = number }
                return numbers
            }
            let file = folder.url.appending(component: "export-\(round)").path
            let exported = try await cluster.run(accepting, ["export", file])
            guard exported.status == 0 else { throw Liandong.Unexpected("export: \(exported.errors)") }
            for delta in try deltas(inExport: file) {
                let held = texts.indices.filter { delta.range(of: Data(texts[$0].utf8)) != nil }
                guard held.count > 1, let first = held.first, let number = numbers[first] else { continue }
                return (number, texts[first], texts.indices.filter { $0 != first }.map { texts[$0] })
            }
        }
        throw Liandong.Unexpected("no two requests came into one delta in 20 rounds")
    }

    private func post(_ http: URL, _ text: String) async throws -> String {
        let form = [("service_code", "0303"), ("description", text), ("address_id", holding)]
        let answer = try await HTTP.post(http.appending(path: "open311/v2/requests.json"), form)
        let list = try JSONSerialization.jsonObject(with: answer.body) as? [[String: Any]]
        guard let number = list?.first?["service_request_id"] as? String else {
            throw Liandong.Unexpected("\(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
        }
        return number
    }

    /// The deltas of an export: of each item one byte for what it is, four for its length.
    private func deltas(inExport file: String) throws -> [Data] {
        var rest = try Data(contentsOf: URL(filePath: file))[...]
        var deltas: [Data] = []
        while rest.count >= 5 {
            let kind = rest[rest.startIndex]
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let item = rest.dropFirst(5).prefix(length)
            if kind == UInt8(ascii: "D") { deltas.append(Data(item)) }
            rest = rest.dropFirst(5 + length)
        }
        return deltas
    }

    /// Does it as soon as the order, and what it needs, has come to the place.
    private func act(
        _ cluster: Cluster,
        _ place: String,
        _ verb: String,
        _ number: String,
        _ rest: [String] = []
    ) async throws {
        var last = ""
        let isDone = try await eventually {
            let output = try await cluster.run(place, ["order", verb, number], rest)
            last = output.errors
            return output.status == 0
        }
        guard isDone else { throw Liandong.Unexpected("\(verb) at \(place): \(last)") }
    }

    /// Every file under a folder.
    private func contents(of folder: String) throws -> [Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return names.compactMap { try? Data(contentsOf: URL(filePath: folder).appending(path: $0)) }
    }
}
