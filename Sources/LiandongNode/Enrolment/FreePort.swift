import Foundation
import LiandongSigning
import LiandongTransport

/// Ports that stay a node's own.
enum FreePort {
    /// Below the ports that Linux gives to outgoing connections, so that none takes the port while the node is stopped.
    private static let range: Range<UInt16> = 10_000..<32_000

    /// The address as given, or the one kept where its port is 0.
    static func resolve(_ text: String, _ option: String, otherwise kept: String) throws -> String {
        let address = try parse(text, option)
        return address.port == 0 ? kept : address.description
    }

    /// The address with a free port in place of 0; the same one is used at every start from then on.
    static func resolve(_ text: String, _ option: String, for folder: NodeFolder) throws -> String {
        let address = try parse(text, option)
        guard address.port == 0 else { return address.description }
        var generator = SecureRandomGenerator()
        for _ in 0..<100 {
            let port = UInt16.random(in: range, using: &generator)
            if try isFree(port), try reserve(port, for: folder) {
                return HostPort(host: address.host, port: Int(port)).description
            }
        }
        throw NodeError(.failed, "\(option): no free port found between \(range.lowerBound) and \(range.upperBound)")
    }

    private static func parse(_ text: String, _ option: String) throws -> HostPort {
        do { return try HostPort(parsing: text) } catch { throw NodeError(.usage, "\(option): \(error)") }
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw NodeError(.failed, "cannot make a socket: errno \(errno)") }
        defer { close(descriptor) }
        var local = sockaddr_in()
        local.sin_family = sa_family_t(AF_INET)
        local.sin_port = port.bigEndian
        return unsafe withUnsafePointer(to: &local) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    // MARK: Between picking and serving

    /// A port that was picked is bound only when its node serves, and not while it is stopped: a file under the port's
    /// name keeps it from other nodes of this machine for as long as its node's folder is there.
    private static func reserve(_ port: UInt16, for folder: NodeFolder) throws -> Bool {
        let reservations = FileManager.default.temporaryDirectory.appendingPathComponent("liandong-ports")
        try FileManager.default.createDirectory(at: reservations, withIntermediateDirectories: true)
        let file = reservations.appendingPathComponent("\(port)")
        if isStale(file) { try? FileManager.default.removeItem(at: file) }
        do {
            try Data(folder.url.path.utf8).write(to: file, options: .withoutOverwriting)
            return true
        } catch CocoaError.fileWriteFileExists {
            return false
        }
    }

    /// Whether the node that a port was picked for is gone, and was not only just begun.
    private static func isStale(_ file: URL) -> Bool {
        guard let path = try? String(contentsOf: file, encoding: .utf8),
            let attributes = try? FileManager.default.attributesOfItem(atPath: file.path),
            let made = attributes[.modificationDate] as? Date
        else { return false }
        return !NodeFolder(path).isInitialised && made.timeIntervalSinceNow < -60
    }
}
