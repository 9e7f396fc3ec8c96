import LiandongCore
import LiandongDomain
import LiandongSigning

// Records taken back from places that they were given to: orders by the product's command, and here the simulator's own.
extension SimulationRun {
    /// A record that was given to others goes to fewer places.
    mutating func narrow(_ random: inout SeededRandom) throws {
        let orders = works.orders.filter { works.givens[$0.id] != nil }
        if random.chance(30), let order = random.pick(orders), let node = holder(of: order, &random) {
            counters.note(.commands)
            return try commit(NarrowWorkOrder(.record(order.id)), at: node)
        }
        let records = works.records.filter { works.givens[$0.id] != nil }
        guard let record = random.pick(records), let node = holder(of: record, &random) else { return }
        let others = (works.offered[record.id] ?? []).sorted()
        let kept = random.chance(30) ? random.pick(others) : nil
        try commit(NarrowRecord(record: record.id, keeping: kept.map { town.places[$0] }), at: node)
    }

    /// A node of a record's home that has it.
    private func holder(of record: (id: RecordID, audience: Int), _ random: inout SeededRandom) -> SimulatedNode? {
        random.pick(
            nodes.filter { node in
                node.isUp && node.jobs.count < 8 && node.engine?.authority.nodes[node.id] != nil
                    && node.replica.storage.home(of: record.id) != nil && mayWrite(node, record.audience)
            }
        )
    }

    /// Takes note of a left that is durable at its author: the record is to go from the audience that it is written in.
    mutating func noteLeft(_ left: Op, of delta: DeltaID, in number: Int, by index: Int) {
        counters.note(.lefts)
        let id = AudienceID(audiences[number].audience, .sodium)
        let held = nodes[index].replica.storage.content.deltas.values.map(\.delta).filter { $0.lane.audience == id }
        works.lefts[left.record, default: [:]][number, default: [:]][delta, default: []].formUnion(held.map(\.id))
    }

    /// Whoever is of no audience that a record has stayed in holds nothing of it that the author of a left held where the
    /// record has left, once all is joined.
    ///
    /// It rests on what authors made durable: neither on what a receiver took a left for, nor on which ops a left named.
    /// What came later and is not scattered, as a late carry of what is at home, or a late edit that was superseded, is
    /// named by no left. A left that a revocation cut off takes nothing, nor does a later one what was let go of by it.
    mutating func checkLeft(_ node: SimulatedNode) throws {
        guard !works.lefts.isEmpty else { return }
        var gone: [RecordID: Set<DeltaID>] = [:]
        for (record, left) in works.lefts {
            guard let current = signersView(of: record)?.audience else { continue }
            let target = audienceNumbers[AudienceID(current, .sodium)]
            let stays = works.audiences(of: record).filter { left[$0] == nil || $0 == target }
            // Who was of one of them, and moved away, may go on holding what came to it by that.
            guard !stays.contains(where: { town.wasEverEntitled(node.id, to: audiences[$0]) }) else { continue }
            for (number, held) in left where town.isEntitled(node.id, to: audiences[number]) {
                counters.note(.leftOut)
                let cutOff = held.filter { isEvidence($0.key, at: node) }.values
                gone[record, default: []].formUnion(
                    held.values.reduce(into: Set()) { $0.formUnion($1) }.subtracting(cutOff.joined())
                )
            }
        }
        for (_, stored) in node.replica.disk.content.deltas.sorted(by: { $0.key < $1.key }) {
            // What revocations cut off is kept as evidence, and what a dishonest node writes is not of the record.
            guard !gone.isEmpty, !stored.isQuarantined, !isLiar(stored.delta.lane.origin) else { continue }
            for case .held(_, let bytes) in stored.delta.ops {
                // Lefts and erasures hold ids and a reason, and go on telling what must not come back.
                guard let op = try? Op(decoding: bytes), gone[op.record]?.contains(stored.delta.id) == true,
                    op.change != .left, op.change != .erase
                else { continue }
                throw failure(
                    "node \(node.index) holds an op of record \(op.record), which has left it: \(op.change) \(op.field)"
                )
            }
        }
    }
}

extension SimulationRun {
    private func isEvidence(_ delta: DeltaID, at node: SimulatedNode) -> Bool {
        let content = node.replica.disk.content
        return content.numbers[delta].flatMap { content.deltas[$0] }?.isQuarantined ?? false
    }
}

/// Takes a record back from the places that it was given to.
struct NarrowRecord: Command {
    let record: RecordID
    /// Beside the home.
    var keeping: PlaceID?

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Void> {
        guard let view = try reader.record(record), let kind = view.kind else {
            throw Refusal(.recordUnknown, record)
        }
        let authority = context.authority
        guard view.audiences.allSatisfy({ authority.isEntitled(context.actor.node, to: $0) }) else {
            throw Refusal(.placeNotReceiving, "this node", "record \(record)", "a place above")
        }
        var needed = view.home
        if let keeping, !authority.isEntitled(place: keeping, to: needed) {
            needed = Audience(needed.members + [Audience.Member(place: keeping, scope: .line)]) ?? needed
        }
        var seen: Set<Audience> = [needed]
        let left = view.givenTo.filter { audience in
            seen.insert(audience).inserted && authority.isEntitled(context.actor.node, to: audience)
                && !audience.members.allSatisfy { authority.covers(needed, $0, atHeight: authority.height) }
        }
        guard !left.isEmpty else {
            throw Refusal(.narrowNothing)
        }
        let give = Draft.give(record, of: kind, from: view.audience, to: needed)
        return Plan(drafts: [give] + left.map { .leave(record, of: kind, $0, for: needed) }, receipt: ())
    }
}
