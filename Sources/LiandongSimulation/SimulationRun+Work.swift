import LiandongCore
import LiandongDomain
import LiandongSigning

extension SimulationRun {
    /// A node that is up, enrolled and not drowning in work.
    func worker(_ random: inout SeededRandom) -> SimulatedNode? {
        let node = nodes[random.below(nodes.count)]
        guard node.isUp, node.jobs.count < 8, node.engine?.authority.nodes[node.id] != nil else { return nil }
        return node
    }

    mutating func commit(_ command: some Command, at node: SimulatedNode) throws {
        node.jobs.append(.command(command))
        try startJob(node.index)
    }

    // MARK: The simulator's own records

    mutating func write(_ random: inout SeededRandom) throws {
        guard let node = worker(&random), let place = town.place(of: node.id) else { return }
        counters.note(.writes)
        var drafts: [Draft] = []
        for _ in 0...random.below(2) {
            let known = works.records.filter { record in
                node.replica.storage.home(of: record.id) != nil && mayWrite(node, record.audience)
            }
            if let record = random.pick(known), !random.chance(35) {
                drafts.append(edit(record, in: record.audience, &random))
            } else {
                drafts.append(create(at: place, &random))
            }
        }
        try commit(WriteDrafts(drafts: drafts), at: node)
    }

    /// Whether a node may write in an audience, by the chain that it has.
    func mayWrite(_ node: SimulatedNode, _ audience: Int) -> Bool {
        town.isEntitled(node.id, to: audiences[audience], atHeight: node.engine?.authority.height ?? 0)
    }

    private mutating func create(at place: Int, _ random: inout SeededRandom) -> Draft {
        let under = (0..<town.placeCount).filter { town.line(of: $0).contains(place) }
        let number =
            switch random.below(3) {
            case 0: audience(places: [random.pick(under) ?? place], isBelow: false)
            case 1: audience(places: [place, random.below(town.placeCount)], isBelow: false)
            default: audience(places: [place], isBelow: true)
            }
        let home = audiences[number].audience
        let nonce = Nonce(raw: Bytes16(high: random.next(), low: random.next()))
        let id = RecordID(kind: SimulatedSchema.kind, home: AudienceID(home, .sodium), nonce: nonce, .sodium)
        works.records.append((id, number))
        return Draft(
            record: id,
            field: SimulatedSchema.creation,
            value: mark(for: number),
            audience: home,
            nonce: nonce
        )
    }

    /// - Parameter audience: where it is to be written; nil where its command decides that.
    mutating func edit(
        _ record: (id: RecordID, audience: Int),
        in audience: Int?,
        _ random: inout SeededRandom
    ) -> Draft {
        let fields = [
            SimulatedSchema.title, SimulatedSchema.unit, SimulatedSchema.tags, SimulatedSchema.events,
            SimulatedSchema.notes,
        ]
        let field = fields[random.below(fields.count)]
        var element: [UInt8] = []
        if field == SimulatedSchema.tags { element = [UInt8(random.below(3))] }
        if field == SimulatedSchema.events { element = random.next().bigEndianBytes }
        let removes = field == SimulatedSchema.tags && random.chance(40)
        let padding = [UInt8](repeating: 0x2E, count: random.below(600))
        return Draft(
            record: record.id,
            field: field,
            element: element,
            value: removes ? [] : mark(for: audience) + random.next().bigEndianBytes + padding,
            change: removes ? .remove : .write,
            audience: audiences[record.audience].audience
        )
    }

    /// The number of an audience, made when it is new.
    mutating func audience(places: [Int], isBelow: Bool) -> Int {
        let members = places.map { Audience.Member(place: town.places[$0], scope: isBelow ? .below : .line) }
        guard let audience = Audience(Set(members)) else { preconditionFailure("one or two places make an audience") }
        return self.audience(audience)
    }

    /// The number of an audience that somebody made.
    mutating func audience(_ audience: Audience) -> Int {
        let id = AudienceID(audience, .sodium)
        if let known = audienceNumbers[id] { return known }
        let members = audience.members.compactMap { member in
            town.places.firstIndex(of: member.place).map {
                SimulatedAudience.Member(place: $0, isBelow: member.scope == .below)
            }
        }
        audiences.append(SimulatedAudience(members: members, audience: audience))
        audienceNumbers[id] = audiences.count - 1
        return audiences.count - 1
    }

    /// Takes away what is personal of a record: its notes.
    mutating func erase(_ random: inout SeededRandom) throws {
        guard let node = worker(&random) else { return }
        let authority = node.replica.disk.authority
        let known = works.records.filter { record in
            node.replica.storage.home(of: record.id) != nil
                && authority.mayErase(node.id, in: audiences[record.audience].audience, at: authority.epoch)
        }
        guard let record = random.pick(known) else { return }
        counters.note(.erasures)
        try commit(EraseEverywhere(record: record.id), at: node)
    }

