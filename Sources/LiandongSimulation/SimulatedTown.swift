import LiandongCore
import LiandongSigning

/// The places, keys and chain of a small three-tier district, and who was entitled to what at each height of the chain.
///
/// A model of its own: what it says of entitlement rests on the tree alone, never on the code under test.
struct SimulatedTown {
    /// What the chain amounts to at one height.
    private struct Era {
        /// Place i's parent by index; the district is 0 and its own end.
        var parents: [Int?] = []
        var placeOfNode: [NodeID: Int] = [:]
        var revoked: Set<NodeID> = []
    }

    /// The places by index.
    private(set) var places: [PlaceID] = []
    private(set) var signers: [Signer] = []
    /// The chain that every founding node begins with.
    private(set) var chain: [SignedAuthorityEntry] = []
    private(set) var authority = AuthorityState()
    /// By height; height 0 is before the genesis.
    private var eras = [Era()]

    /// - Parameter hasSecondRelay: the first street has another node, the last of all.
    init(random: inout SeededRandom, hasSecondRelay: Bool = false) throws {
        let streetCount = 2 + random.below(2)
        let communityCount = 3 + random.below(3)
        var parents: [Int?] = [nil]
        for _ in 0..<streetCount { parents.append(0) }
        for _ in 0..<communityCount { parents.append(1 + random.below(streetCount)) }
        places = parents.indices.map { PlaceID(raw: UInt64($0) + 1) }
        for _ in parents { signers.append(try SigningKey(seed: random.bytes(32)).signer) }
        if hasSecondRelay { signers.append(try SigningKey(seed: random.bytes(32)).signer) }
        let nodes = signers.compactMap { NodeID($0.publicKey) }
        let root = try SigningKey(seed: random.bytes(32)).signer
        let cluster = ClusterID(root: root.publicKey, .sodium)
        func append(_ body: AuthorityEntryContent.Body, by signer: Signer) throws {
            let entry = try SignedAuthorityEntry(
                cluster: cluster,
                height: authority.height + 1,
                previous: authority.head,
                time: SimulatedTown.founding,
                body: body,
                signer: signer
            )
            try authority.apply(entry, .sodium)
            chain.append(entry)
            try note(entry)
        }
        let district = SimulatedTown.place(0, under: nil, tier: .district, of: places)
        try append(.genesis(root: root.publicKey, signer: nodes[0], district: district), by: root)
        for index in parents.indices.dropFirst() {
            let tier: Tier = parents[index] == 0 ? .street : .community
            let place = SimulatedTown.place(index, under: parents[index], tier: tier, of: places)
            try append(.place(place), by: signers[0])
        }
        for index in parents.indices {
            try append(.enrol(SimulatedTown.enrolment(nodes[index], at: places[index]), invite: nil), by: signers[0])
        }
        if hasSecondRelay, let last = nodes.last {
            try append(.enrol(SimulatedTown.enrolment(last, at: places[1], ordinal: 2), invite: nil), by: signers[0])
        }
    }

    /// When the world's clock begins.
    static let founding = Instant(milliseconds: 1_700_000_000_000)

    static func place(_ index: Int, under parent: Int?, tier: Tier, of places: [PlaceID]) -> Place {
        Place(
            id: PlaceID(raw: UInt64(index) + 1),
            tier: tier,
            parent: parent.map { places[$0] },
            code: "44120200\(1000 + index)",
            name: "place \(index)"
        )
    }

    static func enrolment(_ node: NodeID, at place: PlaceID, ordinal: Int = 1) -> Enrolment {
        Enrolment(
            node: node,
            sealingKey: [UInt8](repeating: 7, count: 32),
            place: place,
            name: "\(node)",
            ordinal: ordinal,
            addresses: ["\(node):1"]
        )
    }

    // MARK: The chain grows

    var height: UInt64 { UInt64(eras.count - 1) }

    /// Notes the next entry, durable at the signer; one that is known already changes nothing.
    mutating func note(_ entry: SignedAuthorityEntry) throws {
        let content = try AuthorityEntryContent(decoding: entry.entry)
        guard content.height == height + 1, var era = eras.last else { return }
        switch content.body {
        case .genesis: era.parents.append(nil)
        case .place(let place):
            let parent = place.parent.flatMap { places.firstIndex(of: $0) }
            if let known = places.firstIndex(of: place.id), known < era.parents.count {
                era.parents[known] = parent
            } else {
                if !places.contains(place.id) { places.append(place.id) }
                era.parents.append(parent)
            }
        case .enrol(let enrolment, _): era.placeOfNode[enrolment.node] = places.firstIndex(of: enrolment.place)
        case .revoke(let node, _): era.revoked.insert(node)
        case .invite, .grant, .purposeKey, .policy, .signerMove, .unknown: break
        }
        eras.append(era)
    }

    // MARK: Questions

    private func era(_ height: UInt64) -> Era { eras[min(Int(clamping: height), eras.count - 1)] }

    /// How many places there are now.
    var placeCount: Int { eras[eras.count - 1].parents.count }

    func parent(of place: Int) -> Int? { eras[eras.count - 1].parents[place] }

    /// Where a place was when the chain had that height; nil for the district and for places made later.
    func parent(of place: Int, atHeight height: UInt64) -> Int? {
        let parents = era(height).parents
        return parents.indices.contains(place) ? parents[place] : nil
    }

    func place(of node: NodeID) -> Int? { eras[eras.count - 1].placeOfNode[node] }

    func isRevoked(_ node: NodeID) -> Bool { eras[eras.count - 1].revoked.contains(node) }

    /// The place and those above it, now.
    func line(of place: Int) -> [Int] { line(of: place, in: eras[eras.count - 1]) }

    private func line(of place: Int, in era: Era) -> [Int] {
        var line = [place]
        while let last = line.last, era.parents.indices.contains(last), let parent = era.parents[last] {
            line.append(parent)
        }
        return line
    }

    private func isEntitled(_ node: NodeID, to audience: SimulatedAudience, in era: Era) -> Bool {
        guard let place = era.placeOfNode[node], !era.revoked.contains(node) else { return false }
        return audience.members.contains { member in
            line(of: member.place, in: era).contains(place)
                || (member.isBelow && line(of: place, in: era).contains(member.place))
        }
    }

    /// Whether a node might hold what is for an audience when the chain had that height.
    func isEntitled(_ node: NodeID, to audience: SimulatedAudience, atHeight height: UInt64) -> Bool {
        isEntitled(node, to: audience, in: era(height))
    }

    /// Whether a node may hold it now.
    func isEntitled(_ node: NodeID, to audience: SimulatedAudience) -> Bool {
        isEntitled(node, to: audience, in: eras[eras.count - 1])
    }

    /// Whether a node might hold it at any time so far.
    func wasEverEntitled(_ node: NodeID, to audience: SimulatedAudience) -> Bool {
        isEntitled(node, to: audience) || eras.contains { isEntitled(node, to: audience, in: $0) }
    }
}
