/// The live, shown entries of one record, as the domain folds them.
package struct RecordView: Sendable, Hashable {
    package let record: RecordID
    package let home: Audience
    /// Every audience that the record was ever for, the home first.
    package let givenTo: [Audience]
    /// Those that are current, the one to write to last; more than one are to be joined.
    package let audiences: [Audience]
    /// Whether something of the record that is live here has not come to the current audience.
    package let isScattered: Bool
    /// Sorted by field, then element, then (stamp, delta, index): the same on every replica that holds the same ops.
    package let entries: [EntryView]
    /// When what is personal of it was erased, and why, the first one first; empty when it was not.
    package let erasures: [ErasureView]

    /// A record that was never given to others.
    package init(record: RecordID, home: Audience, entries: [EntryView], erasures: [ErasureView] = []) {
        self.record = record
        self.home = home
        self.givenTo = [home]
        self.audiences = [home]
        self.isScattered = false
        self.entries = entries
        self.erasures = erasures
    }

    private init(
        record: RecordID,
        _ audiences: RecordAudiences,
        home: Audience,
        entries: [EntryView],
        erasures: [ErasureView]
    ) {
        self.record = record
        self.home = home
        self.givenTo = audiences.all.map(\.audience)
        self.audiences = audiences.current.map(\.audience)
        self.isScattered = audiences.isScattered
        self.entries = entries
        self.erasures = erasures
    }

    /// The audience that further ops are written to.
    package var audience: Audience { audiences.last ?? home }

    package var kind: RecordKind? { entries.first?.field.kind }

    /// The entries of one field, in the view's order.
    package func entries(of field: Field) -> ArraySlice<EntryView> {
        guard let first = entries.firstIndex(where: { $0.field == field }) else { return [] }
        let end = entries[first...].firstIndex { $0.field != field } ?? entries.endIndex
        return entries[first..<end]
    }

    /// The value of a register, or nil when it was never written.
    package func register(_ field: Field) -> EntryView? { entries(of: field).last }
}

/// One live entry of a cell: a register's winner, a surviving value, an element, a log entry.
package struct EntryView: Sendable, Hashable {
    package let field: Field
    package let element: [UInt8]
    package let value: [UInt8]
    /// max(HLC, floor): what orders entries of one cell.
    package let stamp: HLC
    /// Breaks ties of stamps.
    package let dot: Dot
    package let author: NodeID

    package init(field: Field, element: [UInt8], value: [UInt8], stamp: HLC, dot: Dot, author: NodeID) {
        self.field = field
        self.element = element
        self.value = value
        self.stamp = stamp
        self.dot = dot
        self.author = author
    }

    /// A live entry as it is shown.
    package init(_ entry: CellEntry, dot: Dot, author: NodeID) {
        self.init(
            field: entry.field,
            element: entry.element,
            value: entry.value,
            stamp: entry.stamp,
            dot: dot,
            author: author
        )
    }

    /// By field, then element, then (stamp, delta, index).
    static func isInViewOrder(_ a: EntryView, _ b: EntryView) -> Bool {
        if a.field != b.field { return a.field < b.field }
        if a.element != b.element { return a.element.lexicographicallyPrecedes(b.element) }
        return (a.stamp, a.dot) < (b.stamp, b.dot)
    }
}

/// Op identity: its delta and its index in it.
package struct Dot: Hashable, Sendable, Comparable {
    package let delta: DeltaID
    package let index: Int

    package init(delta: DeltaID, index: Int) {
        self.delta = delta
        self.index = index
    }

    package static func < (a: Dot, b: Dot) -> Bool { (a.delta, a.index) < (b.delta, b.index) }
}

extension RecordView {
    /// Loads the live, shown entries of a record; nil when its creating op was not seen.
    ///
    /// - Complexity: O(*n* log *n*) in the record's entries.
    package init?(of record: RecordID, in storage: some LedgerStorage) throws {
        guard let homeID = try storage.home(of: record), let home = try storage.audience(homeID) else { return nil }
        var ids: [Int64: DeltaID] = [:]
        var authors: [Int64: NodeID] = [:]
        var entries: [EntryView] = []
        let held = try storage.entries(of: record)
        for entry in held where !entry.isRemove && entry.field.isShown {
            // A delta of the group commit under way has no id yet: it sorts last.
            let delta = try ids[entry.delta] ?? storage.deltaID(number: entry.delta) ?? DeltaID.unsealed
            ids[entry.delta] = delta
            guard let author = try authors[entry.lane] ?? storage.laneKey(number: entry.lane)?.origin else { continue }
            authors[entry.lane] = author
            entries.append(EntryView(entry, dot: Dot(delta: delta, index: entry.index), author: author))
        }
        entries.sort(by: EntryView.isInViewOrder)
        let member = RecordAudiences.Member(id: homeID, audience: home, dot: nil)
        let audiences = try RecordAudiences(held, home: member, in: storage)
        self.init(
            record: record,
            audiences,
            home: home,
            entries: entries,
            erasures: try ErasureView.all(of: record, in: Set(audiences.all.map(\.id)), storage)
        )
    }
}
