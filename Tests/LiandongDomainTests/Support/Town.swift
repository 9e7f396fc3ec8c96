import LiandongCore
import LiandongDomain
import LiandongSigning
import LiandongSimulation
import Synchronization
import Testing

/// A district with a node at every place, each with its own ledger; links are what a test delivers.
final class Town {
    static let district = PlaceID(raw: 1)
    static let streetA = PlaceID(raw: 10)
    static let streetB = PlaceID(raw: 20)
    static let communityA1 = PlaceID(raw: 11)
    static let communityA2 = PlaceID(raw: 12)
    static let communityB1 = PlaceID(raw: 21)
    static let communityB2 = PlaceID(raw: 22)
    static let gridA1 = PlaceID(raw: 111)
    /// Every place that has a node.
    static let places = [district, streetA, streetB, communityA1, communityA2, communityB1, communityB2]

    let cryptography = Cryptography.sodium
    private(set) var authority = AuthorityState()
    /// Milliseconds; grows by a second with every command.
    var now: Int64 = 1_790_000_000_000
    private let root: Signer
    private var chain: [SignedAuthorityEntry] = []
    private var signers: [PlaceID: Signer] = [:]
    private var ledgers: [PlaceID: Ledger] = [:]
    private var storages: [PlaceID: MemoryLedgerStorage] = [:]
    private var audiences: [AudienceID: Audience] = [:]
    private var deltas: [Delta] = []
    private var held: [PlaceID: Set<DeltaID>] = [:]
    private let random: SharedRandom
    private let key: SymmetricKey
    /// Places whose node holds no purpose.
    var withoutPurposes: Set<PlaceID> = []
    private let sequence = Mutex(0)

    init(seed: UInt64 = 1) throws {
        random = SharedRandom(seed: seed)
        key = try SymmetricKey([UInt8](repeating: 5, count: 32))
        root = try SigningKey(seed: [UInt8](repeating: 200, count: 32)).signer
        for (index, place) in Town.places.enumerated() {
            signers[place] = try SigningKey(seed: [UInt8](repeating: UInt8(index + 1), count: 32)).signer
        }
        let head = try node(Town.district)
        let top = Place(id: Town.district, tier: .district, parent: nil, code: "441202000000", name: "端州区")
        try append(.genesis(root: root.publicKey, signer: head, district: top), by: root)
        try add(Town.streetA, .street, under: Town.district, "441202001000", "城东街道")
        try add(Town.streetB, .street, under: Town.district, "441202003000", "城西街道")
        try add(Town.communityA1, .community, under: Town.streetA, "441202001001", "东一社区")
        try add(Town.communityA2, .community, under: Town.streetA, "441202001002", "东二社区")
        try add(Town.communityB1, .community, under: Town.streetB, "441202003001", "西一社区")
        try add(Town.communityB2, .community, under: Town.streetB, "441202003002", "西二社区")
        try add(Town.gridA1, .grid, under: Town.communityA1, "441202001001003", "东一社区第三网格")
        for place in Town.places { try enrol(place) }
        for place in Town.places {
            let storage = MemoryLedgerStorage()
            storages[place] = storage
            ledgers[place] = try Ledger(
                node: try node(place),
                incarnation: Incarnation(raw: 1),
                schema: LiandongSchema.current,
                authority: authority,
                cryptography: cryptography,
                signer: try signer(place),
                storage: storage
            )
        }
    }

