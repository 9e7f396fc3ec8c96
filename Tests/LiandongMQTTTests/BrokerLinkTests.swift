import Foundation
import Synchronization
import Testing

@testable import LiandongMQTT

@Suite("A link to a real broker", .serialized, .timeLimit(.minutes(5)))
struct BrokerLinkTests {
    private let topic = DeviceTopics.readings(of: "S1")

    private func lines(_ numbers: ClosedRange<Int>) -> String { numbers.map { "\($0)\n" }.joined() }

    @Test("What is not taken in was not acknowledged: all of it comes again, in its order, and then no more")
    func redelivery() async throws {
        let (topic, text) = (topic, lines(1...300))
        try await TestBroker.with { broker in
            let intake = Intake(refusals: 4)
            try await broker.link({ try intake.take($0) }) { link in
                let isUp = try await eventually { link.state.isConnected }
                #expect(isUp)
                #expect(try await broker.publish(text, as: "S1", to: topic))
                let isDone = try await eventually { intake.taken.count >= 300 }
                #expect(isDone)
                #expect(intake.taken == (1...300).map { "\($0)" })
                #expect(link.state.returned == intake.refused)
                #expect(intake.refused >= 4)
                // An answer stands behind the acknowledgements before it: where it has come, the broker has read them.
                let isRead = try await eventually {
                    try await broker.ask("behind", as: "S1", of: DeviceTopics.answer(to: "S1")) == "behind\n"
                }
                #expect(isRead)
                #expect(link.state.acknowledged >= 300)
            }
            // A session that goes on brings what was not acknowledged.
            let later = Intake()
            try await broker.link({ try later.take($0) }) { _ in
                #expect(try await broker.publish("last\n", as: "S1", to: topic))
                let isDone = try await eventually { later.taken.contains("last") }
                #expect(isDone)
            }
            #expect(later.taken.filter { Int($0) != nil }.isEmpty, "\(later.taken)")
        }
    }

    @Test("While a batch is taken in no acknowledgement leaves: the broker, killed and begun again, delivers it anew")
    func killedWhileTaking() async throws {
        let (topic, text) = (topic, lines(1...200))
        try await TestBroker.with { broker in
            let began = Date()
            let isTaking = Mutex(false)
            let mayGoOn = Mutex(false)
            let intake = Intake()
            let slow: BrokerLink.Taker = { batch in
                isTaking.withLock { $0 = true }
                while !mayGoOn.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
                return try intake.take(batch)
            }
            try await broker.link(slow) { link in
                let isUp = try await eventually { link.state.isConnected }
                #expect(isUp)
                #expect(try await broker.publish("fire\n", as: "S1", to: topic))
                let isHere = try await eventually { isTaking.withLock { $0 } }
                #expect(isHere)
                #expect(link.state.waiting == 1)
                let written = try String(contentsOf: broker.files.pidFile, encoding: .utf8)
                let pid = try #require(Int32(written.filter(\.isNumber)))
                // More than it hands over at once: what it keeps back it writes down, and all else with it.
                #expect(try await broker.publish(text, as: "S1", to: topic))
                let isSaved = try await eventually {
                    let saved = try? Data(contentsOf: broker.files.folder.appendingPathComponent("mosquitto.db"))
                    return saved?.range(of: Data("fire".utf8)) != nil
                }
                #expect(isSaved)
                let starts = broker.process.starts
                kill(pid, SIGKILL)
                let isBack = try await eventually { broker.process.starts > starts }
                #expect(isBack)
                mayGoOn.withLock { $0 = true }
                let isAgain = try await eventually { intake.taken.filter { $0 == "fire" }.count == 2 }
                #expect(isAgain, "once by the connection that was lost, and once more")
                let isDone = try await eventually { link.state.isConnected && link.state.waiting == 0 }
                #expect(isDone && link.state.since > began, "\(link.state)")
            }
        }
    }

    @Test("An answer comes under the device's own topic, once what it is about is taken in")
    func answers() async throws {
        try await TestBroker.with { broker in
            let intake = Intake(refusals: 1)
            try await broker.link({ try intake.take($0) }) { link in
                let isUp = try await eventually { link.state.isConnected }
                #expect(isUp)
                let answer = try await broker.ask("17", as: "S1", of: DeviceTopics.answer(to: "S1"))
                #expect(answer == "17\n")
                #expect(intake.taken.contains("17"))
            }
        }
    }

