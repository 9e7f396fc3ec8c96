import LiandongCore
import LiandongDomain
import LiandongSigning

// What must hold once the world has healed and is quiet.
extension SimulationRun {
    /// The nodes that must agree: of the district, and alive.
    ///
    /// Whichever others are gone, there is a way to the signer.
    private var members: [SimulatedNode] {
        nodes.filter { node in
            guard !town.isRevoked(node.id), !node.isDead, node.liar == nil, town.place(of: node.id) != nil else {
                return false
            }
            // A node that was let in and has not heard of it knows nobody but the one it asked.
            guard node.replica.disk.authority.nodes[node.id] == nil, let asked = node.joining?.parent else {
                return true
            }
            return nodes.contains { $0.id == asked && !$0.isDead && !town.isRevoked(asked) }
        }
    }

    private func entitled(to audience: Int) -> [SimulatedNode] {
        members.filter { town.isEntitled($0.id, to: audiences[audience]) }
    }

    /// Whether something is on its way to a disk.
    var isAnyWriting: Bool { members.contains { $0.replica.isWriting || !$0.jobs.isEmpty } }

    /// What the first two nodes that should be equal do not agree on; nil when all do.
    func difference(_ comparesRecords: Bool) -> String? {
        for node in members {
            guard node.isUp, !node.replica.isWriting, node.jobs.isEmpty else { return "node \(node.index) is writing" }
            let height = node.replica.disk.chain.count
            guard height == Int(town.height) else {
                return "node \(node.index) holds \(height) of \(town.height) entries of the chain"
            }
        }
        return differenceOfDeltas() ?? (comparesRecords ? differenceOfRecords() : nil)
    }

    private func differenceOfDeltas() -> String? {
        var held: [AudienceID: [Int: Set<DeltaID>]] = [:]
        for node in members {
            for stored in node.replica.disk.content.deltas.values {
                held[stored.delta.lane.audience, default: [:]][node.index, default: []].insert(stored.delta.id)
            }
        }
        for (number, audience) in audiences.enumerated() {
            let entitled = entitled(to: number)
            guard let first = entitled.first else { continue }
            let sets = held[AudienceID(audience.audience, .sodium)] ?? [:]
            let expected = sets[first.index] ?? []
            for node in entitled.dropFirst() {
                let others = sets[node.index] ?? []
                guard others != expected else { continue }
                let missing = expected.subtracting(others).min().map { "\($0) is missing at \(node.index)" }
                let surplus = others.subtracting(expected).min().map { "\($0) is missing at \(first.index)" }
                return "deltas of audience \(number): \(missing ?? surplus ?? "")"
            }
        }
        return nil
    }

    private func differenceOfRecords() -> String? {
        for record in works.records + works.orders + works.consultations {
            let audiences = works.audiences(of: record.id)
            // Those that are of the same of a record's audiences hold the same of it.
            var first: [[Bool]: (node: Int, view: RecordView?)] = [:]
            for node in members {
                let now = audiences.map { town.isEntitled(node.id, to: self.audiences[$0]) }
                guard now.contains(true), audiences.count == 1 || !isMoved(node, of: audiences) else { continue }
                // Dictionaries do not throw.
                let view = try? RecordView(of: record.id, in: node.replica.storage)
                if let first = first[now], first.view != view {
                    let which = RecordView.difference(view, first.view)
                    return "record \(record.id) on nodes \(first.node) and \(node.index): \(which)"
                }
                first[now] = first[now] ?? (node.index, view)
            }
        }
        return nil
    }

    /// Whether a node was of more audiences than it is, and may hold what is left of those.
    private func isMoved(_ node: SimulatedNode, of audiences: [Int]) -> Bool {
        audiences.contains { number in
            let audience = self.audiences[number]
            return town.wasEverEntitled(node.id, to: audience) && !town.isEntitled(node.id, to: audience)
        }
    }

    /// A record that was given to others and has been joined: whoever is of its current audience shows what its home does.
    func differenceOfGiven() -> String? {
        for record in works.records + works.orders {
            let audiences = works.audiences(of: record.id)
            guard audiences.count > 1, let whole = signersView(of: record.id), whole.givenTo.count > 1 else { continue }
            guard whole.audiences.count == 1, !whole.isScattered, let current = whole.audiences.last,
                let number = audienceNumbers[AudienceID(current, .sodium)]
            else { return "record \(record.id) cannot be joined" }
            for node in entitled(to: number) where whole.erasures.isEmpty || !isMoved(node, of: audiences) {
                // Dictionaries do not throw.
                let view = try? RecordView(of: record.id, in: node.replica.storage)
                guard view?.entries != whole.entries || view?.audiences != whole.audiences else { continue }
                return "record \(record.id) at node \(node.index): \(RecordView.difference(view, whole))"
            }
        }
        return nil
    }

