import LiandongCore
import LiandongDomain
import LiandongSigning

/// A district of many replicas under faults, from one seed: the same plan gives the same run, event for event.
///
/// Real ledgers, engines, commands and signatures; clock, links and disks are the run's own. After each event: no
/// acknowledged write is missing on its node's disk, no cursor is ahead of its data, and nothing is held by or on its
/// way to a node that is not entitled. After the world has healed: all entitled nodes are equal, record by record.
package struct SimulationRun {
    package let plan: SimulationPlan
    package internal(set) var counters = SimulationCounters()

    var town: SimulatedTown
    var nodes: [SimulatedNode] = []
    var audiences: [SimulatedAudience] = []
    var audienceNumbers: [AudienceID: Int] = [:]
    var marks: [SimulatedMark] = []
    /// What a run's deltas count for at most, in bytes: the last one sent may go beyond the credit.
    var largestDelta: UInt64 = 8_192
    var clones: [Clone] = []
    /// Epochs of stores of which two run: no cursor tells which of them it is of.
    var clonedEpochs: Set<StoreEpoch> = []
    var works = Works()
    var network = Network()
    var schedule = Schedule<Event>()
    var now: Int64 = 0
    var isHealing = false
    var trace: [String] = []
    /// What became durable at its author, by its place: more than one where a node was cloned.
    var identities: [LanePlace: Set<DeltaID>] = [:]
    let purposes: Purposes

    private var nextIncarnation: UInt64 = 1
    private var world: SeededRandom
    var links: SeededRandom
    var disks: SeededRandom
    private var clocks: SeededRandom

    var options: SimulationOptions { plan.options }

    /// What the district's people made.
    struct Works {
        var records: [(id: RecordID, audience: Int)] = []
        var orders: [(id: RecordID, audience: Int)] = []
        var consultations: [(id: RecordID, audience: Int)] = []
        /// The person that each ballot is of.
        var ballots: [EventID: Int] = [:]
        /// The audiences that records were given to, by givens that are durable.
        var givens: [RecordID: Set<Int>] = [:]
        /// The audiences that records have left, by lefts that are durable: of each left's delta those there that its
        /// author held.
        var lefts: [RecordID: [Int: [DeltaID: Set<DeltaID>]]] = [:]
        /// The places that somebody wanted to take part in a record.
        var offered: [RecordID: Set<Int>] = [:]
        /// The records that were erased once more after all had been heard.
        var erasedAtEnd: Set<RecordID> = []

        /// Whom a record is for: its home first.
        func audiences(of record: RecordID) -> [Int] {
            let home = (records + orders + consultations).first { $0.id == record }?.audience
            return (home.map { [$0] } ?? []) + (givens[record] ?? []).sorted()
        }
    }

    /// A position of a lane, which no two deltas of honest nodes share.
    struct LanePlace: Hashable {
        let lane: LaneKey
        let seq: UInt64
    }

    enum Event {
        case wake(Int, life: Int)
        case opened(SessionID, dialled: Bool)
        case delivered(SessionID, [UInt8])
        case ended(SessionID)
        case flushed(Int, life: Int)
        case verified(Int, life: Int, Ticket, [Bool])
        case scanned(Int, life: Int, Ticket, ScanRequest)
        case snapshotRead(Int, life: Int, Ticket, SnapshotQuery)
        case asked(Int, life: Int, Ticket, LaneQuery)
        case restart(Int)
        case step(SimulationStep)
        case flip(Network.Pair, isCut: Bool)
        case rejoin(Int)
        case diskMended(Int)
        case dial
    }

    package init(_ plan: SimulationPlan) throws {
        self.plan = plan
        self.world = SeededRandom(seed: plan.seed, .world)
        self.links = SeededRandom(seed: plan.seed, .links)
        self.disks = SeededRandom(seed: plan.seed, .disks)
        self.clocks = SeededRandom(seed: plan.seed, .clocks)
        self.purposes = try SimulatedSchema.purposes()
        let isRelay = plan.options.liarIsRelay && !plan.options.vices.isEmpty
        self.town = try SimulatedTown(random: &world, hasSecondRelay: isRelay)
        for signer in town.signers { try addNode(signer, chain: town.chain, authority: town.authority, joining: nil) }
        if !plan.options.vices.isEmpty { corrupt(nodes.count - 1) }
        try giveStores()
        giveVersions()
    }

    /// A run of a seed with options of its own.
    package init(seed: UInt64, options: SimulationOptions) throws {
        try self.init(SimulationPlan(seed: seed, options: options))
    }

    /// A street, and a community with it where two have one, keep what they hold in the product's own store.
    private mutating func giveStores() throws {
        let candidates = [1, nodes.count - 2].filter { $0 > 0 && nodes[$0].liar == nil }
        for index in Set(candidates.prefix(options.stores)).sorted() {
            counters.note(.realStores)
            let node = nodes[index]
            let store = try StoreTwin(
                node: node.id,
                signer: node.replica.signer,
                purposes: purposes,
                random: SeededRandom(seed: world.next(), .disks)
            )
            if options.plantedBug == .forgetsFlush { store.disk.forgetFlushes() }
            node.replica.store = store
        }
    }

    /// Some nodes are served by a build before the current one.
    private mutating func giveVersions() {
        guard let previous = options.previous else { return }
        for node in nodes where node.liar == nil && options.oldNodes >> UInt64(node.index) & 1 == 1 {
            counters.note(.oldNodes)
            node.replica.schema = previous.schema
        }
    }

    @discardableResult
    mutating func addNode(
        _ signer: Signer,
        chain: [SignedAuthorityEntry],
        authority: AuthorityState,
        joining: SyncConfiguration.JoinTarget?
    ) throws -> Int {
        guard let id = NodeID(signer.publicKey) else { preconditionFailure("a public key is 32 bytes") }
        let limits = options.clocks
        var clock = SimulatedClock(skew: clocks.delay(-limits.skewLimit...limits.skewLimit))
        clock.drift = clocks.delay(-limits.driftLimit...limits.driftLimit)
        if clock.drift != 0 { counters.note(.driftingClocks) }
        var disk = MemoryReplica.Disk(storeEpoch: StoreEpoch(raw: world.next()))
        disk.chain = chain
        disk.authority = authority
        let replica = MemoryReplica(
            node: id,
            signer: signer,
            disk: disk,
            purposes: purposes,
            random: SeededRandom(seed: world.next(), .disks),
            bug: options.plantedBug
        )
        let node = SimulatedNode(index: nodes.count, joining: joining, replica: replica, clock: clock)
        nodes.append(node)
        return node.index
    }

    // MARK: The course of a run

    /// Runs the world until it has healed and is quiet.
    ///
    /// - Throws: ``SimulationFailure`` when a check does not hold.
    package mutating func run() throws {
        defer { counters.simulatedMilliseconds = now + counters.leaptMilliseconds }
        do { try play() } catch let difference as StoreDifference { throw failure("a node: \(difference)") }
    }

    private mutating func play() throws {
        for index in nodes.indices { try start(index) }
        schedule.add(.dial, at: 5)
        for step in plan.steps { schedule.add(.step(step), at: step.at) }
        try advance(until: Int64(options.stepCount) * options.stepSpacing + 500)
        try heal()
        guard !options.manglesFrames else { return }
        // A node shows its own ops at once, others wait for a stamp that is ahead; one that lies just at the limit waits at
        // some. Then only what is held is equal.
        let clocksAgree =
            !options.clocks.mayDiffer && options.weights[.jumpClock] ?? 0 == 0 && !options.vices.contains(.misdates)
        try becomeQuiet("after healing", comparesRecords: clocksAgree)
        try letTimeCome()
        try becomeQuiet("after all stamps came due", comparesRecords: true)
        for _ in 0..<SimulationRun.joinLimit {
            guard try joinRecords() else { break }
            try becomeQuiet("after records were joined", comparesRecords: true)
        }
        if let difference = differenceOfGiven() { throw failure("not equal where it was given to: \(difference)") }
        try checkQuietWorld()
    }

    private mutating func advance(until end: Int64) throws {
        while let (at, event) = schedule.next(until: end) {
            now = max(now, at)
            try handle(event)
        }
        now = max(now, end)
    }

    private mutating func becomeQuiet(_ when: String, comparesRecords: Bool) throws {
        var remaining = "some node is always writing"
        for second in 0..<120 {
            try advance(until: now + 1_000)
            if Int64(second * 1_000) % SimulationRun.turn == 0 { try changeTurns() }
            guard let difference = difference(comparesRecords) else { return }
            if !isAnyWriting { remaining = difference }
        }
        throw failure("not equal 120 s \(when): \(remaining)")
    }

    private mutating func heal() throws {
        isHealing = true
        network.heal()
        for index in nodes.indices {
            nodes[index].clock = SimulatedClock(skew: 0)
            nodes[index].mendDisk()
            try upgrade(index)
            if town.isRevoked(nodes[index].id) || nodes[index].isDead {
                try crash(index, downFor: 1 << 50)
            } else if !nodes[index].isUp {
                try start(index)
            }
        }
        try releaseStalled { _ in true }
        note("healed")
    }

    /// What comes in by one join may show that another is needed, seldom more than that.
    private static let joinLimit = 4

    /// Ops whose stamps lie ahead, of clocks that were, are merged when their time has come: so it comes.
    private mutating func letTimeCome() throws {
        counters.leaptMilliseconds += SimulationRun.years(20)
        for node in nodes {
            counters.note(.opsThatWaited, by: node.replica.storage.content.parked.count { $0.dueAt != nil })
            node.jobs.append(.wake)
            try startJob(node.index)
        }
    }

    /// The most nodes, with those that join and those that are copies.
    static let nodeLimit = 14

    static func years(_ count: Int64) -> Int64 { count * 365 * 86_400_000 }

    /// What a node's wall clock shows.
    func reading(of index: Int) -> Instant {
        nodes[index].clock.reading(at: now + counters.leaptMilliseconds)
    }

    /// All clocks of the world go on, as when every machine slept.
    mutating func leap(by milliseconds: Int64) {
        counters.leaptMilliseconds += milliseconds
        counters.note(.leaps)
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .wake(let index, let life):
            guard nodes[index].life == life, nodes[index].isUp else { return }
            schedule.add(.wake(index, life: life), at: now + 250)
            try tell(index, .wokeUp)
        case .opened(let id, let dialled):
            guard let connection = live(id), let other = network.connections[connection.other] else { return }
            try tell(connection.owner, .opened(id, peer: nodes[other.owner].id, dialled: dialled))
        case .delivered(let id, let frame): try delivered(frame, on: id)
        case .ended(let id):
            guard let connection = live(id) else { return }
            network.connections[id] = nil
            try tell(connection.owner, .closed(id))
        case .flushed(let index, let life):
            guard nodes[index].life == life else { return }
            try flushed(index)
        case .verified(let index, let life, let ticket, let answers):
            guard nodes[index].life == life else { return }
            noteOrder(ticket, index)
            try tell(index, .verified(ticket, answers))
        case .scanned(let index, let life, let ticket, let request):
            guard nodes[index].life == life else { return }
            noteOrder(ticket, index)
            try tell(index, .scanned(ticket, try nodes[index].replica.scan(request)))
        case .snapshotRead(let index, let life, let ticket, let query):
            guard nodes[index].life == life else { return }
            counters.note(.snapshotPages)
            try tell(index, .snapshotRead(ticket, try nodes[index].replica.readSnapshot(query)))
        case .asked(let index, let life, let ticket, let query):
            guard nodes[index].life == life else { return }
            noteOrder(ticket, index)
            try answer(query, ticket, of: index)
        case .restart(let index):
            if !nodes[index].isUp, !nodes[index].isDead { try start(index) }
        case .step(let step): try take(step)
        case .flip(let pair, let isCut): try flip(pair, isCut: isCut)
        case .rejoin(let index): try rejoin(index)
        case .diskMended(let index): nodes[index].mendDisk()
        case .dial:
            schedule.add(.dial, at: now + 200)
            dial()
        }
    }

    private mutating func noteOrder(_ ticket: Ticket, _ index: Int) {
        if let last = nodes[index].lastTicketDone, ticket < last { counters.note(.reorderedResults) }
        nodes[index].lastTicketDone = max(ticket, nodes[index].lastTicketDone ?? ticket)
    }

    mutating func start(_ index: Int) throws {
        let fresh = Renewal(
            incarnation: Incarnation(raw: nextIncarnation),
            storeEpoch: StoreEpoch(raw: nextIncarnation &* 0x9E37_79B9_7F4A_7C15)
        )
        nextIncarnation += 1
        try nodes[index].start(fresh, options, at: reading(of: index))
        note("node \(index) starts")
        try noteIdentities(nodes[index].replica.recovered, of: index)
        counters.note(.commitsRecovered, by: nodes[index].replica.recovered.count)
        schedule.add(.wake(index, life: nodes[index].life), at: now + 1 + world.delay(0...200))
        try checkDisk(index)
    }

    /// Hands an event to a node's engine and carries out what it wants, in its order.
    mutating func tell(_ index: Int, _ event: SyncEvent) throws {
        var effects: [SyncEffect] = []
        nodes[index].engine?.handle(event, at: reading(of: index), into: &effects)
        for effect in effects { try carryOut(effect, for: index) }
        try checkQueues(of: index)
        try startJob(index)
    }

    private mutating func carryOut(_ effect: SyncEffect, for index: Int) throws {
        let life = nodes[index].life
        switch effect {
        case .send(let id, let frame): try send(frame, on: id)
        case .close(let id, let reason):
            counters.note(.closes)
            note("node \(index) closes \(id.raw): \(reason.code) \(reason.text)")
            try checkClose(reason, by: index, to: peer(of: id))
            end(id)
        case .verify(let ticket, let checks):
            let answers = checks.map { check in
                options.plantedBug == .acceptsBadSignatures
                    || Cryptography.sodium.verify(check.signature, check.message, check.key)
            }
            schedule.add(.verified(index, life: life, ticket, answers), at: now + disks.delay(0...20))
        case .persist(let ticket, let batch):
            if !batch.authority.isEmpty, !batch.cursors.isEmpty { counters.note(.cursorsReset) }
            if !batch.handedOver.isEmpty { counters.note(.handOvers) }
            nodes[index].jobs.append(.persist(ticket, batch))
        case .scan(let ticket, let request):
            schedule.add(.scanned(index, life: life, ticket, request), at: now + disks.delay(0...20))
        case .readSnapshot(let ticket, let query):
            schedule.add(.snapshotRead(index, life: life, ticket, query), at: now + disks.delay(0...20))
        case .keepPreview(let ticket, let batch): nodes[index].jobs.append(.keepPreview(ticket, batch))
        case .endPreview(let ticket): nodes[index].jobs.append(.endPreview(ticket))
        case .readLanes(let ticket, let read): ask(.lanes(read, salt: disks.bytes(16)), ticket, of: index)
        case .readLaneNodes(let ticket, let reads): ask(.nodes(reads), ticket, of: index)
        case .readDeltas(let ticket, let read): ask(.deltas(read), ticket, of: index)
        case .scrub: break  // these disks do not rot
        case .passEnded(let report): note(report, of: index)
        case .dial(let targets): noteTargets(targets, of: index)
        case .imported: break  // nothing is handed in here
        case .raise(let alarm):
            counters.note(.alarms)
            note("node \(index) raises \(alarm)")
            if case .fork(let proof) = alarm, options.plantedBug != .hidesForks { noteFork(proof, at: index) }
            try checkAlarm(alarm, by: index)
        case .renew(let report): nodes[index].jobs.append(.renew(report))
        case .decideEnrolment(let request): decide(request, by: index)
        }
    }

    mutating func note(_ line: String) { trace.append("\(now) ms: \(line)") }

    func failure(_ reason: String) -> SimulationFailure {
        SimulationFailure(plan: plan, reason: "\(now) ms: \(reason)", trace: trace)
    }
}
