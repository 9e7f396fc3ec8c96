import LiandongCore
import LiandongSigning
import LiandongSimulation
import Testing

/// A founded district with two streets, two communities under each, and a node at every place.
struct District {
    let cryptography = Cryptography.sodium
    let root: Signer
    private(set) var authority = AuthorityState()
    private(set) var entries: [SignedAuthorityEntry] = []
    private(set) var nodes: [PlaceID: Signer] = [:]

    static let district = PlaceID(raw: 1)
    static let streetA = PlaceID(raw: 10)
    static let streetB = PlaceID(raw: 20)
    static let communityA1 = PlaceID(raw: 11)
    static let communityA2 = PlaceID(raw: 12)
    static let communityB1 = PlaceID(raw: 21)
    static let communityB2 = PlaceID(raw: 22)
    static let places = [district, streetA, streetB, communityA1, communityA2, communityB1, communityB2]

    init() throws {
        self.root = try testSigner(200)
        for (index, place) in District.places.enumerated() {
            nodes[place] = try testSigner(UInt8(index + 1))
        }
        let district = Place(
            id: District.district,
            tier: .district,
            parent: nil,
            code: "441202000000",
            name: "端州区"
        )
        try append(.genesis(root: root.publicKey, signer: try id(District.district), district: district), by: root)
        try add(District.streetA, .street, under: District.district, "441202001000")
        try add(District.streetB, .street, under: District.district, "441202003000")
        try add(District.communityA1, .community, under: District.streetA, "441202001001")
        try add(District.communityA2, .community, under: District.streetA, "441202001002")
        try add(District.communityB1, .community, under: District.streetB, "441202003001")
        try add(District.communityB2, .community, under: District.streetB, "441202003002")
        for place in District.places { try enrol(place) }
    }

