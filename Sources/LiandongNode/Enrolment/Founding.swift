import Foundation
package import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import LiandongTransport
package import Logging

/// How a node comes to be: by founding a district, or by joining one.
package enum Founding {
    /// Makes a district: its root key, its chain, and its first node.
    ///
    /// - Throws: ``NodeError`` when the folder is a node already, the code is malformed, or a port is taken.
    package static func found(
        _ folder: NodeFolder,
        name: String,
        placeName: String,
        code: String,
        listen: String,
        http: String,
        anchor: String?,
        logger: Logger
    ) async throws -> NodeID {
        try District.checkCode(code, .district)
        guard !FileManager.default.fileExists(atPath: folder.keys.path) else {
            throw NodeError(.refused, "\(folder.keys.path) exists already, and would be replaced; give another --data")
        }
        let keys = try prepare(folder, name: name, listen: listen, http: http, anchor: anchor)
        let root = SigningKey.generate()
        try root.save(to: folder.keys.path, named: NodeFolder.rootKeyName)
        let node = try await Node(folder, logger: logger)
        let place = PlaceID.random()
        let (genesis, rest) = District.founding(
            name: name,
            placeName: placeName,
            code: code,
            root: root,
            keys: keys,
            place: place,
            addresses: [node.settings.listen]
        )
        _ = try await node.store.appendAuthority(by: root.signer) { _ in [genesis] }
        _ = try await node.store.appendAuthority(by: keys.signer) { _ in rest }
        try await node.store.close()
        return keys.nodeID
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
        let node: Node
        if folder.isInitialised {
            node = try await resume(folder, token: token, listen: listen, http: http, logger: logger)
        } else {
            _ = try prepare(folder, name: token.name, listen: listen, http: http, anchor: anchor)
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

    /// A join that was interrupted goes on with the keys it made: they may be enrolled already, unknown to it.
    ///
    /// - Throws: ``NodeError`` when the folder is another place's node, or has heard of another cluster.
    private static func resume(
        _ folder: NodeFolder,
        token: JoinToken,
        listen: String,
        http: String,
        logger: Logger
    ) async throws -> Node {
        logger.info("going on with an interrupted join")
        let node = try await Node(folder, logger: logger, joining: token)
        do {
            if let cluster = node.store.authority.cluster, cluster != token.cluster {
                throw NodeError(.refused, "\(folder.url.path) is of another cluster; give another --data")
            }
            if let place = node.place {
                guard place.code == token.placeCode else {
                    throw NodeError(
                        .refused,
                        "\(folder.url.path) is a node of \(place.name) (\(place.code)) already, and the token is for "
                            + "\(token.placeCode); give another --data"
                    )
                }
                return node
            }
            var settings = node.settings
            settings.name = token.name
            // A port of its own choice it keeps.
            settings.listen = try FreePort.resolve(listen, "--listen", otherwise: settings.listen)
            settings.http = try FreePort.resolve(http, "--http", otherwise: settings.http)
            guard settings != node.settings else { return node }
            try folder.save(settings)
        } catch {
            try? await node.store.close()
            throw error
        }
        try await node.store.close()
        return try await Node(folder, logger: logger, joining: token)
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

    private static func prepare(
        _ folder: NodeFolder,
        name: String,
        listen: String,
        http: String,
        anchor: String?
    ) throws -> NodeKeys {
        guard !folder.isInitialised else {
            throw NodeError(.refused, "\(folder.url.path) is a node already; give another --data")
        }
        let settings = NodeSettings(
            name: name,
            listen: try FreePort.resolve(listen, "--listen", for: folder),
            http: try FreePort.resolve(http, "--http", for: folder),
            anchor: anchor.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? folder.defaultAnchor.path
        )
        guard !FileManager.default.fileExists(atPath: folder.database.path) else {
            throw NodeError(
                .refused,
                "\(folder.database.path) exists already, and would be replaced; give another --data"
            )
        }
        try folder.create()
        let keys = try folder.makeKeys()
        // Last: with it the folder is a node, and all that a node needs has to be there.
        try folder.save(settings)
        return keys
    }
}
