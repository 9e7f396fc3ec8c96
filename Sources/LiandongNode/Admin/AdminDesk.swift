import Foundation
import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongStore
import LiandongTransport

/// Carries out what the command line asks, and reports.
struct AdminDesk {
    let node: Node

    var authority: AuthorityState { node.store.authority }
    var now: Instant { Node.now() }

    func report(_ request: AdminRequest) async throws -> Data {
        switch request {
        case .ping: try encode(done(node.isServing ? "ready" : "starting"))
        case .status: try encode(await node.engine.inspect { [now] in StatusReport($0, at: now) })
        case .trace(let number): try encode(await trace(number))
        case .submit(let form): try encode(await submit(form))
        case .orders(let query): try encode(await orders(query))
        case .order(let number): try encode(await order(number))
        case .act(let action): try encode(await act(action))
        case .amend(let amendment): try encode(await amend(amendment))
        case .addResident(let form): try encode(await addResident(form))
        case .resident(let id): try encode(await person(of: try await registrationID(id)))
        case .findResidents(let text): try encode(await findResidents(text))
        case .createConsultation(let form): try encode(await createConsultation(form))
        case .consultation(let id): try encode(await consultation(id))
        case .consultations: try encode(await consultations())
        case .opine(let id, let text): try encode(await opine(id, text))
        case .vote(let vote): try encode(await self.vote(vote))
        case .closeConsultation(let id): try encode(await closeConsultation(id))
        case .peers: try encode(await peers())
        case .pausePeer(let name): try encode(await setPaused(true, name))
        case .resumePeer(let name): try encode(await setPaused(false, name))
        case .invite(let form): try encode(await invite(form))
        case .revoke(let name, let reason): try encode(await revoke(name, reason))
        case .rebuild: try encode(await rebuild())
        case .exportDeltas(let file): try encode(await export(to: file))
        }
    }

    private func encode(_ report: some Encodable) throws -> Data { try ReportCoding.encoder.encode(report) }

    func done(_ what: String, id: String? = nil) -> DoneReport {
        DoneReport(asOf: now.iso8601, what: what, id: id)
    }

    func place(_ id: PlaceID) -> PlaceReport {
        PlaceReport(code: authority.code(of: id), name: authority.name(of: id))
    }

    /// The record that an id, or the beginning of one, names.
    func record(_ text: String) async throws -> RecordID {
        guard text.count >= 4, text.allSatisfy(\.isHexDigit) else {
            throw NodeError(.usage, "\"\(text)\" is no record id: give at least 4 of its hexadecimal digits")
        }
        let found = try await node.store.read { try $0.records(prefix: text) }
        guard let first = found.first else { throw NodeError(.notFound, "this node holds no record \(text)") }
        guard found.count == 1 else {
            throw NodeError(.refused, "\(found.count) records begin with \(text); give more of its digits")
        }
        return first
    }

    // MARK: The cluster

    private func trace(_ number: String) async throws -> TraceReport {
        let ids = try await node.store.read { reader in
            let found = try reader.workOrders(number: number)
            return found.isEmpty ? try reader.records(prefix: number) : found
        }
        guard let record = ids.first else {
            throw NodeError(.notFound, "this node holds no record with the number or id \(number)")
        }
        let engine = await node.engine.inspect { $0 }
        let now = now
        return try await node.store.read { reader in
            guard let view = try reader.record(record) else {
                throw NodeError(.notFound, "this node holds no record \(record)")
            }
            return try TraceReport(view, reader, engine, at: now)
        }
    }

    private func peers() async -> PeersReport {
        let engine = await node.engine.inspect { $0 }
        return PeersReport(
            asOf: now.iso8601,
            peers: engine.links.map { link in
                let enrolment = authority.nodes[link.peer]
                return PeersReport.Row(
                    node: "\(link.peer)",
                    name: enrolment?.name ?? "",
                    placeCode: enrolment.map { authority.code(of: $0.place) } ?? "",
                    state: link.isPaused ? "paused" : link.isUp ? "up" : "down",
                    since: link.since.iso8601,
                    addresses: engine.addresses(of: link.peer)
                )
            }
        )
    }

    /// The node that a name, a place code or the beginning of an id means.
    private func nodeID(_ text: String) throws -> NodeID {
        let found = authority.nodes.values
            .filter { $0.name == text || "\($0.node)".hasPrefix(text) || authority.code(of: $0.place) == text }
            .map(\.node).sorted()
        guard let first = found.first else { throw NodeError(.notFound, "no node is called \(text)") }
        guard found.count == 1 else {
            throw NodeError(
                .refused,
                "\(found.count) nodes are called \(text): \(found.map { "\($0)".prefix(12) }); give an id"
            )
        }
        return first
    }

