import LiandongCore
import LiandongDomain
import LiandongStore
import LiandongWeb
import Testing

@testable import LiandongNode

@Suite("Quarantine of what devices send")
struct QuarantineTests {
    /// More gaps than are remembered, so that number 1 may have come or not.
    private func gaps(_ site: DeskSite, _ token: String) async throws {
        let messages = (0..<130).map { "{\"boot\":\"b\",\"seq\":\($0 * 2),\"values\":{\"battery\":90}}" }
        #expect(try await site.send("[" + messages.joined(separator: ",") + "]", token).accepted == 130)
    }

    @Test("Of a call only what nobody can tell of is kept, and replayed it has its effect, once")
    func unsure() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.sos)
            try await gaps(site, token)
            let press = #"{"values":{"press":true}}"#
            let receipt = try await site.send(
                "[\(press),{\"boot\":\"b\",\"seq\":1,\"values\":{\"press\":true}},\(press)]",
                token
            )
            #expect(receipt.accepted == 2 && receipt.quarantined == 1 && receipt.alarms.count == 1)
            #expect(try await site.alarms().map(\.count) == [2])
            let message = try #require(try await site.quarantined().first)

            #expect(try await site.desk.replay(message) == 1)
            #expect(try await site.alarms().map(\.count) == [3], "those beside it had their effect before")
            #expect(try await site.quarantined().isEmpty)
            // Somebody who had the list before replays it as well.
            await #expect(throws: Refusal.self) { try await site.desk.replay(message) }
            #expect(try await site.alarms().map(\.count) == [3])
            #expect(try await site.readingCount() == 133)
        }
    }

    @Test("A value too long or too great is kept", arguments: [#""\#(String(repeating: "x", count: 257))""#, "1e101"])
    func tooLong(value: String) async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.smoke)
            let error = await #expect(throws: DeviceDeskError.self) {
                try await site.send("[{\"values\":{\"battery\":9}},{\"values\":{\"a\":\(value)}}]", token)
            }
            guard case .undecodable? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await site.quarantined().count == 1)
        }
    }

    @Test("A clock that fell to 2000 hides no fire; what it says besides is kept, and cannot be replayed")
    func clockFell() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.smoke)
            let receipt = try await site.send(
                #"{"boot":"b","seq":1,"t":946684800,"values":{"smoke":true,"battery":90}}"#,
                token
            )
            #expect(receipt.alarms.count == 1 && receipt.accepted == 1 && receipt.quarantined == 1)
            #expect(try await site.alarms().map(\.raisedAt) == [site.clock.now])
            let message = try #require(try await site.quarantined().first)
            await #expect(throws: DeviceDeskError.self) { try await site.desk.replay(message) }
            #expect(try await site.quarantined().map(\.number) == [message.number])
            let old = #"{"t":946684800,"values":{"battery":90}}"#
            #expect(try await site.send("[\(old),{\"values\":{\"smoke\":true}}]", token).accepted == 1)
        }
    }

    @Test("What cannot be read stays when it is replayed")
    func undecodable() async throws {
        try await DeskSite.with { site in
            let (_, token) = try await site.device(.smoke)
            await #expect(throws: DeviceDeskError.self) { try await site.send("{", token) }
            let message = try #require(try await site.quarantined().first)
            await #expect(throws: DeviceDeskError.self) { try await site.desk.replay(message) }
            #expect(try await site.quarantined() == [message])
        }
    }
}