    @Test("A device has its own topics, and who is let in no more is sent away")
    func rights() async throws {
        let topic = topic
        try await TestBroker.with { broker in
            let intake = Intake()
            try await broker.link({ try intake.take($0) }) { link in
                let isUp = try await eventually { link.state.isConnected }
                #expect(isUp)
                #expect(try await !broker.publish("wrong\n", as: "S1", secret: "two", to: topic))
                #expect(try await !broker.publish("unknown\n", as: "S3", to: topic))
                // MQTT 3.1.1 has no word for it: the publication is passed over.
                _ = try await broker.publish("another's\n", as: "S2", to: topic)
                #expect(try await broker.publish("own\n", as: "S1", to: topic))
                let isDone = try await eventually { !intake.taken.isEmpty }
                #expect(isDone)
                #expect(intake.taken == ["own"])
                #expect(try await broker.ask("2", as: "S2", of: DeviceTopics.answer(to: "S2")) == "2\n")

                #expect(try broker.files.admit(TestBroker.users(["@node", "S2"])))
                broker.process.reload()
                let isOut = try await eventually { try await !broker.publish("late\n", as: "S1", to: topic) }
                #expect(isOut)
                #expect(try await broker.ask("3", as: "S2", of: DeviceTopics.answer(to: "S2")) == "3\n")
            }
        }
    }

    @Test("A device that is connected is ended once it is let in no more")
    func ended() async throws {
        try await TestBroker.with { broker in
            let (topic, noted) = (DeviceTopics.answer(to: "S1"), broker.files.folder.appendingPathComponent("noted"))
            try await withThrowingTaskGroup(of: Int32.self) { group in
                group.addTask { try await broker.listen(as: "S1", to: topic, noting: noted) }
                let hears = try await eventually {
                    guard try await broker.publish("hello\n", as: "@node", to: topic) else { return false }
                    return (try? Data(contentsOf: noted))?.isEmpty == false
                }
                #expect(hears)
                #expect(try broker.files.admit(TestBroker.users(["@node", "S2"])))
                broker.process.reload()
                let status = try #require(try await group.next())
                #expect(status != 0 && status != 27, "it did not end by itself: \(status)")
            }
        }
    }

    @Test("A link that is ended while it takes a batch in acknowledges that before it goes")
    func endedWhileTaking() async throws {
        let topic = topic
        try await TestBroker.with { broker in
            let (intake, isTaking, mayGoOn) = (Intake(), Progress(), Progress())
            let slow: BrokerLink.Taker = { batch in
                isTaking.note()
                // Also where its task is cancelled.
                while !mayGoOn.isNoted { try? await Task.sleep(for: .milliseconds(10)) }
                return try intake.take(batch)
            }
            let link = broker.link(slow)
            let running = Task { await link.run() }
            let isUp = try await eventually { link.state.isConnected }
            #expect(isUp)
            #expect(try await broker.publish("fire\n", as: "S1", to: topic))
            let isHere = try await eventually { isTaking.isNoted }
            #expect(isHere)
            running.cancel()
            mayGoOn.note()
            await running.value
            #expect(link.state.acknowledged == 1)
            let later = Intake()
            try await broker.link({ try later.take($0) }) { _ in
                #expect(try await broker.publish("last\n", as: "S1", to: topic))
                let isDone = try await eventually { later.taken.contains("last") }
                #expect(isDone)
            }
            #expect(later.taken == ["last"])
        }
    }

    @Test("A link whose secret is wrong says so, and is not connected")
    func refused() async throws {
        try await TestBroker.with { broker in
            #expect(try broker.files.admit(TestBroker.users(["S1"])))
            broker.process.reload()
            try await broker.link({ _ in [] }) { link in
                let since = link.state.since
                let isRefused = try await eventually {
                    link.state.trouble.map { $0.code == .refused && $0.reason.contains("does not let the node in") }
                        == true
                }
                #expect(isRefused, "\(link.state)")
                #expect(!link.state.isConnected && link.state.since == since, "it never was")
            }
        }
    }
}
