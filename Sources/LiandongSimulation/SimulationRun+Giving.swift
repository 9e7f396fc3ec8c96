import LiandongCore
import LiandongDomain

// Records given to places outside of their home: by offers of orders, and here of the simulator's own records.
extension SimulationRun {
    /// A place is asked to take part in a record.
    mutating func noteOffer(of record: RecordID, to place: PlaceID) {
        guard let index = town.places.firstIndex(of: place) else { return }
        works.offered[record, default: []].insert(index)
    }

    /// Gives a record to a further place, or writes where it was given to.
    mutating func give(_ random: inout SeededRandom) throws {
        guard let node = worker(&random) else { return }
        let known = works.records.filter { node.replica.storage.home(of: $0.id) != nil }
        guard let record = random.pick(known) else { return }
        guard random.chance(50) else {
            let draft = edit(record, in: nil, &random)
            return try commit(WriteToRecord(record: record.id, edits: [draft]), at: node)
        }
        let place = town.places[random.below(town.placeCount)]
        noteOffer(of: record.id, to: place)
        try commit(WriteToRecord(record: record.id, including: place), at: node)
    }

    // MARK: Joining

    /// The records that some node of a further audience cannot have whole: given twice at the same time, written at home
    /// by somebody who had not heard of it, or erased by one.
    private var unjoined: [RecordID] {
        (works.records + works.orders).map(\.id).filter { record in
            guard let view = signersView(of: record), view.givenTo.count > 1 else { return false }
            return view.audiences.count > 1 || view.isScattered
                || !view.erasures.isEmpty && !works.erasedAtEnd.contains(record)
        }
    }

    /// The district is of every audience, so its node holds all of a record.
    func signersView(of record: RecordID) -> RecordView? {
        // Dictionaries do not throw.
        try? RecordView(of: record, in: nodes[0].replica.storage)
    }

    /// The district's node runs a command on each record that is not whole everywhere, as the next clerk would.
    ///
    /// - Returns: whether there was any.
    mutating func joinRecords() throws -> Bool {
        let records = unjoined
        guard !records.isEmpty else { return false }
        counters.note(.joins, by: records.count)
        note("node 0 joins \(records.count) records")
        for record in records {
            let erases = signersView(of: record).map { !$0.erasures.isEmpty } ?? false
            if erases { works.erasedAtEnd.insert(record) }
            // Who took an order without having heard that it was taken back is given it again.
            if works.orders.contains(where: { $0.id == record }) { try commit(TakeOver(record), at: nodes[0]) }
            try commit(WriteToRecord(record: record, erases: erases), at: nodes[0])
        }
        return true
    }
}

/// Writes to a record where it is current, and brings it there first if need be, as every command of the product does.
struct WriteToRecord: Command {
    let record: RecordID
    /// Is to receive the record, whether or not it does so far.
    var including: PlaceID?
    /// For whatever audience they say.
    var edits: [Draft] = []
    /// Whether what is personal goes, wherever the record was given to.
    var erases = false

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Void> {
        guard let view = try reader.record(record) else {
            throw Refusal(.recordUnknown, record)
        }
        let target = try RecordTarget(
            view,
            Localized("记录", "the record"),
            including: including.map { [$0] } ?? [],
            context
        )
        var drafts = target.drafts
        drafts += edits.map { draft in
            Draft(
                record: record,
                field: draft.field,
                element: draft.element,
                value: draft.value,
                change: draft.change,
                audience: target.audience
            )
        }
        if erases { drafts += EraseEverywhere.drafts(view, also: target.audience, context) }
        return Plan(drafts: drafts, receipt: ())
    }
}

/// Takes away what is personal of a record, wherever it was given to.
struct EraseEverywhere: Command {
    let record: RecordID

    func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Void> {
        guard let view = try reader.record(record) else {
            throw Refusal(.recordUnknown, record)
        }
        return Plan(drafts: EraseEverywhere.drafts(view, also: view.home, context), receipt: ())
    }

    static func drafts(_ view: RecordView, also audience: Audience, _ context: CommandContext) -> [Draft] {
        guard let kind = view.kind else { return [] }
        var seen: Set<Audience> = []
        return (view.givenTo + [audience]).filter { audience in
            seen.insert(audience).inserted
                && context.authority.mayErase(context.actor.node, in: audience, at: context.authority.epoch)
        }.map { Draft.erasure(of: view.record, kind: kind, reason: "asked", audience: $0) }
    }
}
