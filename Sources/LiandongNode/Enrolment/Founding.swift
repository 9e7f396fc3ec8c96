import Foundation
package import LiandongCore
import LiandongDomain
import LiandongMQTT
import LiandongReports
import LiandongSigning
import LiandongStore
import LiandongTransport
package import Logging

/// How a node comes to be: by founding a district, or by joining one.
package enum Founding {
    /// Makes a district: its root key, its chain, and its first node.
    ///
    /// Given again after it was interrupted it goes on with the keys it made; given again after it was done it says the
    /// same once more.
    ///
    /// - Throws: ``NodeError`` when the folder is another node already, the code is malformed, or a port is taken.
    package static func found(
        _ folder: NodeFolder,
        name: String,
        placeName: String,
        code: String,
        listen: String,
        http: String,
        anchor: String?,
        mqtt: String? = nil,
        logger: Logger
    ) async throws -> NodeID {
        try District.checkCode(code, .district)
        guard folder.isUntouched || folder.holdsRootKey else {
            throw NodeError(
                .refused,
                "\(folder.url.path) is a node already, or was to become one by a token; give another --data"
            )
        }
        let wish = Wish(name: name, listen: listen, http: http, anchor: anchor, mqtt: mqtt)
        let node: Node
        if folder.isInitialised {
            logger.info("going on with an interrupted init")
            node = try await reopen(folder, wish, logger: logger) { node in
                let authority = node.store.authority
                guard let district = authority.district.flatMap({ authority.places[$0] }) else { return true }
                guard district.code == code, district.name == placeName, node.settings.name == name else {
                    throw NodeError(
                        .refused,
                        "\(folder.url.path) is the district \(district.name) (\(district.code)) already, founded by its "
                            + "node \(node.settings.name); give another --data"
                    )
                }
                return false
            }
        } else {
            try prepare(folder, wish, withRootKey: true)
            node = try await Node(folder, logger: logger)
        }
        do {
            try await begin(node, placeName: placeName, code: code)
        } catch {
            try? await node.store.close()
            throw error
        }
        try await node.store.close()
        return node.keys.nodeID
    }

    /// Writes the chain's first entries, all in one commit, unless they are there.
    private static func begin(_ node: Node, placeName: String, code: String) async throws {
        guard node.store.authority.height == 0 else { return }
        let root = try node.folder.loadRootKey()
        let (genesis, rest) = District.founding(
            name: node.settings.name,
            placeName: placeName,
            code: code,
            root: root,
            keys: node.keys,
            place: .random(),
            addresses: [node.settings.dialAddress]
        )
        _ = try await node.store.appendAuthority(by: node.keys.signer, root: root.signer) { _ in [genesis] + rest }
    }

    /// Enrols a node by a token, and waits until it has what it is entitled to.
    ///
    /// - Parameter patience: how long to wait for the parent and the first sync.
    package static func join(
        _ folder: NodeFolder,
        token: JoinToken,
        listen: String,
        http: String,
        anchor: String?,
        mqtt: String? = nil,
        patience: Duration,
        logger: Logger
    ) async throws -> NodeID {
        let now = Node.now()
        guard now < token.expires else {
            throw NodeError(
                .refused,
                "the token expired at \(token.expires.iso8601), it is \(now.iso8601) here; ask for a new one, or set the clock"
            )
        }
        guard !folder.holdsRootKey else {
            throw NodeError(
                .refused,
                "\(folder.url.path) holds the root key of a district that liandong init makes; give another --data"
            )
        }
        let wish = Wish(name: token.name, listen: listen, http: http, anchor: anchor, mqtt: mqtt)
        let node: Node
        if folder.isInitialised {
            // The keys it made may be enrolled already, unknown to it.
            logger.info("going on with an interrupted join")
            node = try await reopen(folder, wish, joining: token, logger: logger) {
                try isToBeEnrolled($0, by: token)
            }
        } else {
            try prepare(folder, wish, withRootKey: false)
            node = try await Node(folder, logger: logger, joining: token)
        }
        do {
            try await node.withLinks { try await wait(for: node, token, patience: patience) }
        } catch {
            if node.place == nil { try? discard(folder, node) }
            throw error
        }
        return node.keys.nodeID
    }

    /// - Throws: ``NodeError`` when the folder is another place's node, or has heard of another cluster.
    private static func isToBeEnrolled(_ node: Node, by token: JoinToken) throws -> Bool {
        let path = node.folder.url.path
        if let cluster = node.store.authority.cluster, cluster != token.cluster {
            throw NodeError(.refused, "\(path) is of another cluster; give another --data")
        }
        guard let place = node.place else { return true }
        guard place.code == token.placeCode else {
            throw NodeError(
                .refused,
                "\(path) is a node of \(place.name) (\(place.code)) already, and the token is for \(token.placeCode); "
                    + "give another --data"
            )
        }
        return false
    }

    /// A node that was refused leaves nothing of its own behind, so that the command can be given again; what else is in
    /// the folder is not ours to remove.
    private static func discard(_ folder: NodeFolder, _ node: Node) throws {
        let database = folder.database.path
        let own = [
            folder.settingsFile.path, folder.keys.path, database, database + "-wal", database + "-shm",
            database + ".lock", node.settings.anchor,
        ]
        for path in own { try? FileManager.default.removeItem(atPath: path) }
        if try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty {
            try FileManager.default.removeItem(at: folder.url)
        }
    }

    private static func wait(for node: Node, _ token: JoinToken, patience: Duration) async throws {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            let (outcome, isCaughtUp, offset) = await node.engine.inspect {
                ($0.joinOutcome, $0.isCaughtUp, $0.clockOffsetMilliseconds)
            }
            if let outcome { try check(outcome) }
            if let alarm = await node.engine.clockComplaint { throw NodeError(.refused, alarm) }
            if isCaughtUp {
                if abs(offset) > 120_000 {
                    node.logger.warning("the clock differs from the parent's", metadata: ["milliseconds": "\(offset)"])
                }
                return
            }
            if case .waiting(let failure?) = node.dialPool.states[token.parent], failure.code == .wrongKey {
                throw NodeError(.refused, failure.reason)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let why =
            switch node.dialPool.states[token.parent] {
            case .waiting(let failure?): "; the last attempt: \(failure)"
            case .connected(let address): "; connected with \(address), which did not send all of its chain and data"
            case .waiting(nil): "; the last session ended early, see the log"
            case .dialling, nil: ""
            }
        throw NodeError(
            .unreachable,
            "no first sync with \(token.addresses.joined(separator: ", ")) within \(patience)\(why)"
        )
    }

    private static func check(_ reply: EnrolmentReply) throws {
        let here = Node.now().iso8601
        switch reply.outcome {
        case .enrolled, .waitingForSigner: return
        case .expired:
            throw NodeError(
                .refused,
                "the token expired at \(reply.expires?.iso8601 ?? "?"), it is \(reply.clock.iso8601) at the district and "
                    + "\(here) here; ask for a new one"
            )
        case .tooMany: throw NodeError(.refused, reply.reason)
        case .unknownInvite, .alreadyUsed, .badProof, .wrongCluster: throw NodeError(.refused, reply.reason)
        }
    }

    // MARK: The folder

    /// What a command says of the node to be.
    private struct Wish {
        let name: String
        let listen: String
        let http: String
        let anchor: String?
        /// host:port of a broker beside it.
        let mqtt: String?

        var anchorPath: String? { anchor.map { URL(fileURLWithPath: $0).standardizedFileURL.path } }
    }

    /// Makes a node's folder; killed anywhere in it, it can be given again.
    private static func prepare(_ folder: NodeFolder, _ wish: Wish, withRootKey: Bool) throws {
        guard wish.mqtt == nil || BrokerProcess.isInstalled else {
            throw NodeError(
                .failed,
                "--mqtt: mosquitto is not installed; apt-get install mosquitto, or leave --mqtt out"
            )
        }
        let settings = NodeSettings(
            name: wish.name,
            listen: try FreePort.resolve(wish.listen, "--listen", for: folder),
            http: try FreePort.resolve(wish.http, "--http", for: folder),
            anchor: wish.anchorPath ?? folder.defaultAnchor.path,
            mqtt: try wish.mqtt.map { MQTTSettings(listen: try FreePort.resolve($0, "--mqtt", for: folder)) }
        )
        guard !FileManager.default.fileExists(atPath: folder.database.path) else {
            throw NodeError(
                .refused,
                "\(folder.database.path) exists already, and would be replaced; give another --data"
            )
        }
        try folder.create()
        let anchorFolder = URL(fileURLWithPath: settings.anchor).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: anchorFolder) else {
            throw NodeError(
                .refused,
                "--anchor: cannot write into \(anchorFolder); make that folder, or name a file elsewhere outside --data"
            )
        }
        try folder.makeKeys(withRootKey: withRootKey)
        // Last: with it the folder is a node, and all that a node needs has to be there.
        try folder.save(settings)
    }

    /// Opens the folder that an interrupted command left, with what the command says now.
    ///
    /// - Parameter isUnfinished: whether the settings may still change; throws where the folder is something else.
    private static func reopen(
        _ folder: NodeFolder,
        _ wish: Wish,
        joining token: JoinToken? = nil,
        logger: Logger,
        isUnfinished: (Node) throws -> Bool
    ) async throws -> Node {
        let node = try await Node(folder, logger: logger, joining: token)
        do {
            var settings = node.settings
            guard wish.anchorPath ?? settings.anchor == settings.anchor else {
                throw NodeError(
                    .refused,
                    "--anchor: \(folder.url.path) was begun with \(settings.anchor); give that one, or another --data"
                )
            }
            guard try isUnfinished(node) else { return node }
            settings.name = wish.name
            // A port of its own choice it keeps.
            settings.listen = try FreePort.resolve(wish.listen, "--listen", otherwise: settings.listen)
            settings.http = try FreePort.resolve(wish.http, "--http", otherwise: settings.http)
            if let mqtt = wish.mqtt {
                let kept = try settings.mqtt?.listen ?? FreePort.resolve(mqtt, "--mqtt", for: folder)
                var broker = settings.mqtt ?? MQTTSettings(listen: kept)
                broker.listen = try FreePort.resolve(mqtt, "--mqtt", otherwise: kept)
                settings.mqtt = broker
            }
            guard settings != node.settings else { return node }
            try folder.save(settings)
        } catch {
            try? await node.store.close()
            throw error
        }
        try await node.store.close()
        return try await Node(folder, logger: logger, joining: token)
    }
}
