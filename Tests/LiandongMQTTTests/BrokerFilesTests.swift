import Foundation
import Testing

@testable import LiandongMQTT

@Suite("What a broker runs by")
struct BrokerFilesTests {
    private func files(in folder: String, certificate: String? = nil, key: String? = nil) -> BrokerFiles {
        let folder = URL(fileURLWithPath: folder)
        return BrokerFiles(
            folder: folder,
            socket: folder.appendingPathComponent("mqtt.sock"),
            listener: .init(host: "192.0.2.7", port: 8883, certificate: certificate, key: key)
        )
    }

    @Test("A topic of readings names its device; others name none")
    func topics() {
        #expect(DeviceTopics.readings(of: "S-1") == "liandong/v1/devices/S-1/readings")
        #expect(DeviceTopics.answer(to: "S-1") == "liandong/v1/ack/S-1")
        #expect(DeviceTopics.device(of: DeviceTopics.readings(of: "S-1")) == "S-1")
        for topic in [
            "", "liandong/v1/devices/readings", "liandong/v1/devices//readings", "liandong/v1/devices/a/b/readings",
            "liandong/v1/devices/a/readings/x", "x/liandong/v1/devices/a/readings", "liandong/v1/ack/a",
        ] {
            #expect(DeviceTopics.device(of: topic) == nil, "\(topic)")
        }
    }

    @Test("Keys are those of RFC 8018, and digests those that mosquitto_passwd makes")
    func secrets() {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        let (secret, salt) = (Array("password".utf8), Array("salt".utf8))
        #expect(
            hex(BrokerSecret.derivedKey(from: secret, salt: salt, rounds: 1)) == """
                867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252\
                c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce
                """
        )
        #expect(
            hex(BrokerSecret.derivedKey(from: secret, salt: salt, rounds: 2)) == """
                e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c\
                f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e
                """
        )
        let digest = BrokerSecret.digest(of: "ldd_x", salt: Array(0..<12))
        #expect(digest.hasPrefix("$7$101$AAECAwQFBgcICQoL$"))
        #expect(digest.split(separator: "$").last.flatMap { Data(base64Encoded: String($0)) }?.count == 64)
    }

    @Test("Nobody comes unnamed, ids are names, and what waits for the node is saved every other second")
    func configuration() {
        let plain = files(in: "/srv/n/mqtt").configurationText(isRoot: false)
        let lines = Set(plain.split(separator: "\n").map(String.init))
        for line in [
            "allow_anonymous false", "persistence true", "autosave_on_changes false", "autosave_interval 1",
            "set_tcp_nodelay true",
            "listener 0 /srv/n/mqtt/mqtt.sock", "listener 8883 192.0.2.7", "use_username_as_clientid true",
            "max_queued_messages 10000", "max_inflight_messages 512", "max_packet_size 1052672",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!lines.contains { $0.hasPrefix("user ") || $0.hasPrefix("certfile") })
        let secured = files(in: "/srv/n/mqtt", certificate: "/srv/c.pem", key: "/srv/k.pem")
        let text = secured.configurationText(isRoot: true)
        let device = text.range(of: "listener 8883").map { String(text[$0.lowerBound...]) } ?? ""
        #expect(text.contains("user root\n"))
        #expect(device.contains("certfile /srv/c.pem\nkeyfile /srv/k.pem\n"), "TLS is where devices come")
    }

    @Test("Files are for their owner alone, and a list of users that is the same is not written again")
    func writing() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = files(in: folder.path)
        let users = [BrokerFiles.User(name: "b", digest: "2"), BrokerFiles.User(name: "a", digest: "1")]
        try files.write(users)
        for name in ["", "mosquitto.conf", "rights", "passwords"] {
            let path = folder.appendingPathComponent(name).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == (name.isEmpty ? 0o700 : 0o600), "\(name)")
        }
        let passwords = folder.appendingPathComponent("passwords")
        #expect(try String(contentsOf: passwords, encoding: .utf8) == "a:1\nb:2\n")
        #expect(try !files.admit(users.reversed()))
        #expect(try files.admit([users[0]]))
        #expect(try String(contentsOf: passwords, encoding: .utf8) == "b:2\n")
    }

    @Test("A path that would end its line, and half of a certificate, are refused")
    func refusals() {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID())")
        #expect(throws: BrokerError.self) { try files(in: folder.path + "\nuser root").write([]) }
        #expect(throws: BrokerError.self) { try files(in: folder.path, certificate: "/srv/c.pem").write([]) }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test("A certificate that cannot be read, and a folder that others may enter, are refused by name")
    func otherRefusals() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = files(in: folder.path, certificate: "/nowhere/c.pem", key: "/nowhere/k.pem")
        let unreadable = #expect(throws: BrokerError.self) { try missing.write([]) }
        #expect(unreadable?.reason.contains("/nowhere/c.pem") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        let open = #expect(throws: BrokerError.self) { try files(in: folder.path).write([]) }
        #expect(open?.reason.contains("755") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("Files that may be open are as many as wished, or as may be")
    func openFiles() {
        let before = OpenFiles.allow(0)
        #expect(before > 0)
        #expect(OpenFiles.allow(before) == before)
        #expect(OpenFiles.allow(.max) >= before)
    }

    @Test("A lock is its child's until that has ended, whoever began it")
    func locks() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("lock-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        let child = try {
            let lock = try #require(try BrokerLock(file))
            #expect(try BrokerLock(file) == nil)
            return try ChildProcess.start("/bin/sleep", ["600"], keeping: lock.descriptor)
        }()
        #expect(try BrokerLock(file) == nil, "its child holds it")
        kill(child, SIGKILL)
        var hasEnded = false
        #expect(ChildProcess.wait(for: child) { hasEnded = true } == "signal \(SIGKILL)")
        #expect(hasEnded)
        #expect(try BrokerLock(file) != nil)
    }
}
