import Foundation
import LiandongMQTT
import LiandongTransport

/// The mosquitto beside a node: `mqtt` in `config.json`.
package struct MQTTSettings: Codable, Sendable, Equatable {
    /// host:port where devices reach the broker.
    package var listen: String
    /// Whether the node runs mosquitto itself; it does when this is left out.
    ///
    /// Else somebody runs it with the files that the node writes, and has it read them again (SIGHUP) when `passwords`
    /// changes. Written by hand, as all that follows.
    package var runsBroker: Bool?
    /// Where the broker's files lie; `mqtt` in the node's folder when left out.
    package var folder: String?
    /// PEM files, for TLS where devices come; neither for none.
    ///
    /// Seen from the node's folder, as `folder` is.
    package var certificate: String?
    package var key: String?
    /// Whether the broker's log tells of each connection.
    package var logsConnections: Bool?

    package init(listen: String) { self.listen = listen }

    var isBrokerOwn: Bool { runsBroker ?? true }

    /// - Throws: ``NodeError`` for an address that is none.
    func files(in node: NodeFolder) throws -> BrokerFiles {
        let address: HostPort
        do { address = try HostPort(parsing: listen) } catch { throw NodeError(.usage, "mqtt: listen: \(error)") }
        guard address.port != 0 else { throw NodeError(.usage, "mqtt: listen: \(listen) has no port") }
        func path(_ text: String) -> URL {
            (text.hasPrefix("/") ? URL(fileURLWithPath: text) : node.url.appendingPathComponent(text))
                .standardizedFileURL
        }
        let folder = folder.map(path) ?? node.url.appendingPathComponent("mqtt", isDirectory: true)
        return BrokerFiles(
            folder: folder,
            socket: NodeFolder.socket("mqtt.sock", in: folder),
            listener: .init(
                host: address.host,
                port: address.port,
                certificate: certificate.map { path($0).path },
                key: key.map { path($0).path }
            ),
            logsConnections: logsConnections ?? false
        )
    }
}
