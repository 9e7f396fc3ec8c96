import Foundation
import SwiftProtobuf

/// One entry of the authority chain as held and sent: exact bytes and their signature.
package struct SignedAuthorityEntry: Sendable, Hashable {
    package let entry: [UInt8]
    /// 64 bytes.
    package let signature: [UInt8]

    package init(entry: [UInt8], signature: [UInt8]) {
        self.entry = entry
        self.signature = signature
    }

    /// Signs the next entry of a chain.
    ///
    /// - Parameter previous: hash of the entry before; nil at height 1.
    package init(
        cluster: ClusterID,
        height: UInt64,
        previous: Hash?,
        time: Instant,
        body: AuthorityEntryContent.Body,
        signer: Signer
    ) throws {
        var wire = WireAuthorityEntry()
        wire.suite = 1
        wire.cluster = Data(cluster.bytes)
        wire.issuer = Data(signer.publicKey)
        wire.height = height
        wire.previous = Data(previous?.bytes ?? [])
        wire.time = UInt64(clamping: time.milliseconds)
        wire.body = try body.wire()
        let bytes: [UInt8] = try wire.serializedBytes()
        self.init(entry: bytes, signature: signer.sign(Array("liandong/authority/1".utf8) + bytes))
    }
}

extension ClusterID {
    /// The cluster that a root key founds.
    package init(root: [UInt8], _ cryptography: Cryptography) {
        self.init(raw: Bytes16(prefixOf: cryptography.hash(Array("liandong/cluster/1".utf8) + root).raw))
    }
}

/// What the bytes of an authority entry say, before anything is believed.
package struct AuthorityEntryContent: Sendable {
    package enum Body: Sendable {
        case genesis(root: [UInt8], signer: NodeID, district: Place)
        case place(Place)
        case invite(AuthorityState.InviteRecord)
        case enrol(Enrolment, invite: [UInt8]?)
        case grant(NodeID, capability: String, withdrawn: Bool)
        case revoke(NodeID, AuthorityState.Revocation)
        case purposeKey(AuthorityState.PurposeVersion, [NodeID: [UInt8]])
        case policy(name: String, value: String)
        /// Signed by the root key: from here on this node writes the chain.
        case signerMove(NodeID)
        /// A body that a later build writes.
        case unknown
    }

    package let cluster: ClusterID
    /// 32 bytes: a NodeID, at height 1 the root's public key.
    package let issuer: [UInt8]
    package let height: UInt64
    package let previous: Hash?
    package let time: Instant
    package let body: Body

    /// The most bytes of one entry.
    package static let byteLimit = 32 * 1024

    /// - Throws: ``AuthorityError`` with code `undecodable`.
    package init(decoding bytes: [UInt8]) throws(AuthorityError) {
        guard bytes.count <= AuthorityEntryContent.byteLimit else {
            throw .undecodable("\(bytes.count) bytes, at most \(AuthorityEntryContent.byteLimit) are allowed")
        }
        let wire: WireAuthorityEntry
        do { wire = try WireAuthorityEntry(serializedBytes: bytes) } catch { throw .undecodable("it is no protobuf") }
        guard wire.suite == 1 else { throw .undecodable("suite \(wire.suite), this build knows 1") }
        guard let cluster = ClusterID(wire.cluster), wire.issuer.count == 32, wire.height > 0 else {
            throw .undecodable("its cluster, issuer or height is missing")
        }
        self.cluster = cluster
        self.issuer = Array(wire.issuer)
        self.height = wire.height
        if wire.previous.isEmpty {
            self.previous = nil
        } else {
            guard let previous = Hash(wire.previous) else { throw .undecodable("its previous hash is not 32 bytes") }
            self.previous = previous
        }
        self.time = Instant(milliseconds: Int64(clamping: wire.time))
        self.body = try Body(wire.body)
    }
}

