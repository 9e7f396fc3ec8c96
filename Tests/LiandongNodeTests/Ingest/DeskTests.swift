import LiandongCore
import LiandongDomain
import LiandongStore
import LiandongWeb
import Testing

@testable import LiandongNode

@Suite("The desk for devices")
struct DeskTests {
    @Test("A call with a key has its effect once, and its answer again; with other bytes it is refused")
    func keys() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.sos)
            let press = #"{"values":{"press":true}}"#
            let key = LiandongWeb.IdempotencyKey(text: "ingest k", bodyHash: [1])
            let first = try await site.send(press, token, key: key)
            #expect(first.alarms.count == 1)
            #expect(try await site.send(press, token, key: key) == first)
            #expect(try await site.alarms().map(\.count) == [1])
            let error = await #expect(throws: DeviceDeskError.self) {
                try await site.send(press, token, key: LiandongWeb.IdempotencyKey(text: "ingest k", bodyHash: [2]))
            }
            guard case .conflict? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let (_, other) = try await site.device(.sos, code: "S2")
            #expect(try await site.send(press, other, key: key).alarms.count == 1, "another device's key is another")
            #expect(try await site.readingCount() == 2)
        }
    }

    @Test("A blocked device looks like an unknown token, before and after its message is read")
    func blocked() async throws {
        try await DeskSite.with { site in
            let (device, token) = try await site.device(.smoke)
            try await site.desk.check(token: token)
            _ = try await site.store.commit(BlockDevice(.record(device), isBlocked: true, reason: ""), as: site.actor)
            for token in [token, "ldd_x"] {
                await #expect(throws: DeviceDeskError.unauthorized) { try await site.desk.check(token: token) }
                await #expect(throws: DeviceDeskError.unauthorized) { try await site.send("{", token) }
            }
            #expect(try await site.quarantined().isEmpty)
        }
    }

    @Test("Rules that are changed between two readings hold for the second")
    func rulesChange() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.wasteBin)
            try await site.send(#"{"values":{"temperature":60}}"#, token)
            #expect(try await site.alarms().isEmpty)
            let rule = DeviceRule("bin-fire", "temperature", .above(55, clearsAt: 40), .life, service: "0701")
            _ = try await site.store.commit(
                SetDeviceRules(.wasteBin, at: DeskSite.community, rules: [rule], silentAfterSeconds: 0),
                as: site.actor
            )
            #expect(try await site.send(#"{"values":{"temperature":60}}"#, token).alarms.count == 1)
        }
    }
}
