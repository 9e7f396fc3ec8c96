package import Foundation
import LiandongCore
import LiandongMQTT
package import LiandongSigning

/// The data directory of a node, and the anchor file beside it.
package struct NodeFolder: Sendable {
    package let url: URL

    /// - Parameter path: absolute, or relative to the working directory.
    package init(_ path: String) { self.url = URL(fileURLWithPath: path).standardizedFileURL }

    package var settingsFile: URL { url.appendingPathComponent("config.json") }
    package var keys: URL { url.appendingPathComponent("keys", isDirectory: true) }
    package var database: URL { url.appendingPathComponent("replica.sqlite") }
    /// Outside the folder, so that a folder restored from a backup is noticed.
    package var defaultAnchor: URL { URL(fileURLWithPath: url.path + ".anchor") }

    /// The admin socket: inside the folder, or under a short name when the folder's is too long for a socket address.
    package var adminSocket: URL { NodeFolder.socket("admin.sock", in: url) }

    /// The admin socket, where nobody else can have put another.
    ///
    /// - Throws: ``NodeError`` where the folder that it is in under its short name is another user's.
    func safeAdminSocket() throws -> URL {
        let folder = adminSocket.deletingLastPathComponent()
        guard folder.path != url.path else { return adminSocket }
        do { try PrivateFolder.make(folder) } catch let error as BrokerError { throw NodeError(.failed, error.reason) }
        return adminSocket
    }

    /// A Unix socket in a folder, or under a short name where the folder's is too long.
    static func socket(_ name: String, in folder: URL) -> URL {
        let inside = folder.appendingPathComponent(name)
        guard inside.path.utf8.count > 100 else { return inside }
        let name = Cryptography.sodium.hash(Array(inside.path.utf8)).description.prefix(24)
        // A folder of this user's own: nobody else can be there first.
        return FileManager.default.temporaryDirectory.appendingPathComponent("liandong-\(geteuid())/\(name)")
    }

    private static let rootKeyName = "root.ed25519"

    /// Makes the folder for its owner alone, or makes sure that an existing one is.
    ///
    /// - Throws: ``NodeError`` where others may enter the folder and it holds something already: closing it to them
    ///   could lock them out of what is theirs.
    package func create() throws {
        let files = FileManager.default
        guard files.fileExists(atPath: url.path) else {
            return try files.createDirectory(
                at: url,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        let mode = (try files.attributesOfItem(atPath: url.path)[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 != 0 else { return }
        guard try files.contentsOfDirectory(atPath: url.path).isEmpty else {
            throw NodeError(
                .refused,
                "\(url.path) is open to others (mode \(String(mode, radix: 8)), 700 is needed) and holds files already; "
                    + "chmod 700 it, or give another --data"
            )
        }
        do { try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: url.path) } catch {
            throw NodeError(
                .refused,
                "cannot close \(url.path) to others: \(error); chmod 700 it, or give another --data"
            )
        }
    }

    /// Nothing of a node is there, whatever else is.
    var isUntouched: Bool { !isInitialised && !FileManager.default.fileExists(atPath: keys.path) }

    /// A district was founded here, or its founding begun, and its root key was not moved away since.
    var holdsRootKey: Bool {
        FileManager.default.fileExists(atPath: keys.appendingPathComponent(NodeFolder.rootKeyName).path)
    }

    package var isInitialised: Bool { FileManager.default.fileExists(atPath: settingsFile.path) }

    package func loadSettings() throws -> NodeSettings {
        guard isInitialised else {
            throw NodeError(.notFound, "\(url.path) is no node: it has no config.json; run liandong init or join")
        }
        do {
            return try JSONDecoder().decode(NodeSettings.self, from: Data(contentsOf: settingsFile))
        } catch {
            throw NodeError(.failed, "cannot read \(settingsFile.path): \(error)")
        }
    }

    package func save(_ settings: NodeSettings) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(settings).write(to: settingsFile, options: .atomic)
    }

    /// Makes the node's keys and, for a district's first node, the root key, unless they are there: they come into
    /// place together, so that the root key tells an interrupted founding from an interrupted join.
    func makeKeys(withRootKey: Bool) throws {
        guard !FileManager.default.fileExists(atPath: keys.path) else { return }
        let unfinished = url.appendingPathComponent("keys.unfinished", isDirectory: true)
        try? FileManager.default.removeItem(at: unfinished)
        try NodeKeys.generate().save(to: unfinished.path)
        if withRootKey { try SigningKey.generate().save(to: unfinished.path, named: NodeFolder.rootKeyName) }
        try FileManager.default.moveItem(at: unfinished, to: keys)
    }

    func loadRootKey() throws -> SigningKey { try SigningKey(loadingFrom: keys.path, named: NodeFolder.rootKeyName) }

    package func loadKeys() throws -> NodeKeys { try NodeKeys(loadingFrom: keys.path) }
}

/// What a node is told once, when it is made; kept in its data directory.
package struct NodeSettings: Codable, Sendable, Equatable {
    package var name: String
    /// host:port where it listens for peers.
    package var listen: String
    /// host:port where peers reach it, when that is not `listen`: behind a router or a relay.
    ///
    /// Written by hand.
    package var advertise: String?
    /// host:port of its HTTP faces.
    package var http: String
    /// The base address at which people reach the faces, where something with TLS stands before them: `https://…`.
    ///
    /// Written by hand.
    package var publicAddress: String?
    /// IP addresses of what stands before the faces, whose `X-Forwarded-For` is believed.
    ///
    /// Written by hand.
    package var trustedProxies: [String]?
    package var anchor: String
    /// How long no node of the place above may be out of reach before those further up are dialled; 20 when left out.
    package var fallbackSeconds: Int?
    /// How many days raw readings of devices are kept; 35 when left out.
    package var readingDays: Int?
    /// How many days their minute and hour rollups are kept; 400 when left out.
    package var rollupDays: Int?
    /// The broker beside this node, by which devices send; none when left out.
    package var mqtt: MQTTSettings?

    package init(name: String, listen: String, http: String, anchor: String, mqtt: MQTTSettings? = nil) {
        self.name = name
        self.listen = listen
        self.http = http
        self.anchor = anchor
        self.mqtt = mqtt
    }

    /// What peers are told to dial.
    var dialAddress: String { advertise ?? listen }

    var readingDaysKept: Int { min(max(readingDays ?? 35, 1), 3_650) }
    var rollupDaysKept: Int { min(max(rollupDays ?? 400, 1), 3_650) }
}
