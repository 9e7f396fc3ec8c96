import Foundation
import LiandongMQTT
import Testing

@testable import LiandongNode

@Suite("The settings of a broker")
struct MQTTSettingsTests {
    @Test("Paths are seen from the node's folder, wherever its process was started")
    func paths() throws {
        var settings = MQTTSettings(listen: "127.0.0.1:8883")
        settings.certificate = "tls/c.pem"
        settings.key = "/etc/k.pem"
        let files = try settings.files(in: NodeFolder("/srv/n"))
        #expect(files.listener.certificate == "/srv/n/tls/c.pem")
        #expect(files.listener.key == "/etc/k.pem")
        #expect(files.folder.path == "/srv/n/mqtt")
        #expect(files.socket.path == "/srv/n/mqtt/mqtt.sock")
    }

    @Test("Where a folder's path is too long, its sockets lie in a folder of this user's own, each under its own name")
    func longPaths() throws {
        let folder = NodeFolder("/srv/" + String(repeating: "n", count: 120))
        let broker = try MQTTSettings(listen: "127.0.0.1:8883").files(in: folder).socket
        let sockets = [broker, folder.adminSocket, NodeFolder.socket("mqtt.sock", in: folder.url)]
        #expect(Set(sockets.map(\.path)).count == 3)
        #expect(sockets.allSatisfy { $0.path.utf8.count < 108 })
        #expect(sockets.allSatisfy { $0.deletingLastPathComponent().lastPathComponent == "liandong-\(geteuid())" })
    }
}
