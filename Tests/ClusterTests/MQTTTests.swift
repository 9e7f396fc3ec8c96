import Foundation
import Synchronization
import Testing

/// Devices that send to real nodes by a real mosquitto.
@Suite("Devices over MQTT", .serialized, .timeLimit(.minutes(20)))
struct MQTTTests {
    private let community = "441202001001"
    private let district = "441202000000"

    private func topic(_ code: String) -> String { "liandong/v1/devices/\(code)/readings" }

    /// Publishes a text and waits for the broker's acknowledgement.
    private func publish(
        _ body: String,
        as code: String,
        _ token: String,
        to topic: String,
        _ cluster: Cluster
    ) async throws -> Bool {
        let output = try await Liandong.run(
            URL(filePath: "/usr/bin/mosquitto_pub"),
            try await arguments(code, token, cluster) + ["-t", topic, "-m", body],
            seconds: 20
        )
        return output.status == 0
    }

    /// Publishes a text and waits for the node's answer.
    private func ask(
        _ body: String,
        as code: String,
        _ token: String,
        _ cluster: Cluster
    ) async throws -> [String: Any] {
        try await Liandong.run(
            URL(filePath: "/usr/bin/mosquitto_rr"),
            try await arguments(code, token, cluster)
                + ["-t", topic(code), "-e", "liandong/v1/ack/\(code)", "-m", body, "-W", "15"],
            seconds: 20
        ).json()
    }

    private func arguments(_ code: String, _ token: String, _ cluster: Cluster) async throws -> [String] {
        let address = try #require(try await cluster.node(community).mqtt).split(separator: ":").map(String.init)
        return ["-h", address[0], "-p", address[1], "-u", code, "-P", token, "-q", "1"]
    }

