import LiandongCore
import LiandongDomain
import LiandongStore
import LiandongWeb
import Testing

@testable import LiandongNode

@Suite("When devices are woken")
struct DueTests {
    /// What the node's clock does each half second.
    private func tick(_ site: DeskSite) async throws {
        try await site.desk.reviewDues()
        let now = site.clock.now
        for device in try await site.store.read({ try $0.devicesDue(at: now) }) { try await site.desk.wake(device) }
    }

    private func raised(_ site: DeskSite) async throws -> [String] {
        try await site.alarms().filter(\.isRaised).map(\.type)
    }

    @Test("A device that was blocked and let in again is missed when it is silent")
    func unblocked() async throws {
        try await DeskSite.with { site in
            let (device, token) = try await site.device(.elevator)
            try await site.send(#"{"values":{"speed":1}}"#, token)
            _ = try await site.store.commit(BlockDevice(.record(device), isBlocked: true, reason: ""), as: site.actor)
            site.clock.advance(seconds: 700)
            try await tick(site)
            #expect(try await raised(site).isEmpty, "nobody misses who was locked out")
            _ = try await site.store.commit(BlockDevice(.record(device), isBlocked: false, reason: ""), as: site.actor)
            try await tick(site)
            #expect(try await raised(site) == ["silent"])
            try await tick(site)
            #expect(try await site.alarms().count == 1)
        }
    }

    @Test("Time in which the node could take nothing in is nobody's silence")
    func fullDisk() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.elevator)
            try await site.send(#"{"values":{"speed":1}}"#, token)
            site.desk.noteReadOnly(true)
            site.clock.advance(seconds: 3_600)
            site.desk.noteReadOnly(false)
            try await tick(site)
            #expect(try await raised(site).isEmpty)
            site.clock.advance(seconds: 599)
            site.desk.noteReadOnly(false)
            try await tick(site)
            #expect(try await raised(site).isEmpty)
            site.clock.advance(seconds: 2)
            try await tick(site)
            #expect(try await raised(site) == ["silent"])
        }
    }

    @Test("What is replayed is not heard; what nobody can read is")
    func hearing() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.elevator)
            let messages = (0..<130).map { "{\"boot\":\"b\",\"seq\":\($0 * 2),\"values\":{\"speed\":1}}" }
            try await site.send("[" + messages.joined(separator: ",") + "]", token)
            try await site.send(#"{"boot":"b","seq":1,"values":{"speed":1}}"#, token)
            site.clock.advance(seconds: 500)
            await #expect(throws: DeviceDeskError.self) { try await site.send("{", token) }
            site.clock.advance(seconds: 500)
            try await tick(site)
            #expect(try await raised(site).isEmpty, "it spoke, though nobody understood it")
            site.clock.advance(seconds: 200)
            try await tick(site)
            #expect(try await raised(site) == ["silent"])
            let message = try #require(try await site.quarantined().first)
            #expect(try await site.desk.replay(message) == 1)
            #expect(try await raised(site) == ["silent"])
            await #expect(throws: DeviceDeskError.self) { try await site.send("{", token) }
            #expect(try await raised(site).isEmpty)
        }
    }

    @Test(
        "Where what is remembered of a device cannot be read, nothing is forgotten by taking more, but a fire is told"
    )
    func unreadable() async throws {
        try await DeskSite.with { site in
            let (device, token) = try await site.device(.smoke)
            let _: Int = try await site.store.ingest(as: site.actor) { _ in
                var effects = IngestEffects(receipt: 0)
                effects.states = [.init(device: device, bytes: [9, 9], due: nil)]
                return effects
            }
            let error = await #expect(throws: StoreError.self) {
                try await site.send(#"{"values":{"battery":90}}"#, token)
            }
            #expect(error?.code == .corrupt)
            #expect(try await site.send(#"{"values":{"smoke":true}}"#, token).alarms.count == 1)
        }
    }

    @Test("A token that was looked up as it was replaced is not remembered")
    func replaced() async throws {
        try await DeskSite.with { site in
            let (device, token) = try await site.device(.smoke)
            let generation = site.desk.tokenGeneration
            _ = try await site.desk.makeToken(for: device, replacing: true)
            site.desk.remember(IngestDesk.hash(token), of: device, since: generation)
            #expect(try await site.desk.device(token: token) == nil)
        }
    }

    @Test("An alarm of which no order can be made waits a while, and is tried again")
    func postponed() async throws {
        try await DeskSite.with { site in
            let (alarm, _) = try await site.device(.smoke)
            site.desk.postpone(alarm, at: site.clock.now)
            #expect(site.desk.postponed(at: site.clock.now) == [alarm])
            site.clock.advance(seconds: 600)
            #expect(site.desk.postponed(at: site.clock.now).isEmpty)
        }
    }

    @Test("A shorter silence that a place sets holds for devices that waited for none")
    func shorter() async throws {
        try await DeskSite.with { site in
            func set(_ seconds: Int) async throws {
                let rule = DeviceRule("hot", "t", .above(30, clearsAt: 20), .warning)
                _ = try await site.store.commit(
                    SetDeviceRules(
                        .other,
                        at: DeskSite.community,
                        rules: seconds == 0 ? [rule] : [],
                        silentAfterSeconds: seconds
                    ),
                    as: site.actor
                )
            }
            try await set(0)
            let (_, token) = try await site.device(.other)
            try await site.send(#"{"values":{"t":40}}"#, token)
            try await tick(site)
            #expect(try await raised(site) == ["hot"])
            try await set(60)
            try await tick(site)
            #expect(try await raised(site).isEmpty, "what a rule raised that is no more is cleared")
            site.clock.advance(seconds: 59)
            try await tick(site)
            #expect(try await raised(site).isEmpty)
            site.clock.advance(seconds: 2)
            try await tick(site)
            #expect(try await raised(site) == ["silent"])
        }
    }
}
