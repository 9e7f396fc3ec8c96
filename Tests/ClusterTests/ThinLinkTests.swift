import Foundation
import LiandongNode
import LiandongReports
import NIOCore
import Testing

/// Two real nodes with a line of 64 kbit/s between them.
@Suite("Thin links", .serialized, .timeLimit(.minutes(5)))
struct ThinLinkTests {
    private let district = "441202000000"
    private let community = "441202001001"
    /// About 1.4 MB on the wire: three minutes of the line.
    private let registrations = 1_000

    @Test("Work orders pass a link of 64 kbit/s, both ways, while a backlog of registrations is still on its way")
    func ordersPassABacklog() async throws {
        try await withThinLine { nodes, _ in
            try await register(registrations, at: nodes.data("community"))
            let atFirst = try await nodes.gauge("district", "liandong_records")
            try await expectArrival("up", nodes, from: "community", to: "district")
            try await expectArrival("down", nodes, from: "district", to: "community")
            let atLast = try await nodes.gauge("district", "liandong_records")
            #expect(atLast < registrations, "the backlog has not ended: \(atLast) records")
            let moves = try await eventually { try await nodes.gauge("district", "liandong_records") > atLast }
            #expect(moves, "the backlog moves: \(atFirst), then \(atLast)")
        }
    }

    @Test("Work orders pass a link of 64 kbit/s while a photo is on its way; what has come of it is told")
    func ordersPassAPhoto() async throws {
        try await withThinLine { nodes, first in
            let client = AdminClient(NodeFolder(nodes.data("district")))
            func photo() throws -> OrderReport.Attachment? {
                try client.call(.order(number: first), as: OrderReport.self).attachments.first
            }
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let file = folder.url.appending(component: "photo.jpg")
            // 1.5 MB: three minutes of the line.
            let head: [UInt8] = [
                0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0,
            ]
            try Data(head + [0x3F, 0] + [UInt8](repeating: 7, count: 1_500_000) + [0xFF, 0xD9]).write(to: file)
            let form = AdminRequest.PhotoForm(number: first, file: file.path)
            _ = try AdminClient(NodeFolder(nodes.data("community"))).call(.addPhoto(form))
            #expect(try await eventually { try photo() != nil }, "it is told of before its bytes have come")
            try await expectArrival("up", nodes, from: "community", to: "district")
            let atLast = try #require(try photo())
            #expect(atLast.parts == 98 && atLast.partsHere < atLast.parts, "\(atLast.partsHere) parts have come")
            #expect(try await eventually { try photo()?.partsHere ?? 0 > atLast.partsHere }, "and more are coming")
        }
    }

    /// A district and a community on both ends of a thin line, and an order that has passed it.
    private func withThinLine(_ body: (OwnNodes, _ first: String) async throws -> Void) async throws {
        try await OwnNodes.with { nodes in
            try await nodes.found("district", code: district)
            var settings = try nodes.settings("district")
            // The chain enrols the district at the address it was founded with: that is to be the relay's, so that nobody
            // knows the way round it.
            let known = try #require(settings.listen.split(separator: ":").last.flatMap { Int($0) })
            let port = try await ThinRelay.freePort()
            let relay = try await ThinRelay.start(at: known, to: port, bytesPerSecond: 8_000, delay: .milliseconds(100))
            settings.listen = "127.0.0.1:\(port)"
            settings.advertise = relay.address
            try NodeFolder(nodes.data("district")).save(settings)
            try await nodes.start("district")
            try await nodes.join("community", "community", code: community, parent: district, at: "district")
            try await nodes.start("community")
            let first = try await nodes.submit("community", for: community, "路灯不亮")
            #expect(try await eventually { try await nodes.shows("district", first) })
            try await body(nodes, first)
            await relay.stop()
        }
    }

    private func expectArrival(_ way: String, _ nodes: OwnNodes, from: String, to: String) async throws {
        let began = ContinuousClock.now
        let number = try await nodes.submit(from, for: community, "路灯不亮")
        let arrives = try await eventually(within: .seconds(120)) { try await nodes.shows(to, number) }
        #expect(arrives, "an order on its way \(way)")
        print("thin link, \(way): an order was shown after \(ContinuousClock.now - began)")
    }

    /// Writes a backlog of bulk at a node.
    private func register(_ count: Int, at data: String) async throws {
        let address = String(repeating: "城东街道包公社区第三网格十二号楼", count: 25)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<2 {
                group.addTask {
                    let client = AdminClient(NodeFolder(data))
                    for index in stride(from: part, to: count, by: 2) {
                        let form = AdminRequest.ResidentForm(
                            name: "居民\(index)",
                            identityNumber: nil,
                            phone: "13900000000",
                            address: address,
                            source: "own-statement"
                        )
                        _ = try client.call(.addResident(form))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
