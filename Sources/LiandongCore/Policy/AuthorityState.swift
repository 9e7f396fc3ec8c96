/// Who is who, folded from the entries of the district's chain.
///
/// A value: copies are cheap and equal chains give equal states. Every question about entitlement and grants is
/// answered here, on every node alike.
package struct AuthorityState: Sendable {
    /// Nil until height 1 was applied.
    package private(set) var cluster: ClusterID?
    package private(set) var signer: NodeID?
    /// The public key of the root, which founds the cluster and names its signers.
    package private(set) var root: [UInt8]?
    package private(set) var height: UInt64 = 0
    /// Hash of the newest entry.
    package private(set) var head: Hash?
    package private(set) var district: PlaceID?
    package private(set) var places: [PlaceID: Place] = [:]
    package private(set) var nodes: [NodeID: Enrolment] = [:]
    package private(set) var invites: [Hash: InviteRecord] = [:]
    package private(set) var revocations: [NodeID: Revocation] = [:]
    package private(set) var purposeKeys: [PurposeVersion: [NodeID: [UInt8]]] = [:]
    package private(set) var policies: [String: String] = [:]

    /// The chain's height at each node's enrolment.
    private(set) var enrolmentHeights: [NodeID: UInt64] = [:]
    /// The chain's height at each node's first revocation.
    package private(set) var revocationHeights: [NodeID: UInt64] = [:]
    /// The chain's height at each place's first entry.
    private(set) var placeHeights: [PlaceID: UInt64] = [:]
    /// What the chain gave each node and took from it beside the standing grants, in ascending height.
    private(set) var grants: [NodeID: [String: [GrantChange]]] = [:]
    /// Where a place was before each of its moves, in ascending height.
    private(set) var moves: [PlaceID: [Move]] = [:]
    /// Cuts of revocations to come, for which those have no room.
    private var cutsToCome: [NodeID: [LaneID: Revocation.Cut]] = [:]

    private var codes: [String: PlaceID] = [:]
    private var children: [PlaceID: [PlaceID]] = [:]
    private var nodesOfPlace: [PlaceID: [NodeID]] = [:]

    package init() {}

    /// A leave to enrol, and whether it was used.
    package struct InviteRecord: Sendable, Hashable {
        /// The invite's Ed25519 public key.
        package let key: [UInt8]
        package let place: PlaceID
        package let expires: Instant
        package let name: String
        package var usedBy: NodeID?

        package init(key: [UInt8], place: PlaceID, expires: Instant, name: String, usedBy: NodeID? = nil) {
            self.key = key
            self.place = place
            self.expires = expires
            self.name = name
            self.usedBy = usedBy
        }
    }

    /// What stays valid of a revoked node.
    package struct Revocation: Sendable, Hashable {
        /// The last accepted delta of each lane named.
        package var cuts: [LaneID: Cut]
        package let reason: String
        /// Whether the node is not revoked yet: these are cuts for which its next revocation has no room.
        package let isContinued: Bool

        package init(cuts: [LaneID: Cut], reason: String, isContinued: Bool = false) {
            self.cuts = cuts
            self.reason = reason
            self.isContinued = isContinued
        }

        package struct Cut: Sendable, Hashable {
            package let seq: UInt64
            package let header: DeltaID

            package init(seq: UInt64, header: DeltaID) {
                self.seq = seq
                self.header = header
            }
        }
    }

    /// A capability was given to a node, or withdrawn from it.
    struct GrantChange: Sendable, Hashable {
        let height: UInt64
        let isWithdrawn: Bool
    }

    /// A place came under another parent.
    struct Move: Sendable, Hashable {
        let height: UInt64
        let from: PlaceID?
    }

    /// A purpose and the version of its key.
    package struct PurposeVersion: Sendable, Hashable, Comparable {
        package let purpose: String
        package let version: UInt32

        package init(purpose: String, version: UInt32) {
            self.purpose = purpose
            self.version = version
        }

        package static func < (a: PurposeVersion, b: PurposeVersion) -> Bool {
            (a.purpose, a.version) < (b.purpose, b.version)
        }
    }
}

// MARK: - Questions

extension AuthorityState {
    package var epoch: AuthorityEpoch { AuthorityEpoch(district: height, issuer: height) }

    /// The place that has this code now, a grid's code included.
    package func place(code: String) -> Place? { codes[code].flatMap { places[$0] } }

    /// The place a node serves.
    package func place(of node: NodeID) -> PlaceID? { nodes[node]?.place }

    package func children(of place: PlaceID) -> [PlaceID] { children[place] ?? [] }

    /// The nodes that serve a place, revoked ones left out, sorted.
    package func nodes(of place: PlaceID) -> [NodeID] {
        (nodesOfPlace[place] ?? []).filter { revocations[$0] == nil }
    }

    /// The place and its ancestors, the district last.
    package func line(of place: PlaceID) -> [PlaceID] {
        var line: [PlaceID] = []
        var next: PlaceID? = place
        // A chain is never deeper than its places, so a cycle ends here too.
        while let here = next, line.count <= places.count {
            line.append(here)
            next = places[here]?.parent
        }
        return line
    }