    private func setPaused(_ isPaused: Bool, _ name: String) async throws -> DoneReport {
        let peer = try nodeID(name)
        guard peer != node.keys.nodeID else { throw NodeError(.refused, "\(name) is this node itself") }
        try await node.store.setPaused(isPaused, peer: peer)
        await node.engine.handle(isPaused ? .paused(peer) : .resumed(peer))
        if !isPaused { node.dialPool.wakeNow(peer) }
        return done(isPaused ? "paused" : "resumed", id: "\(peer)")
    }

    private func requireSigner() throws {
        guard authority.signer == node.keys.nodeID else {
            let signer = authority.signer.flatMap { authority.nodes[$0]?.name } ?? "the district's first node"
            throw NodeError(.notPermitted, "only the district's signer can do this; ask at the node \(signer)")
        }
    }

    private func invite(_ form: AdminRequest.InviteForm) async throws -> InviteReport {
        try requireSigner()
        guard let tier = Tier(name: form.tier), tier != .grid else {
            throw NodeError(.usage, "--tier: \(form.tier) is none of district, street, community")
        }
        guard form.hours > 0, form.hours <= 24 * 90 else {
            throw NodeError(
                .usage,
                "--ttl: \(form.hours) hours is out of range, more than 0 and at most 2160 are allowed"
            )
        }
        let key = SigningKey.generate()
        let expires = now.advanced(byMilliseconds: Int64(form.hours * 3_600_000))
        let invitation = District.Invitation(
            tier: tier,
            name: form.name,
            placeName: form.placeName ?? form.name,
            code: form.code,
            parentCode: form.parent,
            expires: expires
        )
        let newPlace = PlaceID(raw: max(1, secureRandomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }))
        try await signerDesk.append { authority in
            try District.invitation(invitation, key: key.publicKey, newPlace: newPlace, authority)
        }
        let engine = await node.engine.inspect { $0 }
        let parent = try parentNode(of: form.code, engine)
        guard let cluster = authority.cluster, let root = try await root() else {
            throw NodeError(.failed, "the chain has no genesis")
        }
        let token = JoinToken(
            cluster: cluster,
            parent: parent,
            addresses: addresses(of: parent, engine),
            secret: key.seed,
            expires: expires,
            name: form.name,
            placeCode: form.code,
            root: root
        )
        return InviteReport(
            asOf: now.iso8601,
            token: token.text,
            parent: token.addresses.joined(separator: ", "),
            fingerprint: "\(parent)",
            expires: expires.iso8601
        )
    }

    /// A node of the parent place; of the place itself or the district's signer when the parent has none yet.
    private func parentNode(of code: String, _ engine: SyncEngine) throws -> NodeID {
        guard let place = authority.place(code: code) else { return node.keys.nodeID }
        let candidates = (place.parent.map { authority.nodes(of: $0) } ?? []) + [node.keys.nodeID]
        return candidates.first ?? node.keys.nodeID
    }

    private func addresses(of peer: NodeID, _ engine: SyncEngine) -> [String] {
        peer == node.keys.nodeID ? [node.settings.listen] : engine.addresses(of: peer)
    }

    private func root() async throws -> [UInt8]? {
        try await node.store.read { reader in
            guard let first = try reader.authorityEntries().first,
                case .genesis(let root, _, _) = try AuthorityEntryContent(decoding: first.entry).body
            else { return nil }
            return root
        }
    }

    private var signerDesk: SignerDesk {
        let desk = SignerDesk(store: node.store, keys: node.keys, purposeKeys: node.purposeKeys)
        desk.attach(node.engine)
        return desk
    }

    /// Cuts every lane of a node at what this node holds of it now.
    private func revoke(_ name: String, _ reason: String) async throws -> DoneReport {
        try requireSigner()
        let peer = try nodeID(name)
        guard peer != node.keys.nodeID else { throw NodeError(.refused, "the signer cannot revoke itself") }
        let cuts = await node.engine.inspect { $0.cuts(of: peer) }
        try await signerDesk.append { _ in [.revoke(peer, .init(cuts: cuts, reason: reason))] }
        return done("revoked, \(cuts.count) lanes cut", id: "\(peer)")
    }

    private func rebuild() async throws -> DoneReport {
        let before = try await node.store.readModelDump()
        try await node.store.rebuild()
        let after = try await node.store.readModelDump()
        guard before == after else {
            throw NodeError(
                .failed,
                "the rebuilt read models differ from those before: they had gone wrong, and are right now"
            )
        }
        return done("rebuilt, \(after.count) rows equal")
    }

    /// The chain and every delta, for a second implementation to check: messages, each behind a 4-byte length.
    private func export(to file: String) async throws -> DoneReport {
        let url = URL(fileURLWithPath: file)
        let count = try await node.store.read { reader in
            var data = Data()
            var count = 0
            try reader.export { item in
                data.append(contentsOf: item.framedBytes)
                count += 1
            }
            try data.write(to: url)
            return count
        }
        return done("\(count) messages exported", id: file)
    }
}
