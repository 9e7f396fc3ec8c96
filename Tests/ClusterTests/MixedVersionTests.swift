import Foundation
import Testing

/// The binary of the version before, as `scripts/previous` builds it.
enum Previous {
    /// `LIANDONG_PREVIOUS`, else what lies in the package's folder; nil when there is neither.
    static let binary: URL? = {
        if let path = ProcessInfo.processInfo.environment["LIANDONG_PREVIOUS"], !path.isEmpty {
            return URL(filePath: path)
        }
        let built = Liandong.repository.appending(path: ".build-previous/liandong")
        return FileManager.default.isExecutableFile(atPath: built.path) ? built : nil
    }()
}

/// This build beside the one before.
@Suite(
    "Mixed versions",
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled(if: Previous.binary != nil, "there is no previous build; scripts/previous makes one")
)
struct MixedVersionTests {
    private let district = "441202000000"
    private let street = "441202001000"
    private let community = "441202001001"
    private let names = ["district", "street", "community"]

    @Test("A node of the version before takes part between two of this one, and is upgraded over its own data")
    func oneBehind() async throws {
        let previous = try #require(Previous.binary)
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: district)
            try await nodes.start("district")
            try await nodes.join("street", "street", code: street, parent: district, at: "district", by: previous)
            try await nodes.start("street", by: previous)
            try await nodes.join("community", "community", code: community, parent: street, at: "district")
            try await nodes.start("community")

            var orders = [
                try await nodes.submit("community", for: community, "路灯不亮"),
                try await nodes.submit("district", for: community, "井盖松动"),
                try await nodes.submit("street", for: community, "垃圾未清", by: previous),
            ]
            try await expectEqual(orders, nodes)

            // What the old node wrote and was told while it was old is there when it is new.
            try await nodes.stop("street")
            orders.append(try await nodes.submit("community", for: community, "噪声扰民"))
            try await nodes.start("street")
            orders.append(try await nodes.submit("street", for: community, "路面破损"))
            orders.append(try await nodes.submit("district", for: community, "下水道堵塞"))
            try await expectEqual(orders, nodes)
            let rebuilt = try await nodes.run("street", ["rebuild"])
            #expect(rebuilt.status == 0, "\(rebuilt.errors)")
        }
    }

    @Test("A node goes back to the version before and forth again, over the same data")
    func backAndForth() async throws {
        let previous = try #require(Previous.binary)
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: district, by: previous)
            try await nodes.start("district", by: previous)
            try await nodes.join("street", "street", code: street, parent: district, at: "district")
            try await nodes.start("street")
            var orders = [try await nodes.submit("district", for: street, "路灯不亮", by: previous)]
            for binary in [Liandong.binary, previous, Liandong.binary] {
                // Where this build has added tables, the one before says that it cannot open the file: nothing is lost.
                try await nodes.stop("district")
                do { try await nodes.start("district", by: binary) } catch let error as Liandong.Unexpected {
                    #expect(binary == previous && error.description.contains("upgrade liandong"), "\(error)")
                    continue
                }
                orders.append(try await nodes.submit("district", for: street, "井盖松动", by: binary))
            }
            try await expectEqual(orders, nodes, ["district", "street"])
        }
    }

    /// All nodes show the same orders.
    private func expectEqual(_ orders: [String], _ nodes: OwnNodes, _ names: [String]? = nil) async throws {
        let names = names ?? self.names
        for number in orders {
            let isEqual = try await eventually(within: .seconds(60), every: .milliseconds(300)) {
                var shown: Set<String> = []
                for name in names { shown.insert(try await show(number, nodes, name)) }
                return shown.count == 1 && shown != [""]
            }
            #expect(isEqual, "order \(number) at \(names)")
        }
    }

    /// What both versions say of an order, whatever a later one adds.
    private static let commonKeys = [
        "number", "record", "status", "service", "description", "accepted_at", "place", "holders", "events",
        "updated_at",
    ]

    private static let commonEventKeys = ["at", "act", "by", "to", "round", "text", "reason", "applied", "note"]

    /// An order as a node shows it; empty when it does not.
    private func show(_ number: String, _ nodes: OwnNodes, _ name: String) async throws -> String {
        let output = try await nodes.run(name, ["order", "show", number], ["--json"])
        guard output.status == 0 else { return "" }
        var object = try output.json().filter { MixedVersionTests.commonKeys.contains($0.key) }
        object["events"] = (object["events"] as? [[String: Any]] ?? []).map { event in
            event.filter { MixedVersionTests.commonEventKeys.contains($0.key) }
        }
        return String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }
}