    /// Whether one place is another or lies under it.
    package func isWithin(_ place: PlaceID, _ ancestor: PlaceID) -> Bool { line(of: place).contains(ancestor) }

    /// Whether the nodes of a place may hold what is for the audience.
    package func isEntitled(place: PlaceID, to audience: Audience) -> Bool {
        audience.members.contains { member in
            isWithin(member.place, place) || (member.scope == .below && isWithin(place, member.place))
        }
    }

    /// Whether a node may hold what is for the audience: enrolled, not revoked, and of an entitled place.
    package func isEntitled(_ node: NodeID, to audience: Audience) -> Bool {
        guard revocations[node] == nil, let place = nodes[node]?.place else { return false }
        return isEntitled(place: place, to: audience)
    }

    /// Every node that may hold what is for the audience, sorted.
    package func entitledNodes(to audience: Audience) -> [NodeID] {
        nodes.keys.filter { isEntitled($0, to: audience) }.sorted()
    }

    /// The deepest place that is an ancestor of both or one of them.
    package func lowestCommonAncestor(_ a: PlaceID, _ b: PlaceID) -> PlaceID? {
        let other = Set(line(of: b))
        return line(of: a).first { other.contains($0) }
    }

    /// The newest version of a purpose's key, and it sealed to the node; nil when the node does not hold the purpose.
    package func purposeKey(_ purpose: String, for node: NodeID) -> (version: UInt32, box: [UInt8])? {
        let versions = purposeKeys.filter { $0.key.purpose == purpose && $0.value[node] != nil }
        guard let newest = versions.max(by: { $0.key < $1.key }), let box = newest.value[node] else { return nil }
        return (newest.key.version, box)
    }

    /// The lowest place whose boundary holds the point; grids before communities before streets.
    package func place(longitude: Double, latitude: Double) -> Place? {
        places.values
            .filter { Ring.contains($0.boundary, longitude: longitude, latitude: latitude) }
            .max { ($0.tier, $0.id) < ($1.tier, $1.id) }
    }
}

// MARK: - Entries

extension AuthorityState {
    /// Applies the next entry of the chain.
    ///
    /// - Throws: ``AuthorityError`` and changes nothing when the entry is not the next one, not signed by whom it must
    ///   be, or does not fit the state.
    package mutating func apply(_ signed: SignedAuthorityEntry, _ cryptography: Cryptography) throws(AuthorityError) {
        let entry = try AuthorityEntryContent(decoding: signed.entry)
        guard entry.height == height + 1 else { throw .outOfOrder(height: entry.height, expected: height + 1) }
        guard entry.previous == head else { throw .fork(height: entry.height) }
        let hash = cryptography.hash([3] + signed.entry)
        var next = self
        if height == 0 {
            try next.applyGenesis(entry, cryptography)
        } else {
            let isMove = if case .signerMove = entry.body { true } else { false }
            guard entry.cluster == cluster, entry.issuer == (isMove ? root : signer?.bytes) else {
                throw .refused(
                    height: entry.height,
                    isMove ? "names another signer and is not by the root key" : "is not by the district's signer"
                )
            }
            try next.apply(entry.body, height: entry.height, cryptography)
        }
        let message = Array("liandong/authority/1".utf8) + signed.entry
        guard cryptography.verify(signed.signature, message, entry.issuer) else {
            throw .refused(height: entry.height, "has a signature that does not verify")
        }
        next.height = entry.height
        next.head = hash
        self = next
    }

    /// What the chain would say after one more entry that nobody has signed: to tell what a change would do.
    ///
    /// - Throws: ``AuthorityError`` when the entry does not fit the state.
    package func rehearsing(
        _ body: AuthorityEntryContent.Body,
        _ cryptography: Cryptography
    ) throws(AuthorityError) -> AuthorityState {
        var next = self
        try next.apply(body, height: height + 1, cryptography)
        next.height = height + 1
        return next
    }

    private mutating func applyGenesis(
        _ entry: AuthorityEntryContent,
        _ cryptography: Cryptography
    ) throws(AuthorityError) {
        guard case .genesis(let root, let signer, let district) = entry.body else {
            throw .refused(height: entry.height, "is not a genesis")
        }
        let expected = ClusterID(root: root, cryptography)
        guard entry.issuer == root, entry.cluster == expected, district.tier == .district, district.parent == nil else {
            throw .refused(height: entry.height, "is a genesis that does not hold together")
        }
        self.cluster = expected
        self.signer = signer
        self.root = root
        self.district = district.id
        placeHeights[district.id] = entry.height
        insert(district)
    }

