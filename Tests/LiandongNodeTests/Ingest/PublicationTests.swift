import Foundation
import LiandongCore
import LiandongDomain
import LiandongMQTT
import LiandongSimulation
import LiandongStore
import LiandongWeb
import Synchronization
import Testing

@testable import LiandongNode

@Suite("What devices publish")
struct PublicationTests {
    private func publication(_ text: String, of code: String = "S1") -> Publication {
        Publication(topic: DeviceTopics.readings(of: code), payload: Array(text.utf8))
    }

    /// What devices are told, by the topic.
    private func take(_ site: DeskSite, _ publications: [Publication]) async throws -> [String: [[String: Any]]] {
        var told: [String: [[String: Any]]] = [:]
        for answer in try await site.desk.take(publications) {
            let object = try JSONSerialization.jsonObject(with: Data(answer.payload))
            told[answer.topic, default: []].append(try #require(object as? [String: Any]))
        }
        return told
    }

    @Test("A fire raises its alarm and is answered as over HTTP, with its message's number; again it is a duplicate")
    func fire() async throws {
        try await DeskSite.with { site in
            _ = try await site.device(.smoke)
            let fire = publication(#"{"boot":"b","seq":17,"values":{"smoke":true}}"#)
            let first = try #require(try await take(site, [fire])["liandong/v1/ack/S1"]?.first)
            #expect(first["seq"] as? Int == 17)
            #expect(first["boot"] as? String == "b")
            #expect(first["accepted"] as? Int == 1)
            #expect((first["alarms"] as? [String])?.count == 1)
            let second = try #require(try await take(site, [fire])["liandong/v1/ack/S1"]?.first)
            #expect(second["accepted"] as? Int == 0)
            #expect(second["duplicates"] as? Int == 1)
            #expect(try await site.alarms().map(\.count) == [1])
        }
    }

    @Test("A batch of several devices is taken in the order of each, SenML and this project's own form alike")
    func batch() async throws {
        try await DeskSite.with { site in
            _ = try await site.device(.wasteBin)
            _ = try await site.device(.environment, code: "S2")
            let told = try await take(
                site,
                (1...5).flatMap { number in
                    [
                        publication("{\"boot\":\"b\",\"seq\":\(number),\"values\":{\"fill\":\(number)}}"),
                        publication("[{\"bn\":\"x:\",\"n\":\"pm25\",\"v\":\(number)}]", of: "S2"),
                    ]
                }
            )
            // One answer for all of a run, where there is nothing to tell of any.
            #expect(told["liandong/v1/ack/S1"]?.map { $0["seq"] as? Int } == [5])
            #expect(told["liandong/v1/ack/S1"]?.map { $0["publications"] as? Int } == [5])
            #expect(told["liandong/v1/ack/S1"]?.map { $0["accepted"] as? Int } == [5])
            #expect(told["liandong/v1/ack/S2"]?.compactMap { $0["seq"] }.isEmpty == true)
            #expect(told["liandong/v1/ack/S2"]?.map { $0["accepted"] as? Int } == [1, 1, 1, 1, 1])
            #expect(try await site.readingCount() == 10)
        }
    }

    @Test("A batch in which something came before, or is an alarm, is answered as if each had come by itself")
    func mixedBatch() async throws {
        try await DeskSite.with { site in
            _ = try await site.device(.wasteBin)
            func bin(_ number: Int, _ values: String) -> Publication {
                publication("{\"boot\":\"b\",\"seq\":\(number),\"values\":{\(values)}}")
            }
            let plain = try await take(site, [bin(1, #""fill":10,"tilt":1"#), bin(2, #""fill":11"#)])
            #expect(plain["liandong/v1/ack/S1"]?.map { $0["accepted"] as? Int } == [3])
            let again = try await take(site, [bin(2, #""fill":11"#), bin(3, #""fill":12"#), bin(3, #""fill":12"#)])
            #expect(again["liandong/v1/ack/S1"]?.map { $0["accepted"] as? Int } == [0, 1, 0])
            #expect(again["liandong/v1/ack/S1"]?.map { $0["duplicates"] as? Int } == [1, 0, 1])
            #expect(try await site.readingCount() == 4)
            _ = try await site.device(.smoke, code: "S2")
            let alarm = try await take(
                site,
                (1...3).map {
                    publication("{\"boot\":\"b\",\"seq\":\($0),\"values\":{\"smoke\":\($0 == 2)}}", of: "S2")
                }
            )
            #expect(alarm["liandong/v1/ack/S2"]?.map { ($0["alarms"] as? [String])?.count } == [0, 1, 0])
            #expect(alarm["liandong/v1/ack/S2"]?.map { $0["accepted"] as? Int } == [1, 1, 1])
        }
    }

    /// What a device's publications have come to at a site.
    private struct Outcome: Equatable {
        var told: [String: Int] = [:]
        var memory: [[UInt8]?] = []
        var alarms: [String] = []
        var quarantined: [[UInt8]] = []
        var readings = 0
    }

    private func outcome(of batches: [[Publication]]) async throws -> Outcome {
        var outcome = Outcome()
        try await DeskSite.with { site in
            let devices = [try await site.device(.wasteBin).record, try await site.device(.smoke, code: "S2").record]
            for batch in batches {
                for (topic, answers) in try await take(site, batch) {
                    for answer in answers {
                        outcome.told[topic, default: 0] += answer["publications"] as? Int ?? 1
                        for key in ["accepted", "duplicates", "late", "ahead", "quarantined", "status"] {
                            outcome.told["\(topic) \(key)", default: 0] += answer[key] as? Int ?? 0
                        }
                    }
                }
            }
            outcome.memory = try await site.store.read { reader in try devices.map { try reader.deviceState($0) } }
            outcome.alarms = try await site.alarms().map { "\($0.type) \($0.count)" }.sorted()
            outcome.quarantined = try await site.quarantined().map(\.payload)
            outcome.readings = try await site.readingCount()
        }
        return outcome
    }

    @Test("However publications are cut into batches, the same comes of them", arguments: 1...12)
    func cuts(seed: UInt64) async throws {
        var generator = SeededRandom(seed: seed, stream: 0)
        let start = DeskSite.start.milliseconds
        let texts = [
            #""values":{"fill":20}"#, #""values":{"fill":95,"battery":80}"#, #""values":{"battery":3}"#,
            #""values":{"battery":70}"#, #""t":\#(start - 3_600_000),"values":{"fill":30}"#,
            #""t":\#(start + 3_600_000),"values":{"fill":31}"#, #""t":1000,"values":{"fill":32}"#,
            #""values":{"temperature":80}"#, #""values":{"smoke":true}"#, #""values":{"smoke":false}"#, #""values":1"#,
        ]
        var (publications, number) = ([Publication](), 0)
        for _ in 0..<80 {
            // Some are sent again, and some numbers are left out.
            number = max(1, number + Int.random(in: -1...2, using: &generator))
            let text = Int.random(in: 0..<4, using: &generator) == 0 ? texts.randomElement(using: &generator) : nil
            publications.append(
                publication(
                    "{\"boot\":\"b\",\"seq\":\(number),\(text ?? texts[0])}",
                    of: Bool.random(using: &generator) ? "S1" : "S2"
                )
            )
        }
        var (batches, rest) = ([[Publication]](), publications[...])
        while !rest.isEmpty {
            let batch = rest.prefix(Int.random(in: 1...24, using: &generator))
            batches.append(Array(batch))
            rest = rest.dropFirst(batch.count)
        }
        let singly = try await outcome(of: publications.map { [$0] })
        let cut = try await outcome(of: batches)
        #expect(cut.told == singly.told)
        #expect(cut.memory == singly.memory)
        #expect(cut.alarms == singly.alarms)
        #expect(
            cut.quarantined.sorted { $0.lexicographicallyPrecedes($1) }
                == singly.quarantined.sorted { $0.lexicographicallyPrecedes($1) }
        )
        #expect(cut.readings == singly.readings)
        #expect(singly.told["liandong/v1/ack/S1"] ?? 0 > 20)
    }

    @Test(
        "What cannot be read, or is too much at once, is kept and answered, and what comes behind it is taken",
        arguments: [
            "{", "", #"{"values":{"battery":1},"tpyo":1}"#,
            "[" + repeatElement(#"{"values":{"a":1}}"#, count: 1_001).joined(separator: ",") + "]",
        ]
    )
    func undecodable(text: String) async throws {
        try await DeskSite.with { site in
            let (device, _) = try await site.device(.smoke)
            let good = publication(#"{"boot":"b","seq":1,"values":{"battery":9}}"#)
            let told = try await take(site, [publication(text), good])["liandong/v1/ack/S1"] ?? []
            #expect(told.count == 2)
            #expect(told.first?["type"] as? String == "urn:liandong:ingest:undecodable")
            #expect(told.last?["accepted"] as? Int == 1)
            let held = try await site.quarantined()
            #expect(held.map(\.payload) == [Array(text.utf8)])
            #expect(held.map(\.source) == ["mqtt"])
            #expect(held.map(\.device) == [device])
        }
    }

    @Test("Of a device that is unknown or blocked nothing is kept, as over HTTP")
    func strangers() async throws {
        try await DeskSite.with { site in
            let (device, _) = try await site.device(.smoke)
            _ = try await site.store.commit(BlockDevice(.record(device), isBlocked: true, reason: ""), as: site.actor)
            let fire = #"{"values":{"smoke":true}}"#
            let other = Publication(topic: "liandong/v1/devices/readings", payload: Array(fire.utf8))
            #expect(try await site.desk.take([publication(fire), publication(fire, of: "S9"), other]).isEmpty)
            #expect(try await site.quarantined().isEmpty)
            #expect(try await site.alarms().isEmpty)
            #expect(site.desk.counters.withLock { $0.unauthorized } == 3)
        }
    }

    @Test("Where the store takes nothing in, nothing is answered; a matter of life is taken in all the same")
    func full() async throws {
        func shrink(_ configuration: inout StoreConfiguration) { configuration.journalByteLimit = 0 }
        try await DeskSite.with(shrink) { site in
            _ = try await site.device(.smoke)
            let battery = publication(#"{"boot":"b","seq":1,"values":{"battery":9}}"#)
            let fire = publication(#"{"boot":"b","seq":2,"values":{"smoke":true}}"#)
            await #expect(throws: StoreError.self) { try await site.desk.take([fire, battery]) }
            #expect(try await site.alarms().count == 1)
            // The broker delivers both again, as none was acknowledged: what was taken in by then is known.
            await #expect(throws: StoreError.self) { try await site.desk.take([fire, battery]) }
            #expect(try await site.alarms().map(\.count) == [1])
            #expect(try await site.quarantined().isEmpty)
        }
    }

    @Test("At what this node would fail again and again, others do not wait: it is kept for people")
    func corrupt() async throws {
        try await DeskSite.with { site in
            let (device, _) = try await site.device(.smoke)
            _ = try await site.device(.smoke, code: "S2")
            let _: Int = try await site.store.ingest(as: site.actor) { _ in
                var effects = IngestEffects(receipt: 0)
                effects.states = [.init(device: device, bytes: [0xFF], due: nil)]
                return effects
            }
            let battery = #"{"boot":"b","seq":1,"values":{"battery":9}}"#
            let told = try await take(site, [publication(battery), publication(battery, of: "S2")])
            #expect(told["liandong/v1/ack/S1"]?.first?["status"] as? Int == 422)
            #expect(told["liandong/v1/ack/S2"]?.first?["accepted"] as? Int == 1)
            #expect(try await site.quarantined().map(\.device) == [device])
            // Nor by what cannot be read itself.
            let more = try await take(site, [publication("{"), publication(battery, of: "S2")])
            #expect(more["liandong/v1/ack/S1"]?.first?["status"] as? Int == 422)
            #expect(more["liandong/v1/ack/S2"]?.first?["duplicates"] as? Int == 1)
            #expect(try await site.quarantined().map(\.payload) == [battery, "{"].map { Array($0.utf8) })
        }
    }

    @Test("What this node is refused is no fault of the message: it waits at the broker")
    func refusals() {
        let isOfTheMessage = Refusal.Code.allCases.filter { code in
            Refusal.Key.allCases.first { $0.message.code == code }.map { IngestDesk.isOfTheMessage(Refusal($0)) }
                ?? false
        }
        #expect(Set(isOfTheMessage) == [.notFound, .invalid, .wrongState, .conflict])
        #expect(!IngestDesk.isOfTheMessage(DeviceDeskError.readOnly("this node is not enrolled")))
        #expect(!IngestDesk.isOfTheMessage(StoreError(.busy, "full")))
    }
}
