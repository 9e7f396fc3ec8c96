import LiandongCore
import LiandongSigning

/// A district of many replicas under faults, from one seed: the same seed gives the same run, event for event.
///
/// Real ledgers, engines and signatures; clock, links and disks are the run's own. After each event: no acknowledged
/// write is missing on its node's disk, and nothing is held by or on its way to a node that is not entitled. After the
/// world has healed: all entitled nodes are equal, record by record.
package struct SimulationRun {
    package let seed: UInt64
    package let options: SimulationOptions
    package private(set) var counters = SimulationCounters()

    private let town: SimulatedTown
    private var nodes: [SimulatedNode] = []
    private var audiences: [SimulatedAudience] = []
    private var audienceNumbers: [AudienceID: Int] = [:]
    private var records: [(id: RecordID, audience: Int)] = []
    private var connections: [SessionID: Connection] = [:]
    private var nextSession: UInt64 = 1
    private var nextIncarnation: UInt64 = 1
    private var cut: Set<Pair> = []
    private var schedule = Schedule()
    private var now: Int64 = 0
    private var isHealing = false
    private var trace: [String] = []
    private var world: SeededRandom
    private var links: SeededRandom
    private var disks: SeededRandom
    private var work: SeededRandom

    private struct Pair: Hashable {
        let low: Int
        let high: Int
        init(_ a: Int, _ b: Int) {
            low = min(a, b)
            high = max(a, b)
        }
    }

    /// One end of a connection.
    private struct Connection {
        let owner: Int
        let ownerLife: Int
        let other: SessionID
        /// Nothing arrives before what was sent before it.
        var arrival: Int64 = 0
    }

    private enum Event {
        case wake(Int, life: Int)
        case opened(SessionID, dialled: Bool)
        case delivered(SessionID, [UInt8])
        case ended(SessionID)
        case flushed(Int, life: Int)
        case verified(Int, life: Int, Ticket, [Bool])
        case scanned(Int, life: Int, Ticket, ScanRequest)
        case restart(Int)
        case step
        case dial
    }

    /// Events in the order of their time, then of their making.
    private struct Schedule {
        private var events: [(at: Int64, event: Event)] = []

        mutating func add(_ event: Event, at: Int64) {
            var low = 0
            var high = events.count
            // Descending, so that the next is the last.
            while low < high {
                let middle = (low + high) / 2
                if events[middle].at > at { low = middle + 1 } else { high = middle }
            }
            events.insert((at, event), at: low)
        }

        /// The next event, unless it comes after an end.
        mutating func next(until end: Int64) -> (at: Int64, event: Event)? {
            guard let next = events.last, next.at <= end else { return nil }
            return events.popLast()
        }
    }

    package init(seed: UInt64, options: SimulationOptions = .init()) throws {
        self.seed = seed
        self.options = options
        self.world = SeededRandom(seed: seed, stream: 1)
        self.links = SeededRandom(seed: seed, stream: 2)
        self.disks = SeededRandom(seed: seed, stream: 3)
        self.work = SeededRandom(seed: seed, stream: 4)
        self.town = try SimulatedTown(random: &world)
        for index in town.parents.indices {
            nodes.append(
                SimulatedNode(
                    index: index,
                    town: town,
                    skew: world.delay(-500...500),
                    storeEpoch: StoreEpoch(raw: world.next())
                )
            )
        }
    }

    /// Runs the world until it has healed and is quiet.
    ///
    /// - Throws: ``SimulationFailure`` when a check does not hold.
    package mutating func run() throws {
        for index in nodes.indices { try start(index) }
        schedule.add(.dial, at: 5)
        for step in 0..<options.stepCount { schedule.add(.step, at: Int64(step) * 120 + work.delay(200...300)) }
        try advance(until: Int64(options.stepCount) * 120 + 500)
        try heal()
        guard !options.manglesFrames else { return }
        let deadline = now + 90_000
        while now < deadline {
            try advance(until: now + 1_000)
            if difference() == nil { return }
        }
        if let difference = difference() { throw failure("not equal 90 s after healing: \(difference)") }
    }

    private mutating func advance(until end: Int64) throws {
        while let (at, event) = schedule.next(until: end) {
            now = max(now, at)
            try handle(event)
        }
        now = end
    }

    private mutating func heal() throws {
        isHealing = true
        cut = []
        for index in nodes.indices where !nodes[index].isUp { try start(index) }
        note("healed")
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .wake(let index, let life):
            guard nodes[index].life == life, nodes[index].isUp else { return }
            schedule.add(.wake(index, life: life), at: now + 250)
            try tell(index, .wokeUp)
        case .opened(let id, let dialled):
            guard let connection = live(id), let other = connections[connection.other] else { return }
            try tell(connection.owner, .opened(id, peer: nodes[other.owner].id, dialled: dialled))
        case .delivered(let id, let frame):
            guard let connection = live(id) else {
                counters.framesLost += 1
                return
            }
            counters.framesDelivered += 1
            try tell(connection.owner, .received(id, frame: frame))
        case .ended(let id):
            guard let connection = live(id) else { return }
            connections[id] = nil
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
            let result = nodes[index].scan(request, ignoresEntitlement: options.plantedBug == .ignoresEntitlement)
            try tell(index, .scanned(ticket, result))
        case .restart(let index):
            if !nodes[index].isUp { try start(index) }
        case .step:
            try step()
        case .dial:
            schedule.add(.dial, at: now + 200)
            dial()
        }
    }

    private func live(_ id: SessionID) -> Connection? {
        guard let connection = connections[id], nodes[connection.owner].life == connection.ownerLife else { return nil }
        return connection
    }

    private mutating func noteOrder(_ ticket: Ticket, _ index: Int) {
        if let last = nodes[index].lastTicketDone, ticket < last { counters.reorderedResults += 1 }
        nodes[index].lastTicketDone = max(ticket, nodes[index].lastTicketDone ?? ticket)
    }

    private mutating func start(_ index: Int) throws {
        try nodes[index].start(incarnation: Incarnation(raw: nextIncarnation), bug: options.plantedBug, at: now)
        nextIncarnation += 1
        note("node \(index) starts")
        schedule.add(.wake(index, life: nodes[index].life), at: now + 1 + world.delay(0...200))
        try checkAcknowledged(index)
    }

    /// Hands an event to a node's engine and carries out what it wants, in its order.
    private mutating func tell(_ index: Int, _ event: SyncEvent) throws {
        var effects: [SyncEffect] = []
        nodes[index].engine?.handle(event, at: nodes[index].clock(now), into: &effects)
        for effect in effects { try carryOut(effect, for: index) }
        try startJob(index)
    }

    private mutating func carryOut(_ effect: SyncEffect, for index: Int) throws {
        let life = nodes[index].life
        switch effect {
        case .send(let id, let frame):
            try send(frame, on: id)
        case .close(let id, let reason):
            counters.closes += 1
            note("node \(index) closes \(id.raw): \(reason.code) \(reason.text)")
            try checkClose(reason)
            end(id)
        case .verify(let ticket, let checks):
            let answers = checks.map { Cryptography.sodium.verify($0.signature, $0.message, $0.key) }
            schedule.add(.verified(index, life: life, ticket, answers), at: now + disks.delay(0...20))
        case .persist(let ticket, let batch):
            nodes[index].jobs.append(.persist(ticket, batch))
        case .scan(let ticket, let request):
            schedule.add(.scanned(index, life: life, ticket, request), at: now + disks.delay(0...20))
        case .dial(let targets):
            nodes[index].targets = targets.map(\.node)
        case .raise(let alarm):
            note("node \(index) raises \(alarm)")
            if !options.manglesFrames { throw failure("node \(index) raised \(alarm) and no history was rewritten") }
        case .decideEnrolment:
            break  // every node of the town is enrolled from the start
        }
    }

    /// Honest peers over whole connections have nothing to reproach each other with.
    private func checkClose(_ reason: CloseReason) throws {
        guard !options.manglesFrames, options.plantedBug == nil else { return }
        switch reason.code {
        case .shuttingDown, .replaced, .paused, .timeout: return
        case .wrongCluster, .protocolVersion, .notEnrolled, .revoked, .protocolError, .authorityFork, .clock:
            throw failure("an honest peer was turned away: \(reason.code) \(reason.text)")
        }
    }

    private mutating func startJob(_ index: Int) throws {
        let node = nodes[index]
        guard try node.beginJob(random: &disks, bug: options.plantedBug, at: now) else { return }
        if options.plantedBug == .acknowledgesBeforeCommit, case .committed(let sealed)? = node.underWay?.outcome {
            node.acknowledged.formUnion(sealed.deltas.map(\.delta.id))
        }
        schedule.add(.flushed(index, life: node.life), at: now + disks.delay(1...30))
        try checkHeld(index)
    }

    private mutating func flushed(_ index: Int) throws {
        let outcome = nodes[index].flushed()
        try checkHeld(index)
        switch outcome {
        case .persisted(let ticket, let result): try tell(index, .persisted(ticket, result))
        case .failed(let ticket, let reason):
            note("node \(index) cannot persist: \(reason)")
            try tell(index, .persistFailed(ticket, reason: reason))
        case .committed(let sealed):
            nodes[index].acknowledged.formUnion(sealed.deltas.map(\.delta.id))
            counters.acknowledged += 1
            try tell(index, .committed(sealed.deltas, newAudiences: sealed.newAudiences))
        case .appended(let entries, let state): try tell(index, .authorityAppended(entries, state))
        case .nothing: break
        }
        try checkAcknowledged(index)
        try startJob(index)
    }

    // MARK: Links

    private mutating func dial() {
        for node in nodes where node.isUp {
            for target in node.targets {
                guard let peer = town.nodes.firstIndex(of: target), nodes[peer].isUp,
                    !cut.contains(Pair(node.index, peer))
                else { continue }
                let open = connections.values.contains {
                    $0.owner == node.index && connections[$0.other]?.owner == peer
                }
                if open {
                    guard !isHealing, links.chance(1) else { continue }
                    counters.duplicateConnections += 1
                }
                // Now and then the parent dials as well: of the two, one stays.
                let (dialler, listener) = open && links.chance(50) ? (peer, node.index) : (node.index, peer)
                connect(dialler, listener)
            }
        }
    }

    private mutating func connect(_ dialler: Int, _ listener: Int) {
        let (a, b) = (SessionID(raw: nextSession), SessionID(raw: nextSession + 1))
        nextSession += 2
        connections[a] = Connection(owner: dialler, ownerLife: nodes[dialler].life, other: b)
        connections[b] = Connection(owner: listener, ownerLife: nodes[listener].life, other: a)
        let at = now + links.delay(1...20)
        connections[a]?.arrival = at
        connections[b]?.arrival = at
        schedule.add(.opened(a, dialled: true), at: at)
        schedule.add(.opened(b, dialled: false), at: at)
        note("node \(dialler) dials \(listener): sessions \(a.raw) and \(b.raw)")
    }

    private mutating func send(_ frame: [UInt8], on id: SessionID) throws {
        guard let connection = connections[id], let other = connections[connection.other] else { return }
        for number in SimulatedAudience.markers(in: frame) {
            counters.markersOnTheWire += 1
            guard audiences.indices.contains(number), town.isEntitled(other.owner, to: audiences[number]) else {
                throw failure("node \(connection.owner) sends node \(other.owner) what is for audience \(number)")
            }
        }
        var frames = [frame]
        if options.manglesFrames, !isHealing, links.chance(2) { mangle(&frames) }
        for frame in frames {
            let at = max(other.arrival, now + links.delay(1...60))
            connections[connection.other]?.arrival = at
            schedule.add(.delivered(connection.other, frame), at: at)
        }
    }

    private mutating func mangle(_ frames: inout [[UInt8]]) {
        counters.framesMangled += 1
        guard var frame = frames.first, !frame.isEmpty else { return }
        switch links.below(4) {
        case 0: frames = []
        case 1: frames.append(frame)
        case 2:
            frame[links.below(frame.count)] ^= UInt8(1 + links.below(255))
            frames = [frame]
        default: frames = [Array(frame.prefix(links.below(frame.count)))]
        }
    }

    /// Ends a connection from one end; what was sent before still arrives.
    private mutating func end(_ id: SessionID) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        guard let other = connections[connection.other] else { return }
        schedule.add(.ended(connection.other), at: max(other.arrival, now + 1))
    }

    /// Cuts every connection of a pair, with whatever is on its way.
    private mutating func cutConnections(of pair: Pair) throws {
        let ids = connections.filter { id, connection in
            connections[connection.other].map { Pair($0.owner, connection.owner) == pair } ?? false
        }.keys.sorted()
        for id in ids {
            guard let connection = connections[id] else { continue }
            counters.cutConnections += 1
            let isLive = live(id) != nil
            connections[id] = nil
            if isLive { try tell(connection.owner, .closed(id)) }
        }
    }

    // MARK: Writes and faults

    private mutating func step() throws {
        switch work.below(20) {
        case 0..<12: try write()
        case 12:
            nodes[0].jobs.append(.append(.policy(name: "step", value: "\(counters.entries)")))
            guard nodes[0].isUp else { return }
            counters.entries += 1
            try startJob(0)
        case 13, 14: try crash(world.below(nodes.count))
        case 15, 16:
            let pair = randomPair()
            note("the connection of \(pair.low) and \(pair.high) breaks")
            try cutConnections(of: pair)
        case 17:
            counters.partitions += 1
            let pair = randomPair()
            cut.insert(pair)
            note("\(pair.low) and \(pair.high) are cut off")
            try cutConnections(of: pair)
        default:
            if let pair = cut.sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) }).first { cut.remove(pair) }
        }
    }

    private mutating func randomPair() -> Pair {
        let child = 1 + world.below(nodes.count - 1)
        return Pair(child, town.parents[child] ?? 0)
    }

    private mutating func crash(_ index: Int) throws {
        guard nodes[index].isUp else { return }
        counters.crashes += 1
        counters.duplicateDeltas += Int(clamping: nodes[index].engine?.counters.duplicates ?? 0)
        if nodes[index].crash() { counters.lostCommits += 1 }
        note("node \(index) crashes")
        try checkAcknowledged(index)
        for id in connections.keys.sorted() where connections[id]?.owner == index {
            guard let connection = connections.removeValue(forKey: id) else { continue }
            schedule.add(.ended(connection.other), at: now + links.delay(1...40))
        }
        schedule.add(.restart(index), at: now + world.delay(50...3_000))
    }

    private mutating func write() throws {
        let index = work.below(nodes.count)
        let node = nodes[index]
        guard node.isUp, node.jobs.count < 8 else { return }
        counters.writes += 1
        var drafts: [Draft] = []
        for _ in 0...work.below(2) {
            let known = records.filter { node.storage.home(of: $0.id) != nil }
            if known.isEmpty || work.chance(35) {
                drafts += create(by: index)
            } else {
                drafts.append(edit(known[work.below(known.count)]))
            }
        }
        node.jobs.append(.commit(drafts))
        try startJob(index)
    }

    private mutating func create(by index: Int) -> [Draft] {
        let under = town.parents.indices.filter { town.ancestors($0).contains(index) }
        let number: Int
        switch work.below(3) {
        case 0: number = audience(places: [under[work.below(under.count)]], isBelow: false)
        case 1: number = audience(places: [index, work.below(nodes.count)], isBelow: false)
        default: number = audience(places: [index], isBelow: true)
        }
        let home = audiences[number].audience
        let nonce = Nonce(raw: Bytes16(high: work.next(), low: work.next()))
        let id = RecordID(kind: SimulatedTown.kind, home: AudienceID(home, .sodium), nonce: nonce, .sodium)
        records.append((id, number))
        return [
            Draft(
                record: id,
                field: SimulatedTown.creation,
                value: audiences[number].marker,
                audience: home,
                nonce: nonce
            )
        ]
    }

    private mutating func edit(_ record: (id: RecordID, audience: Int)) -> Draft {
        let fields = [
            SimulatedTown.title, SimulatedTown.unit, SimulatedTown.tags, SimulatedTown.events, SimulatedTown.notes,
        ]
        let field = fields[work.below(fields.count)]
        var element: [UInt8] = []
        if field == SimulatedTown.tags { element = [UInt8(work.below(3))] }
        if field == SimulatedTown.events { element = work.next().bigEndianBytes }
        let removes = field == SimulatedTown.tags && work.chance(40)
        let padding = [UInt8](repeating: 0x2E, count: work.below(600))
        return Draft(
            record: record.id,
            field: field,
            element: element,
            value: removes ? [] : audiences[record.audience].marker + work.next().bigEndianBytes + padding,
            change: removes ? .remove : .write,
            audience: audiences[record.audience].audience
        )
    }

    /// The number of an audience, made when it is new.
    private mutating func audience(places: [Int], isBelow: Bool) -> Int {
        let distinct = Set(places).sorted()
        let members = distinct.map { Audience.Member(place: town.places[$0], scope: isBelow ? .below : .line) }
        guard let audience = Audience(members) else { preconditionFailure("one or two places make an audience") }
        let id = AudienceID(audience, .sodium)
        if let known = audienceNumbers[id] { return known }
        let number = audiences.count
        let digits = "00\(number)".suffix(3)
        audiences.append(
            SimulatedAudience(
                places: distinct,
                isBelow: isBelow,
                audience: audience,
                marker: SimulatedAudience.prefix + Array(digits.utf8) + Array(">>".utf8)
            )
        )
        audienceNumbers[id] = number
        return number
    }

    // MARK: Checks

    private func checkAcknowledged(_ index: Int) throws {
        let node = nodes[index]
        for id in node.acknowledged.sorted() where node.disk.content.numbers[id] == nil {
            throw failure("delta \(id) was acknowledged and is not on the disk of node \(index)")
        }
    }

    /// Everything that came since the last look, in memory or on disk.
    private func checkHeld(_ index: Int) throws {
        let node = nodes[index]
        node.checkedArrivals = min(node.checkedArrivals, node.storage.content.arrivals.count)
        for (_, stored) in node.storage.arrivals(after: LSN(node.checkedArrivals)) {
            for op in stored.delta.ops {
                guard case .held(_, let bytes) = op else { continue }
                for number in SimulatedAudience.markers(in: bytes)
                where !audiences.indices.contains(number) || !town.isEntitled(index, to: audiences[number]) {
                    throw failure("node \(index) holds an op that is for audience \(number)")
                }
            }
        }
        node.checkedArrivals = node.storage.content.arrivals.count
    }

    /// What the first two nodes that should be equal do not agree on; nil when all do.
    private func difference() -> String? {
        for node in nodes where node.underWay != nil || !node.jobs.isEmpty { return "node \(node.index) is writing" }
        for node in nodes where node.disk.chain.count != nodes[0].disk.chain.count {
            return "node \(node.index) holds \(node.disk.chain.count) entries of the chain"
        }
        for record in records {
            var first: (node: Int, view: RecordView?)?
            for index in nodes.indices where town.isEntitled(index, to: audiences[record.audience]) {
                // Dictionaries do not throw.
                let view = try? RecordView(of: record.id, in: nodes[index].storage)
                if let first, first.view != view {
                    return "record \(record.id) on nodes \(first.node) and \(index)"
                }
                first = first ?? (index, view)
            }
        }
        for node in nodes {
            for id in node.acknowledged.sorted() {
                guard let number = node.disk.content.numbers[id], let stored = node.disk.content.deltas[number],
                    let audience = audienceNumbers[stored.delta.lane.audience]
                else { return "delta \(id) on its own node \(node.index)" }
                for other in nodes
                where town.isEntitled(other.index, to: audiences[audience]) && other.disk.content.numbers[id] == nil {
                    return "delta \(id) of node \(node.index) is missing on node \(other.index)"
                }
            }
        }
        return nil
    }

    private mutating func note(_ line: String) { trace.append("\(now) ms: \(line)") }

    private func failure(_ reason: String) -> SimulationFailure {
        SimulationFailure(seed: seed, reason: reason, trace: trace)
    }
}