    private func add(_ code: String, kind: String, in cluster: Cluster) async throws -> String {
        let added = try await cluster.run(community, ["device", "add", code], ["--kind", kind])
        guard added.status == 0 else { throw Liandong.Unexpected(added.errors) }
        return added.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Once the broker has been told of a device.
    private func isLetIn(_ code: String, _ token: String, _ cluster: Cluster) async throws -> Bool {
        try await eventually {
            try await publish(#"{"values":{"battery":90}}"#, as: code, token, to: topic(code), cluster)
        }
    }

    private func values(_ code: String, _ series: String, _ cluster: Cluster) async throws -> [String] {
        let query = try await cluster.run(
            community,
            ["series", "query", code, series],
            ["--resolution", "raw", "--limit", "100000", "--json"]
        ).json()
        return (query["readings"] as? [[String: Any]] ?? []).compactMap { $0["value"] as? String }
    }

    @Test("A fire that is published is an alarm and an order at the district; the device is answered after the commit")
    func fire() async throws {
        try await Cluster.with("demo") { cluster in
            let token = try await add("S1", kind: "smoke", in: cluster)
            let other = try await add("S2", kind: "smoke", in: cluster)
            #expect(try await isLetIn("S1", token, cluster))
            #expect(try await isLetIn("S2", other, cluster))
            let status = try await cluster.run(community, ["status"], ["--json"]).json()
            let broker = try #require(status["broker"] as? [String: Any])
            #expect(
                broker["connected"] as? Bool == true && broker["since"] != nil && broker["complaint"] == nil,
                "\(broker)"
            )
            let none = try await cluster.run(district, ["status"], ["--json"]).json()["broker"] as? [String: Any]
            #expect(none?["configured"] as? Bool == false && none?["connected"] as? Bool == false)

            #expect(try await !publish("{", as: "S1", "wrong", to: topic("S1"), cluster), "a wrong token")
            #expect(try await publish("not JSON", as: "S1", token, to: topic("S1"), cluster))
            let fire = #"{"boot": "b", "seq": 7, "values": {"smoke": true}}"#
            // MQTT 3.1.1 cannot say that a topic is another's; nothing comes of it.
            _ = try await publish(fire, as: "S2", other, to: topic("S1"), cluster)
            // Once the node has seen to all of it, what is answered next is the fire.
            let isSeenTo = try await eventually {
                try await cluster.run(community, ["quarantine", "list"], ["--json"]).json()["held"] as? Int == 1
            }
            #expect(isSeenTo)
            let answer = try await ask(fire, as: "S1", token, cluster)
            #expect(answer["seq"] as? Int == 7)
            #expect(answer["accepted"] as? Int == 1, "not a duplicate: nothing came of what another published")
            let alarm = try #require((answer["alarms"] as? [String])?.first)
            let shown = try await cluster.run(community, ["alarm", "show", alarm], ["--json"]).json()
            #expect(shown["status"] as? String == "tasked", "the answer comes after the commit")
            #expect(try await ask(fire, as: "S1", token, cluster)["duplicates"] as? Int == 1)

            let held = try await cluster.run(community, ["quarantine", "list"], ["--json"]).json()
            let messages = held["messages"] as? [[String: Any]] ?? []
            #expect(messages.map { $0["source"] as? String } == ["mqtt"])
            #expect(messages.map { $0["device"] as? String } == ["S1"])
            let isSeen = try await eventually {
                let list = try await cluster.run(district, ["alarm", "list"], ["--json"]).json()
                guard let alarms = list["alarms"] as? [[String: Any]], alarms.count == 1 else { return false }
                return alarms[0]["type"] as? String == "fire" && (alarms[0]["orders"] as? [String])?.count == 1
            }
            #expect(isSeen)

            // Another token replaces the first, and who is blocked is let in no more.
            let renewed = try await cluster.run(community, ["device", "token", "S1"]).output
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await isLetIn("S1", renewed, cluster))
            #expect(try await !publish("{", as: "S1", token, to: topic("S1"), cluster))
            _ = try await cluster.run(community, ["device", "block", "S2"])
            let isOut = try await eventually {
                try await !publish(#"{"values":{"battery":9}}"#, as: "S2", other, to: topic("S2"), cluster)
            }
            #expect(isOut)
            let metrics = try await HTTP.get(try await cluster.node(community).http.appending(path: "metrics")).body
            #expect(String(decoding: metrics, as: UTF8.self).contains("\nliandong_mqtt_connected 1\n"))
        }
    }

    @Test("A node killed again and again loses nothing that its broker acknowledged, and keeps none of it twice")
    func kills() async throws {
        try await Cluster.with("demo") { cluster in
            let token = try await add("W1", kind: "waste-bin", in: cluster)
            #expect(try await isLetIn("W1", token, cluster))
            var next = 1
            for round in 0..<Cluster.killCount(20) {
                let first = next
                let acknowledged = Mutex(0)
                let sender = Task {
                    var number = first
                    while try await publish(
                        #"{"boot": "b", "seq": \#(number), "values": {"fill": \#(number)}}"#,
                        as: "W1",
                        token,
                        to: topic("W1"),
                        cluster
                    ) {
                        number += 1
                        acknowledged.withLock { $0 += 1 }
                    }
                    return number
                }
                // Somewhere in what comes, each round elsewhere.
                let isUnderWay = try await eventually(every: .milliseconds(3)) {
                    acknowledged.withLock { $0 } > round % 4
                }
                #expect(isUnderWay)
                try await cluster.kill9(community)
                next = try await sender.value
                try await cluster.restart(community)
                #expect(try await isLetIn("W1", token, cluster))
            }
            // The one that was not acknowledged is published again, whatever became of it.
            let last = #"{"boot": "b", "seq": \#(next), "values": {"fill": \#(next)}}"#
            let isAnswered = try await eventually {
                try await ask(last, as: "W1", token, cluster)["seq"] as? Int == next
            }
            #expect(isAnswered)
            let kept = try await values("W1", "fill", cluster)
            let acknowledged = Set((1...next).map { "\($0)" })
            #expect(Set(kept) == acknowledged, "none is lost")
            #expect(kept.count == acknowledged.count, "none is kept twice")
        }
    }

    @Test("What the broker has written down it delivers after it was killed, and the node is with it again by itself")
    func brokerKilled() async throws {
        try await Cluster.with("demo") { cluster in
            let token = try await add("W1", kind: "waste-bin", in: cluster)
            #expect(try await isLetIn("W1", token, cluster))
            let folder = URL(filePath: try await cluster.node(community).data).appending(path: "mqtt")
            let file = folder.appending(path: "mosquitto.pid")
            for number in 1...5 {
                let fill = #"{"boot": "b", "seq": \#(number), "values": {"fill": \#(number)}}"#
                #expect(try await publish(fill, as: "W1", token, to: topic("W1"), cluster))
                let pid = try #require(Int32(String(contentsOf: file, encoding: .utf8).filter(\.isNumber)))
                // Either it is with the node by then, or the broker has it in its file.
                let isSafe = try await eventually {
                    let saved = try? Data(contentsOf: folder.appending(path: "mosquitto.db"))
                    if saved?.range(of: Data("\"seq\": \(number),".utf8)) != nil { return true }
                    return try await values("W1", "fill", cluster).contains("\(number)")
                }
                #expect(isSafe)
                kill(pid, SIGKILL)
                let isBack = try await eventually {
                    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return false }
                    return Int32(text.filter(\.isNumber)) != pid
                }
                #expect(isBack)
                #expect(try await isLetIn("W1", token, cluster))
            }
            let isDone = try await eventually { try await values("W1", "fill", cluster).count == 5 }
            #expect(isDone)
            #expect(try await values("W1", "fill", cluster).sorted() == (1...5).map { "\($0)" })

            // Without its file it knows of no session, and would acknowledge what is nobody's: devices are let in once
            // the node has subscribed anew.
            try await cluster.end(community)
            try FileManager.default.removeItem(at: folder.appending(path: "mosquitto.db"))
            try await cluster.restart(community)
            let last = #"{"boot": "b", "seq": 6, "values": {"fill": 6}}"#
            let isPublished = try await eventually {
                try await publish(last, as: "W1", token, to: topic("W1"), cluster)
            }
            #expect(isPublished)
            #expect(try await eventually { try await values("W1", "fill", cluster).contains("6") })
        }
    }
}
