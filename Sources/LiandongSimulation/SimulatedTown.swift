import LiandongCore
import LiandongSigning

/// The places, keys and chain of a small three-tier district, one node a place.
struct SimulatedTown {
    /// Place i's parent by index; the district is 0 and its own end.
    let parents: [Int?]
    let places: [PlaceID]
    let signers: [Signer]
    let nodes: [NodeID]
    private(set) var chain: [SignedAuthorityEntry] = []
    private(set) var authority = AuthorityState()

    static let kind = RecordKind(code: 9)
    static let creation = Field(kind: kind, number: 0)
    static let title = Field(kind: kind, number: 1)
    static let unit = Field(kind: kind, number: 2)
    static let tags = Field(kind: kind, number: 3)
    static let events = Field(kind: kind, number: 4)
    static let notes = Field(kind: kind, number: 5)

    /// One field of each cell rule, and one of the bulk class.
    static let schema = Schema(
        version: 1,
        fields: [
            creation: FieldSpecification(rule: .log, deltaClass: .interactive),
            title: FieldSpecification(rule: .register, deltaClass: .interactive),
            unit: FieldSpecification(rule: .multiValue, deltaClass: .interactive),
            tags: FieldSpecification(rule: .set, deltaClass: .interactive),
            events: FieldSpecification(rule: .log, deltaClass: .interactive),
            notes: FieldSpecification(rule: .register, deltaClass: .bulk, isPersonal: true),
        ],
        acceptableForOthers: [kind]
    )

    init(random: inout SeededRandom) throws {
        let streetCount = 2 + random.below(2)
        let communityCount = 3 + random.below(3)
        var parents: [Int?] = [nil]
        for _ in 0..<streetCount { parents.append(0) }
        for _ in 0..<communityCount { parents.append(1 + random.below(streetCount)) }
        self.parents = parents
        self.places = parents.indices.map { PlaceID(raw: UInt64($0) + 1) }
        var signers: [Signer] = []
        for _ in parents {
            let seed = (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            signers.append(try SigningKey(seed: seed).signer)
        }
        self.signers = signers
        self.nodes = signers.compactMap { NodeID($0.publicKey) }
        let root = try SigningKey(seed: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }).signer
        try append(.genesis(root: root.publicKey, signer: nodes[0], district: place(0)), by: root, root: root.publicKey)
        for index in parents.indices.dropFirst() { try append(.place(place(index)), root: root.publicKey) }
        for index in parents.indices {
            let enrolment = Enrolment(
                node: nodes[index],
                sealingKey: [UInt8](repeating: 7, count: 32),
                place: places[index],
                name: "\(index)",
                ordinal: 1,
                addresses: ["node-\(index):1"]
            )
            try append(.enrol(enrolment, invite: nil), root: root.publicKey)
        }
    }

    private func place(_ index: Int) -> Place {
        let parent = parents[index]
        let tier: Tier = parent == nil ? .district : parent == 0 ? .street : .community
        let number = String(1000 + index)
        return Place(
            id: places[index],
            tier: tier,
            parent: parent.map { places[$0] },
            code: "44120200\(number)",
            name: "place \(index)"
        )
    }

    private mutating func append(
        _ body: AuthorityEntryContent.Body,
        by signer: Signer? = nil,
        root: [UInt8]
    ) throws {
        let entry = try SignedAuthorityEntry(
            cluster: ClusterID(root: root, .sodium),
            height: authority.height + 1,
            previous: authority.head,
            time: Instant(milliseconds: 1_700_000_000_000),
            body: body,
            signer: signer ?? signers[0]
        )
        try authority.apply(entry, .sodium)
        chain.append(entry)
    }

    /// Whether a node may hold what is for the members: told from the tree alone, not by the code under test.
    func isEntitled(_ node: Int, to audience: SimulatedAudience) -> Bool {
        audience.places.contains { ancestors($0).contains(node) || (audience.isBelow && ancestors(node).contains($0)) }
    }

    /// The index and those of its ancestors.
    func ancestors(_ index: Int) -> [Int] {
        var line = [index]
        while let last = line.last, let parent = parents[last] { line.append(parent) }
        return line
    }
}

/// An audience of the run, and the text that stands in every value written in it.
struct SimulatedAudience {
    let places: [Int]
    let isBelow: Bool
    let audience: Audience
    let marker: [UInt8]

    /// What every marker begins with; three digits follow.
    static let prefix = Array("<<for-".utf8)

    /// The number of each marker that stands in the bytes.
    static func markers(in bytes: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        guard bytes.count >= prefix.count + 3, let first = prefix.first else { return found }
        var start = bytes.startIndex
        while let at = bytes[start...].firstIndex(of: first) {
            start = at + 1
            let end = at + prefix.count
            guard end + 3 <= bytes.count else { break }
            guard bytes[at..<end].elementsEqual(prefix) else { continue }
            let text = String(decoding: bytes[end..<(end + 3)], as: UTF8.self)
            if let number = Int(text) { found.insert(number) }
        }
        return found
    }
}