    func signer(_ place: PlaceID) throws -> Signer { try #require(nodes[place]) }

    func id(_ place: PlaceID) throws -> NodeID { try #require(NodeID(try signer(place).publicKey)) }

    private mutating func add(_ id: PlaceID, _ tier: Tier, under parent: PlaceID, _ code: String) throws {
        try append(.place(Place(id: id, tier: tier, parent: parent, code: code, name: code)))
    }

    private mutating func enrol(_ place: PlaceID) throws {
        let enrolment = Enrolment(
            node: try id(place),
            sealingKey: [UInt8](repeating: 7, count: 32),
            place: place,
            name: "\(place)",
            ordinal: 1,
            addresses: ["\(place):1"]
        )
        try append(.enrol(enrolment, invite: nil))
    }

    /// Signs and applies the chain's next entry.
    mutating func append(_ body: AuthorityEntryContent.Body, by signer: Signer? = nil) throws {
        let entry = try next(body, by: signer)
        try authority.apply(entry, cryptography)
        entries.append(entry)
    }

    /// The chain's next entry, not applied.
    func next(_ body: AuthorityEntryContent.Body, by signer: Signer? = nil) throws -> SignedAuthorityEntry {
        try SignedAuthorityEntry(
            cluster: ClusterID(root: root.publicKey, cryptography),
            height: authority.height + 1,
            previous: authority.head,
            time: Instant(milliseconds: 1_700_000_000_000),
            body: body,
            signer: try signer ?? self.signer(District.district)
        )
    }
}

/// One node's ledger over its own dictionaries.
struct Replica {
    let place: PlaceID
    private(set) var storage = MemoryLedgerStorage()
    var ledger: Ledger
    private var salt: UInt8 = 0

    init(_ place: PlaceID, in district: District, incarnation: UInt64 = 1, schema: Schema = .test) throws {
        self.place = place
        self.ledger = try Ledger(
            node: try district.id(place),
            incarnation: Incarnation(raw: incarnation),
            schema: schema,
            authority: district.authority,
            cryptography: district.cryptography,
            signer: try district.signer(place),
            storage: storage
        )
    }

    /// Writes drafts in one group commit.
    mutating func commit(_ drafts: [Draft], at milliseconds: Int64) throws -> [Delta] {
        try ledger.check(drafts)
        try ledger.begin(at: Instant(milliseconds: milliseconds), in: storage)
        var touched: Set<RecordID> = []
        salt &+= 1
        let bytes = [UInt8](repeating: salt, count: 16)
        try ledger.append(drafts, randomBytes: { bytes }, in: storage, touching: &touched)
        return try ledger.seal(in: storage).deltas.map(\.delta)
    }

    /// Takes over foreign deltas with the definitions they need.
    @discardableResult
    mutating func receive(
        _ deltas: [Delta],
        audiences: [Audience],
        at milliseconds: Int64
    ) throws -> LedgerOutcome {
        for audience in audiences {
            storage.insert(audience: audience, id: AudienceID(audience, .sodium))
        }
        var outcome = LedgerOutcome()
        try ledger.apply(
            deltas,
            from: nil,
            at: Instant(milliseconds: milliseconds),
            in: storage,
            into: &outcome
        )
        return outcome
    }

    /// A copy whose cells, homes and waiting ops are what its deltas give.
    func rebuilt(at milliseconds: Int64 = 9_000) throws -> Replica {
        var copy = self
        copy.storage = MemoryLedgerStorage(content: storage.content)
        copy.storage.content.cells = [:]
        copy.storage.content.homes = [:]
        copy.storage.content.parked = []
        var outcome = LedgerOutcome()
        try copy.ledger.rebuild(at: Instant(milliseconds: milliseconds), in: copy.storage, into: &outcome)
        return copy
    }

    func view(_ record: RecordID) throws -> RecordView? { try RecordView(of: record, in: storage) }

    /// What other replicas must agree on: everything but local numbers.
    func values(_ record: RecordID) throws -> [String] {
        try view(record)?.entries.map {
            "\($0.field) \(hexadecimal($0.element)) \(hexadecimal($0.value)) \($0.stamp) \($0.dot)"
        }
            ?? []
    }
}

extension Schema {
    static let kind = RecordKind(code: 9)
    static let creation = Field(kind: kind, number: 0)
    static let title = Field(kind: kind, number: 1)
    static let unit = Field(kind: kind, number: 2)
    static let tags = Field(kind: kind, number: 3)
    static let events = Field(kind: kind, number: 4)
    static let secret = Field(kind: kind, number: 5)

    /// One field of each cell rule.
    static let test = Schema(
        version: 1,
        fields: [
            creation: FieldSpecification(rule: .log, deltaClass: .interactive),
            title: FieldSpecification(rule: .register, deltaClass: .interactive),
            unit: FieldSpecification(rule: .multiValue, deltaClass: .interactive),
            tags: FieldSpecification(rule: .set, deltaClass: .interactive),
            events: FieldSpecification(rule: .log, deltaClass: .interactive),
            secret: FieldSpecification(rule: .register, deltaClass: .bulk, isPersonal: true),
        ],
        acceptableForOthers: [kind]
    )
}

/// A record of the test kind, and drafts for it.
struct TestRecord {
    let id: RecordID
    let audience: Audience
    let nonce: Nonce

    init(_ number: UInt8, _ audience: Audience) {
        self.audience = audience
        self.nonce = Nonce(raw: Bytes16(high: 0, low: UInt64(number)))
        self.id = RecordID(kind: Schema.kind, home: AudienceID(audience, .sodium), nonce: nonce, .sodium)
    }

    var create: Draft { Draft(record: id, field: Schema.creation, audience: audience, nonce: nonce) }

    func write(_ field: Field, _ value: String, element: String = "") -> Draft {
        Draft(
            record: id,
            field: field,
            element: Array(element.utf8),
            value: Array(value.utf8),
            audience: audience
        )
    }

    func remove(_ field: Field, element: String = "") -> Draft {
        Draft(record: id, field: field, element: Array(element.utf8), change: .remove, audience: audience)
    }
}

/// A small seeded generator, so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    // SplitMix64 (Steele et al., 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A signer whose seed is one byte repeated.
func testSigner(_ seed: UInt8) throws -> Signer {
    try SigningKey(seed: [UInt8](repeating: seed, count: 32)).signer
}