    private mutating func apply(
        _ body: AuthorityEntryContent.Body,
        height: UInt64,
        _ cryptography: Cryptography
    ) throws(AuthorityError) {
        switch body {
        case .genesis:
            throw .refused(height: height, "is a second genesis")
        case .place(let place):
            try check(place, height: height)
            if let known = places[place.id], known.parent != place.parent {
                moves[place.id, default: []].append(Move(height: height, from: known.parent))
            }
            if placeHeights[place.id] == nil { placeHeights[place.id] = height }
            insert(place)
        case .invite(let invite):
            guard places[invite.place] != nil else { throw .refused(height: height, "invites to an unknown place") }
            invites[cryptography.hash(invite.key)] = invite
        case .enrol(let enrolment, let inviteKey):
            try check(enrolment, height: height)
            if let inviteKey { invites[cryptography.hash(inviteKey)]?.usedBy = enrolment.node }
            nodes[enrolment.node] = enrolment
            enrolmentHeights[enrolment.node] = height
            nodesOfPlace[enrolment.place, default: []].append(enrolment.node)
            nodesOfPlace[enrolment.place]?.sort()
        case .grant(let node, let capability, let withdrawn):
            guard nodes[node] != nil else { throw .refused(height: height, "grants to an unknown node") }
            grants[node, default: [:]][capability, default: []]
                .append(GrantChange(height: height, isWithdrawn: withdrawn))
        case .revoke(let node, var revocation):
            guard nodes[node] != nil else { throw .refused(height: height, "revokes an unknown node") }
            guard !revocation.isContinued else {
                cutsToCome[node, default: [:]].merge(revocation.cuts, uniquingKeysWith: Revocation.lower)
                return
            }
            if let more = cutsToCome.removeValue(forKey: node) {
                revocation.cuts.merge(more, uniquingKeysWith: Revocation.lower)
            }
            if revocationHeights[node] == nil { revocationHeights[node] = height }
            revocations[node] = revocations[node].map { $0.narrowed(by: revocation) } ?? revocation
        case .purposeKey(let version, let wrapped):
            purposeKeys[version, default: [:]].merge(wrapped) { _, new in new }
        case .policy(let name, let value):
            policies[name] = value
        case .signerMove(let node):
            guard let place = nodes[node]?.place, place == district, revocations[node] == nil else {
                throw .refused(height: height, "makes a signer of what is no node of the district")
            }
            signer = node
        case .unknown:
            break  // a later build's entry: it counts in the chain, this build makes nothing of it
        }
    }

    private func check(_ place: Place, height: UInt64) throws(AuthorityError) {
        // The district itself lies under no other; it may be called otherwise and be drawn.
        let isDistrict = place.id == district && place.parent == nil
        guard isDistrict || place.parent.flatMap({ places[$0] }).map({ $0.tier < place.tier }) == true else {
            throw .refused(height: height, "puts a place under no place of a higher tier")
        }
        if let other = codes[place.code], other != place.id {
            throw .refused(height: height, "gives the code \(place.code) to a second place")
        }
        if let known = places[place.id], known.tier != place.tier {
            throw .refused(height: height, "changes the tier of a place")
        }
    }

    private func check(_ enrolment: Enrolment, height: UInt64) throws(AuthorityError) {
        guard places[enrolment.place] != nil else { throw .refused(height: height, "enrols for an unknown place") }
        guard nodes[enrolment.node] == nil else { throw .refused(height: height, "enrols a node twice") }
        let taken = (nodesOfPlace[enrolment.place] ?? []).contains { nodes[$0]?.ordinal == enrolment.ordinal }
        guard (1...99).contains(enrolment.ordinal), !taken else {
            throw .refused(height: height, "gives a node's two digits twice")
        }
    }

    private mutating func insert(_ place: Place) {
        if let known = places[place.id] {
            codes[known.code] = nil
            if let parent = known.parent { children[parent]?.removeAll { $0 == place.id } }
        }
        places[place.id] = place
        codes[place.code] = place.id
        if let parent = place.parent {
            children[parent, default: []].append(place.id)
            children[parent]?.sort()
        }
    }
}

extension AuthorityState.Revocation {
    fileprivate static func lower(_ a: Cut, _ b: Cut) -> Cut { a.seq <= b.seq ? a : b }

    /// What both revocations leave valid: a second revocation can only take more away.
    fileprivate func narrowed(by other: AuthorityState.Revocation) -> AuthorityState.Revocation {
        var both: [LaneID: Cut] = [:]
        for (lane, cut) in cuts {
            if let second = other.cuts[lane] { both[lane] = AuthorityState.Revocation.lower(cut, second) }
        }
        return AuthorityState.Revocation(cuts: both, reason: other.reason)
    }
}

/// A closed ring of longitude, latitude pairs.
enum Ring {
    /// Whether the ring holds the point: even-odd rule.
    ///
    /// Fewer than three corners hold nothing.
    static func contains(_ ring: [Double], longitude: Double, latitude: Double) -> Bool {
        let count = ring.count / 2
        guard count >= 3 else { return false }
        var inside = false
        var previous = count - 1
        for corner in 0..<count {
            let (x1, y1) = (ring[corner * 2], ring[corner * 2 + 1])
            let (x2, y2) = (ring[previous * 2], ring[previous * 2 + 1])
            if (y1 > latitude) != (y2 > latitude), longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1 {
                inside.toggle()
            }
            previous = corner
        }
        return inside
    }
}