    func node(_ place: PlaceID) throws -> NodeID { try #require(try NodeID(signer(place).publicKey)) }

    private func signer(_ place: PlaceID) throws -> Signer { try #require(signers[place]) }

    private func add(_ id: PlaceID, _ tier: Tier, under parent: PlaceID, _ code: String, _ name: String) throws {
        try append(.place(Place(id: id, tier: tier, parent: parent, code: code, name: name)))
    }

    /// A grid that the nodes' ledgers do not know of: for plans alone.
    func addGrid(_ number: Int, under place: PlaceID) throws -> PlaceID {
        let id = PlaceID(raw: 900 + UInt64(number))
        try add(id, .grid, under: place, "44120200190\(number)", "第\(number)网格")
        return id
    }

    private func enrol(_ place: PlaceID) throws {
        let enrolment = Enrolment(
            node: try node(place),
            sealingKey: [UInt8](repeating: 7, count: 32),
            place: place,
            name: "\(place)",
            ordinal: 1,
            addresses: []
        )
        try append(.enrol(enrolment, invite: nil))
    }

    private func append(_ body: AuthorityEntryContent.Body, by signer: Signer? = nil) throws {
        let entry = try SignedAuthorityEntry(
            cluster: ClusterID(root: root.publicKey, cryptography),
            height: authority.height + 1,
            previous: authority.head,
            time: Instant(milliseconds: now),
            body: body,
            signer: try signer ?? self.signer(Town.district)
        )
        try authority.apply(entry, cryptography)
        chain.append(entry)
    }

    /// Lets every node's ledger hear what the chain says by now.
    func tellChain() throws {
        for place in Town.places {
            var outcome = LedgerOutcome()
            let storage = try #require(storages[place])
            _ = try ledgers[place]?.apply(authority: chain, at: Instant(milliseconds: now), in: storage, into: &outcome)
        }
    }
}

// MARK: - Commands

extension Town {
    func context(_ place: PlaceID, name: String = "李工", role: String = "clerk") throws -> CommandContext {
        let (random, code) = (random, authority.places[place]?.code ?? "")
        let sequence = sequence.withLock { value -> Int in
            value += 1
            return value
        }
        return CommandContext(
            now: Instant(milliseconds: now),
            actor: Actor(node: try node(place), place: place, name: name, role: role),
            authority: authority,
            cryptography: cryptography,
            purposes: purposes(at: place),
            random: { random.bytes($0) },
            nextNumber: { now in
                let prefix = try #require(WorkOrderNumber.prefix(placeCode: code, ordinal: 1, date: CivilDate(now)))
                return try #require(WorkOrderNumber(prefix: prefix, sequence: sequence)).text
            }
        )
    }

    func purposes(at place: PlaceID) -> Purposes {
        guard !withoutPurposes.contains(place) else { return .none }
        let key = key
        return Purposes(
            holds: { _ in true },
            seal: { purpose, plaintext, context in
                key.derived(purpose).seal(plaintext, for: context)
            },
            open: { purpose, sealed, context in try? key.derived(purpose).open(sealed, for: context) },
            matchTag: { (1, MatchTag.tag(of: $0, key: key.derived("match"))) }
        )
    }

    /// Plans and commits at a place's node.
    @discardableResult
    func run<C: Command>(_ command: C, by role: String = "clerk", at place: PlaceID) throws -> C.Receipt {
        now += 1000
        let plan = try command.plan(reader(place), context(place, role: role))
        try commit(plan.drafts, at: place)
        return plan.receipt
    }

    /// Commits drafts that no honest command would make.
    func commit(_ drafts: [Draft], at place: PlaceID) throws {
        let storage = try #require(storages[place])
        var ledger = try #require(ledgers[place])
        try ledger.check(drafts)
        try ledger.begin(at: Instant(milliseconds: now), in: storage)
        var touched: Set<RecordID> = []
        let salts = random
        try ledger.append(drafts, randomBytes: { salts.bytes(16) }, in: storage, touching: &touched)
        for committed in try ledger.seal(in: storage).deltas {
            deltas.append(committed.delta)
            held[place, default: []].insert(committed.delta.id)
        }
        ledgers[place] = ledger
        for draft in drafts {
            audiences[AudienceID(draft.audience, cryptography)] = draft.audience
            if case .give(let further) = draft.change { audiences[AudienceID(further, cryptography)] = further }
        }
    }

    /// The refusal of a command that must be refused, and leaves nothing written.
    func refusal<C: Command>(_ command: C, by role: String = "clerk", at place: PlaceID) throws -> Refusal {
        try #require(throws: Refusal.self) { try command.plan(reader(place), context(place, role: role)) }
    }

    func act(
        _ order: RecordID,
        _ action: ActOnWorkOrder.Action,
        text: String = "",
        by role: String = "clerk",
        at place: PlaceID
    ) throws {
        try run(ActOnWorkOrder(.record(order), action, text: text), by: role, at: place)
    }
}

// MARK: - Links

extension Town {
    enum Delivery: CaseIterable {
        case forward, backward, shuffled
    }

    /// Brings the given places everything they are entitled to, whoever made it.
    ///
    /// - Parameter only: leaves the other class for later.
    func sync(
        _ places: [PlaceID] = Town.places,
        _ delivery: Delivery = .forward,
        only deltaClass: DeltaClass? = nil
    ) throws {
        for place in places {
            var missing = deltas.filter { delta in
                (deltaClass ?? delta.lane.deltaClass) == delta.lane.deltaClass
                    && !held[place, default: []].contains(delta.id)
                    && audiences[delta.header.lane.audience].map { authority.isEntitled(place: place, to: $0) } ?? false
            }
            switch delivery {
            case .forward: break
            case .backward: missing.reverse()
            case .shuffled:
                var generator = random.fork()
                missing.shuffle(using: &generator)
            }
            let storage = try #require(storages[place])
            var ledger = try #require(ledgers[place])
            for delta in missing {
                if let audience = audiences[delta.header.lane.audience] {
                    storage.insert(audience: audience, id: delta.header.lane.audience)
                }
                var outcome = LedgerOutcome()
                try ledger.apply([delta], from: nil, at: Instant(milliseconds: now), in: storage, into: &outcome)
                held[place, default: []].insert(delta.id)
            }
            ledgers[place] = ledger
        }
    }
}

// MARK: - Reading

extension Town {
    func reader(_ place: PlaceID) throws -> MemoryDomainReader {
        MemoryDomainReader(storage: try #require(storages[place]), authority: authority)
    }

    func view(_ record: RecordID, at place: PlaceID) throws -> RecordView? { try reader(place).record(record) }

    func order(_ record: RecordID, at place: PlaceID) throws -> WorkOrder {
        let view = try #require(try view(record, at: place))
        return try #require(WorkOrder.fold(view, authority))
    }

    /// The bytes of an order's photo; nil where they are not all here.
    func bytes(of photo: WorkOrderPhoto, of record: RecordID, at place: PlaceID) throws -> [UInt8]? {
        let storage = try #require(storages[place])
        guard let sources = try photo.sources(of: record, in: storage) else { return nil }
        var bytes: [UInt8] = []
        for source in sources {
            guard let part = try storage.op(at: source)?.value else { return nil }
            bytes += part
        }
        return bytes
    }

    func consultation(_ record: RecordID, at place: PlaceID) throws -> Consultation {
        let view = try #require(try view(record, at: place))
        return try #require(Consultation.fold(view, authority))
    }

    /// The record as every place that is entitled sees it.
    func everywhere(_ record: RecordID) throws -> [WorkOrder] {
        try Town.places.compactMap { place in
            try view(record, at: place).flatMap { WorkOrder.fold($0, authority) }
        }
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

/// One seeded source that many contexts draw from.
final class SharedRandom: Sendable {
    private let state: Mutex<SeededGenerator>

    init(seed: UInt64) { self.state = Mutex(SeededGenerator(seed: seed)) }

    func bytes(_ count: Int) -> [UInt8] {
        state.withLock { generator in (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    }

    /// A generator of its own, seeded from this one.
    func fork() -> SeededGenerator { SeededGenerator(seed: state.withLock { $0.next() }) }
}