extension AuthorityEntryContent.Body {
    fileprivate init(_ wire: WireAuthorityEntry.OneOf_Body?) throws(AuthorityError) {
        switch wire {
        case .genesis(let genesis):
            guard genesis.root.count == 32, let signer = NodeID(genesis.signer) else {
                throw .undecodable("a genesis key is not 32 bytes")
            }
            self = .genesis(root: Array(genesis.root), signer: signer, district: try Place(genesis.district))
        case .place(let place):
            self = .place(try Place(place))
        case .invite(let invite):
            guard invite.key.count == 32 else { throw .undecodable("an invite's key is not 32 bytes") }
            self = .invite(
                .init(
                    key: Array(invite.key),
                    place: PlaceID(raw: invite.place),
                    expires: Instant(milliseconds: Int64(clamping: invite.expires)),
                    name: invite.name,
                    usedBy: nil
                )
            )
        case .enrol(let enrol):
            self = .enrol(try Enrolment(enrol), invite: enrol.invite.isEmpty ? nil : Array(enrol.invite))
        case .grant(let grant):
            guard let node = NodeID(grant.node) else { throw .undecodable("a grant names no node") }
            self = .grant(node, capability: grant.capability, withdrawn: grant.withdrawn)
        case .revoke(let revoke):
            guard let node = NodeID(revoke.node) else { throw .undecodable("a revocation names no node") }
            self = .revoke(node, try AuthorityState.Revocation(revoke))
        case .revocationCuts(let more):
            guard let node = NodeID(more.node) else { throw .undecodable("cuts of a revocation name no node") }
            let cuts = try AuthorityState.Revocation(.with { $0.cuts = more.cuts }).cuts
            self = .revoke(node, .init(cuts: cuts, reason: "", isContinued: true))
        case .purposeKey(let key):
            var wrapped: [NodeID: [UInt8]] = [:]
            for item in key.wrapped {
                guard let node = NodeID(item.node) else { throw .undecodable("a purpose key names no node") }
                wrapped[node] = Array(item.box)
            }
            self = .purposeKey(.init(purpose: key.purpose, version: key.version), wrapped)
        case .policy(let policy):
            self = .policy(name: policy.name, value: policy.value)
        case .signerMove(let move):
            guard let node = NodeID(move.node) else { throw .undecodable("a signer's move names no node") }
            self = .signerMove(node)
        case nil:
            self = .unknown
        }
    }

    fileprivate func wire() throws -> WireAuthorityEntry.OneOf_Body {
        switch self {
        case .genesis(let root, let signer, let district):
            .genesis(
                .with {
                    $0.root = Data(root)
                    $0.signer = Data(signer.bytes)
                    $0.district = WirePlace(district)
                }
            )
        case .place(let place):
            .place(WirePlace(place))
        case .invite(let invite):
            .invite(
                .with {
                    $0.key = Data(invite.key)
                    $0.place = invite.place.raw
                    $0.expires = UInt64(clamping: invite.expires.milliseconds)
                    $0.name = invite.name
                }
            )
        case .enrol(let enrolment, let invite):
            .enrol(WireEnrol(enrolment, invite: invite))
        case .grant(let node, let capability, let withdrawn):
            .grant(
                .with {
                    $0.node = Data(node.bytes)
                    $0.capability = capability
                    $0.withdrawn = withdrawn
                }
            )
        case .revoke(let node, let revocation) where revocation.isContinued:
            .revocationCuts(
                .with {
                    $0.node = Data(node.bytes)
                    $0.cuts = WireRevoke(node, revocation).cuts
                }
            )
        case .revoke(let node, let revocation):
            .revoke(WireRevoke(node, revocation))
        case .purposeKey(let version, let wrapped):
            .purposeKey(WirePurposeKey(version, wrapped))
        case .policy(let name, let value):
            .policy(
                .with {
                    $0.name = name
                    $0.value = value
                }
            )
        case .signerMove(let node): .signerMove(.with { $0.node = Data(node.bytes) })
        case .unknown:
            throw AuthorityError.undecodable("a body of a later build cannot be written by this one")
        }
    }
}