    // MARK: Work orders

    mutating func submitOrder(_ random: inout SeededRandom) throws {
        guard let node = worker(&random), let place = town.place(of: node.id) else { return }
        let other = random.below(town.placeCount)
        let number = audience(places: [place, other], isBelow: false)
        counters.note(.commands)
        let order = SubmitWorkOrder(
            service: "0101",
            place: town.places[other],
            description: "\(tag(for: number)) a full bin",
            channel: "counter"
        )
        try commit(Noted(command: order, audience: number), at: node)
    }

    mutating func actOnOrder(_ random: inout SeededRandom) throws {
        guard let node = worker(&random) else { return }
        let known = works.orders.filter { node.replica.storage.home(of: $0.id) != nil }
        guard let order = random.pick(known) else { return }
        let somewhere = town.places[random.below(town.placeCount)]
        // An offer to a place that does not receive the order gives it to that place.
        let (authority, audience) = (node.replica.disk.authority, audiences[order.audience].audience)
        let receiving = town.places.filter { authority.isEntitled(place: $0, to: audience) }
        let taker = options.givesToOthers ? somewhere : random.pick(receiving) ?? somewhere
        let actions: [ActOnWorkOrder.Action] = [
            .accept, .file, .dispatch(to: nil), .dispatch(to: somewhere), .signFor, .handle, .handled, .verify, .close,
            .reopen, .note, .offer(to: taker), .offer(to: taker), .take, .take, .refuse(reason: "not ours"),
            .withdraw(to: nil), .pick(somewhere),
        ]
        guard let action = random.pick(actions) else { return }
        counters.note(.commands)
        if case .offer = action { noteOffer(of: order.id, to: taker) }
        let text = "\(tag()) on it"
        try commit(ActOnWorkOrder(.record(order.id), action, text: text), at: node)
    }

    // MARK: Consultations

    mutating func consult(_ random: inout SeededRandom) throws {
        guard let node = worker(&random), let place = town.place(of: node.id) else { return }
        counters.note(.commands)
        let under = (0..<town.placeCount).filter { town.line(of: $0).contains(place) }
        let subject = random.pick(under) ?? place
        if random.chance(25), let open = random.pick(works.consultations) {
            try commit(CloseConsultation(open.id), at: node)
            return
        }
        let number = audience(places: [subject], isBelow: true)
        let consultation = CreateConsultation(
            place: town.places[subject],
            title: "\(tag(for: number)) a bench or a tree?",
            text: "",
            options: [.init(code: "a", title: "bench"), .init(code: "b", title: "tree")],
            closesAt: reading(of: node.index).advanced(byMilliseconds: SimulationRun.years(1))
        )
        try commit(Noted(command: consultation, audience: number), at: node)
    }

    mutating func vote(_ random: inout SeededRandom) throws {
        guard let node = worker(&random) else { return }
        let known = works.consultations.filter { node.replica.storage.home(of: $0.id) != nil }
        guard let consultation = random.pick(known) else { return }
        counters.note(.commands)
        let person = random.below(4)
        let ballot = CastBallot(
            consultation.id,
            voter: .identityNumber(SimulationRun.identityNumber(of: person)),
            option: random.chance(50) ? "a" : "b",
            channel: "counter"
        )
        try commit(Noted(command: ballot, audience: consultation.audience, person: person), at: node)
    }

    /// 18 places with the check character of GB 11643.
    private static func identityNumber(of person: Int) -> String {
        let digits = Array("44120219800101001".utf8.dropLast()) + [0x30 + UInt8(person)]
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(weights, digits).reduce(0) { $0 + $1.0 * Int($1.1 - 0x30) }
        return String(decoding: digits + [Array("10X98765432".utf8)[sum % 11]], as: UTF8.self)
    }

    /// Notes what became durable.
    mutating func noteReceipt(_ receipt: any Sendable) {
        switch receipt {
        case let order as Noted<SubmitWorkOrder>.Receipt: works.orders.append((order.receipt.record, order.audience))
        case let consultation as Noted<CreateConsultation>.Receipt:
            works.consultations.append((consultation.receipt.record, consultation.audience))
        case let ballot as Noted<CastBallot>.Receipt:
            counters.note(.ballots)
            works.ballots[ballot.receipt.ballot] = ballot.person
        default: break
        }
    }
}

/// A command of which the run remembers more than its receipt says.
struct Noted<C: Command>: Command {
    let command: C
    let audience: Int
    /// Whose ballot it is.
    var person = 0

    struct Receipt: Sendable {
        let receipt: C.Receipt
        let audience: Int
        let person: Int
    }

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let plan = try command.plan(reader, context)
        return Plan(
            drafts: plan.drafts,
            receipt: Receipt(receipt: plan.receipt, audience: audience, person: person)
        )
    }
}