    /// Whatever is not a matter of agreement: each node's folds, by themselves.
    mutating func checkQuietWorld() throws {
        try checkAcknowledgedEverywhere()
        try checkClones()
        for node in members {
            try checkRebuilt(node)
            try checkOrders(node)
            try checkTallies(node)
            try checkNoLieIsShown(node)
            try checkStore(node)
            try checkForks(node)
            try checkLeft(node)
            for stored in node.replica.disk.content.deltas.values { try checkErased(stored, at: node.index) }
            let cells = node.replica.storage.content.cells.values
            counters.note(.opsByCarries, by: cells.reduce(0) { $0 + $1.count { $0.delta < 0 } })
        }
    }

    private mutating func checkAcknowledgedEverywhere() throws {
        for node in members {
            for id in node.acknowledged.sorted() {
                guard let number = node.replica.disk.content.numbers[id],
                    let lane = node.replica.disk.content.deltas[number]?.delta.lane,
                    let audience = audienceNumbers[lane.audience]
                else { throw failure("delta \(id) is not on its own node \(node.index)") }
                // What a node wrote before it moved away was handed over.
                for other in entitled(to: audience) where other.replica.disk.content.numbers[id] == nil {
                    throw failure("delta \(id) of node \(node.index) is missing on node \(other.index)")
                }
            }
        }
    }

    /// The real store holds what the dictionaries do, and a rebuild of it gives the same.
    private func checkStore(_ node: SimulatedNode) throws {
        guard let store = node.replica.store else { return }
        let difference = try store.difference(from: node.replica.storage.content, at: reading(of: node.index))
        if let difference { throw failure("the store of node \(node.index): \(difference)") }
    }

    /// Cells and homes are what a fold of the deltas from nothing gives.
    private func checkRebuilt(_ node: SimulatedNode) throws {
        var content = node.replica.disk.content
        let kept = (cells: content.cells, homes: content.homes)
        content.cells = [:]
        content.homes = [:]
        content.parked = []
        let storage = MemoryLedgerStorage(content: content)
        guard var ledger = node.replica.ledger else { return }
        var outcome = LedgerOutcome()
        try ledger.rebuild(at: reading(of: node.index), in: storage, into: &outcome)
        guard storage.content.homes == kept.homes else {
            throw failure("the homes of node \(node.index) are not what its deltas give")
        }
        for (record, entries) in kept.cells where Set(storage.content.cells[record] ?? []) != Set(entries) {
            let others = Set(storage.content.cells[record] ?? []).symmetricDifference(entries)
            let which = others.map { "\($0)" }.min() ?? ""
            throw failure("record \(record) of node \(node.index) is not what its deltas give: \(which)")
        }
    }

    /// No order is without a holder.
    private mutating func checkOrders(_ node: SimulatedNode) throws {
        let authority = node.replica.disk.authority
        for order in works.orders {
            guard let view = try RecordView(of: order.id, in: node.replica.storage), !isTakenBack(order.id, view) else {
                continue
            }
            guard let folded = WorkOrder.fold(view, authority), !folded.holders.isEmpty else {
                throw failure("order \(order.id) has no holder at node \(node.index)")
            }
            if folded.dispute != nil { counters.note(.disputes) }
        }
    }

    /// Whether nothing but the left is held of a record.
    private func isTakenBack(_ record: RecordID, _ view: RecordView) -> Bool {
        works.lefts[record] != nil && !view.entries.contains { $0.field.isCreation }
    }

    /// At most one ballot of a person counts, whatever the fold says of itself.
    private mutating func checkTallies(_ node: SimulatedNode) throws {
        let authority = node.replica.disk.authority
        for consultation in works.consultations {
            guard let view = try RecordView(of: consultation.id, in: node.replica.storage),
                let folded = Consultation.fold(view, authority)
            else { continue }
            let uncounted = Set(folded.tally.uncounted.map(\.ballot.id))
            counters.note(.ballotsUncounted, by: uncounted.count)
            var persons: Set<Int> = []
            for entry in view.entries(of: ConsultationField.ballots) {
                guard let id = EventID(entry.element), let person = works.ballots[id], !uncounted.contains(id) else {
                    continue
                }
                guard persons.insert(person).inserted else {
                    throw failure("two ballots of person \(person) count at node \(node.index)")
                }
            }
            let sum = folded.tally.counts.reduce(0) { $0 + $1.ballots }
            guard sum == folded.tally.counted, sum >= persons.count else {
                throw failure("the tally of node \(node.index) counts \(sum) ballots of \(persons.count) persons")
            }
        }
    }
}