extension Place {
    fileprivate init(_ wire: WirePlace) throws(AuthorityError) {
        guard let tier = Tier(rawValue: UInt8(clamping: wire.tier.rawValue)), wire.id != 0 else {
            throw .undecodable("a place has no id or an unknown tier")
        }
        guard wire.code.utf8.count <= 32, wire.name.utf8.count <= 200, wire.boundary.count <= 4_000,
            wire.boundary.count.isMultiple(of: 2), wire.boundary.allSatisfy(\.isFinite)
        else { throw .undecodable("a place's code, name or boundary is out of bounds") }
        self.init(
            id: PlaceID(raw: wire.id),
            tier: tier,
            parent: wire.parent == 0 ? nil : PlaceID(raw: wire.parent),
            code: wire.code,
            name: wire.name,
            boundary: wire.boundary,
            validFrom: wire.validFrom
        )
    }
}

extension WirePlace {
    fileprivate init(_ place: Place) {
        self.init()
        id = place.id.raw
        tier = WireTier(rawValue: Int(place.tier.rawValue)) ?? .unspecified
        parent = place.parent?.raw ?? 0
        code = place.code
        name = place.name
        boundary = place.boundary
        validFrom = place.validFrom
    }
}

extension Enrolment {
    fileprivate init(_ wire: WireEnrol) throws(AuthorityError) {
        guard let node = NodeID(wire.node), wire.sealingKey.count == 32 else {
            throw .undecodable("an enrolment's keys are not 32 bytes")
        }
        guard wire.addresses.count <= 8, wire.addresses.allSatisfy({ $0.utf8.count <= 255 }) else {
            throw .undecodable("an enrolment has too many addresses, at most 8 of 255 bytes are allowed")
        }
        self.init(
            node: node,
            sealingKey: Array(wire.sealingKey),
            place: PlaceID(raw: wire.place),
            name: wire.name,
            ordinal: Int(wire.ordinal),
            addresses: wire.addresses
        )
    }
}

extension WireEnrol {
    fileprivate init(_ enrolment: Enrolment, invite: [UInt8]?) {
        self.init()
        node = Data(enrolment.node.bytes)
        sealingKey = Data(enrolment.sealingKey)
        place = enrolment.place.raw
        name = enrolment.name
        ordinal = UInt32(clamping: enrolment.ordinal)
        addresses = enrolment.addresses
        if let invite { self.invite = Data(invite) }
    }
}

extension AuthorityState.Revocation {
    fileprivate init(_ wire: WireRevoke) throws(AuthorityError) {
        var cuts: [LaneID: Cut] = [:]
        for cut in wire.cuts {
            guard let lane = LaneID(cut.lane), let header = DeltaID(cut.headerHash) else {
                throw .undecodable("a cut names no lane or header")
            }
            cuts[lane] = Cut(seq: cut.seq, header: header)
        }
        self.init(cuts: cuts, reason: wire.reason)
    }
}

extension WireRevoke {
    fileprivate init(_ node: NodeID, _ revocation: AuthorityState.Revocation) {
        self.init()
        self.node = Data(node.bytes)
        reason = revocation.reason
        cuts = revocation.cuts.sorted { $0.key < $1.key }.map { lane, cut in
            .with {
                $0.lane = Data(lane.bytes)
                $0.seq = cut.seq
                $0.headerHash = Data(cut.header.bytes)
            }
        }
    }
}

extension WirePurposeKey {
    fileprivate init(_ version: AuthorityState.PurposeVersion, _ wrapped: [NodeID: [UInt8]]) {
        self.init()
        purpose = version.purpose
        self.version = version.version
        self.wrapped = wrapped.sorted { $0.key < $1.key }.map { node, box in
            .with {
                $0.node = Data(node.bytes)
                $0.box = Data(box)
            }
        }
    }
}
