import Foundation
import LiandongCore
import LiandongReports
import LiandongSigning
import LiandongStore
import Logging
import Testing

@testable import LiandongNode

/// What the command line is told of forks and alarms, from a node's replica, with no process in sight.
@Suite("The report of forks and alarms") struct ForksReportTests {
    private let folder: NodeFolder
    private let home = FileManager.default.temporaryDirectory.appendingPathComponent("forks-\(UUID())")

    init() throws {
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        folder = NodeFolder(home.appendingPathComponent("d").path)
    }

    private func found() async throws -> Node {
        let logger = Logger(label: "forks") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Founding.found(
            folder,
            name: "端州区",
            placeName: "端州区",
            code: "441202000000",
            listen: "127.0.0.1:0",
            http: "127.0.0.1:0",
            anchor: nil,
            logger: logger
        )
        return try await Node(folder, logger: logger)
    }

    private func report(_ desk: AdminDesk, limit: Int = 10) async throws -> ForksReport {
        try ReportCoding.decoder.decode(ForksReport.self, from: try await desk.report(.forks(limit: limit)))
    }

    @Test("An alarm is dismissed by the name that the report gives it, by somebody who is named, and is listed on")
    func dismissing() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let node = try await found()
        let desk = AdminDesk(node: node)
        let peer = NodeKeys.generate().nodeID
        let alarms = [Alarm.Kind.rewoundLane, .rewoundStore, .authorityFork].map { kind in
            Alarm(kind: kind, subject: [UInt8(kind.rawValue), 0xAB], peer: peer, ours: 1, theirs: 2)
        }
        for alarm in alarms { try await node.store.keep(alarm) }
        let before = try await report(desk)
        #expect(Set(before.alarms.map(\.kind)) == ["rewound-lane", "rewound-store", "authority-fork"])
        #expect(before.alarms.allSatisfy { $0.dismissed == nil } && !before.isPartial)

        for (subject, name, code) in [
            ("rewound-lane:01ff", "李工", NodeError.Code.notFound), ("", "李工", .notFound),
            ("rewound-lane:01ab", "", .usage), ("rewound-lane:01ab", String(repeating: "李", count: 67), .usage),
        ] {
            let error = await #expect(throws: NodeError.self) {
                try await desk.report(.dismissFork(subject, operatorName: name))
            }
            #expect(error?.code == code, "\(subject) by \(name)")
        }
        #expect(try await report(desk).alarms.allSatisfy { $0.dismissed == nil }, "nothing came of those")

        for alarm in before.alarms.filter({ $0.kind != "rewound-store" }) {
            _ = try await desk.report(.dismissFork("\(alarm.kind):\(alarm.subject)", operatorName: "李工"))
        }
        let after = try await report(desk)
        let open = after.alarms.filter { $0.dismissed == nil }
        #expect(after.alarms.count == 3 && open.map(\.kind) == ["rewound-store"])
        #expect(after.alarms.allSatisfy { $0.dismissed.map { $0.by == "李工" && !$0.at.isEmpty } ?? true })
        #expect(try await report(desk, limit: 2).isPartial, "what is not listed may be what nobody has looked at")

        try await node.store.keep(Alarm(kind: .rewoundLane, subject: [1, 0xAB], peer: peer, ours: 1, theirs: 3))
        let again = try await report(desk)
        #expect(Set(again.alarms.filter { $0.dismissed == nil }.map(\.kind)) == ["rewound-lane", "rewound-store"])
        try await node.store.close()
    }
}
