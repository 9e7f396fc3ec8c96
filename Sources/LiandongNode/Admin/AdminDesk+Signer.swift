import Foundation
import LiandongCore
import LiandongReports
import LiandongSigning
import LiandongStore

// What only the district's signer can do: it alone writes into the authority chain.
extension AdminDesk {
    func requireSigner() throws {
        guard authority.signer == node.keys.nodeID else {
            let signer = authority.signer.flatMap { authority.nodes[$0]?.name } ?? "the district's first node"
            throw NodeError(
                .notPermitted,
                "only the district's signer can do this; ask at the node \(signer), or, where that is gone for good, make "
                    + "another node of the district the signer with liandong signer move"
            )
        }
    }

    func invite(_ form: AdminRequest.InviteForm) async throws -> InviteReport {
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
        let newPlace = PlaceID.random()
        try await node.signerDesk.append { authority in
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

    /// A node of the parent place that is there; the district's signer when none is.
    private func parentNode(of code: String, _ engine: SyncEngine) throws -> NodeID {
        guard let parent = authority.place(code: code)?.parent else { return node.keys.nodeID }
        let up = Set(engine.links.filter(\.isUp).map(\.peer))
        return authority.nodes(of: parent).first { up.contains($0) } ?? node.keys.nodeID
    }

    private func addresses(of peer: NodeID, _ engine: SyncEngine) -> [String] {
        peer == node.keys.nodeID ? [node.settings.dialAddress] : engine.addresses(of: peer)
    }

    private func root() async throws -> [UInt8]? {
        try await node.store.read { reader in
            guard let first = try reader.authorityEntries().first,
                case .genesis(let root, _, _) = try AuthorityEntryContent(decoding: first.entry).body
            else { return nil }
            return root
        }
    }

    /// Makes this node the district's signer, by the root key's word: the way out when the signer is gone.
    func moveSigner(to name: String, rootKey file: String) async throws -> DoneReport {
        let target = try nodeID(name)
        guard target == node.keys.nodeID else {
            throw NodeError(.refused, "a node becomes signer at itself: give this command at \(name)")
        }
        guard authority.signer != target else { throw NodeError(.refused, "\(name) is the district's signer already") }
        guard authority.place(of: target) == authority.district else {
            throw NodeError(.refused, "\(name) is no node of the district: only those can be its signer")
        }
        let url = URL(fileURLWithPath: file)
        let key: SigningKey
        do {
            key = try SigningKey(loadingFrom: url.deletingLastPathComponent().path, named: url.lastPathComponent)
        } catch { throw NodeError(.refused, "--root-key: \(error)") }
        guard key.publicKey == authority.root else {
            throw NodeError(
                .notPermitted,
                "--root-key: \(file) holds another key than the one that founded this district"
            )
        }
        try await node.signerDesk.append(root: key.signer) { _ in [.signerMove(target)] }
        return done("\(name) is the district's signer from entry \(authority.height) on", id: "\(target)")
    }
}
