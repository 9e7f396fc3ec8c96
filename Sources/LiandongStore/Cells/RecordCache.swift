import GRDB
import LiandongCore

/// The records that one transaction works on: each is read once, and what changed is written once, at the end.
///
/// A command writes a handful of cells of one record, reads them back to merge the next op, and folds them for the read
/// models; without this each of these steps would be a query.
struct RecordCache {
    /// So many records are held before the changes are written and all are let go of.
    static let limit = 8_192

    private struct CellKey: Hashable {
        let field: Field
        let element: [UInt8]
    }

    /// An entry and where it lies: in a pack, in a row of its own, or nowhere yet.
    private struct Held {
        enum Place: Hashable {
            case unwritten
            case row
            case pack(Int64)
        }

        let entry: CellEntry
        let place: Place
    }

    private struct Kept {
        /// The record's local name in the file: packs of records made together lie together, whatever their ids.
        var number: Int64?
        var home: AudienceID?
        /// The file held nothing of the record.
        var isNew = false
        var cells: [CellKey: [Held]] = [:]
        var latest: HLC?
        /// The last pack of the file, which what is new is put into while it is small.
        var last: (pack: Int64, byteCount: Int)?
        /// What was removed of the file's entries.
        var removed: [Held] = []
        var isChanged = false

        mutating func hold(_ entry: CellEntry, at place: Held.Place) {
            cells[CellKey(field: entry.field, element: entry.element), default: []].append(
                Held(entry: entry, place: place)
            )
            latest = latest.map { max($0, entry.stamp) } ?? entry.stamp
        }
    }

    private let db: Database
    private let table: CellTable
    private var records: [RecordID: Kept] = [:]

    init(_ db: Database) {
        self.db = db
        self.table = CellTable(db: db)
    }

    // MARK: Reading

    mutating func home(of record: RecordID) throws -> AudienceID? { try load(record).home }

    /// Whether the file held nothing of a record when this transaction began.
    func isNew(_ record: RecordID) -> Bool { records[record]?.isNew ?? false }

    mutating func entries(of record: RecordID, field: Field, element: [UInt8]) throws -> [CellEntry] {
        try load(record).cells[CellKey(field: field, element: element)]?.map(\.entry) ?? []
    }

    mutating func entries(of record: RecordID) throws -> [CellEntry] {
        let kept = try load(record)
        var entries: [CellEntry] = []
        for cell in kept.cells.values { for held in cell { entries.append(held.entry) } }
        return entries
    }

    mutating func latestStamp(of record: RecordID) throws -> HLC? { try load(record).latest }

    private mutating func load(_ record: RecordID) throws -> Kept {
        if let known = records[record] { return known }
        var kept = Kept()
        try db.forEachRow("SELECT number, home FROM records WHERE record = ?", record) { row in
            kept.number = try row.integer(0)
            kept.home = try row.identifier(1)
            return false
        }
        kept.isNew = kept.number == nil
        // Only a record whose home is known has entries.
        if let number = kept.number {
            try table.forEach(of: record, number: number) { entry, pack in
                kept.hold(entry, at: pack.map { .pack($0) } ?? .row)
                if let pack {
                    let before = kept.last.flatMap { $0.pack == pack ? $0.byteCount : nil } ?? 0
                    kept.last = (pack, before + CellPack.byteCount(of: entry))
                }
            }
        }
        records[record] = kept
        return kept
    }

    // MARK: Writing

    mutating func setHome(_ audience: AudienceID, of record: RecordID) throws {
        try makeRoom()
        _ = try load(record)
        records[record]?.home = audience
    }

    mutating func insert(_ entry: CellEntry) throws {
        try makeRoom()
        _ = try load(entry.record)
        records[entry.record]?.hold(entry, at: .unwritten)
        records[entry.record]?.isChanged = true
    }

    mutating func remove(_ entry: CellEntry) throws {
        try makeRoom()
        let key = CellKey(field: entry.field, element: entry.element)
        let found = try load(entry.record).cells[key]?
            .firstIndex { $0.entry.delta == entry.delta && $0.entry.index == entry.index }
        guard let found, let held = records[entry.record]?.cells[key]?.remove(at: found) else { return }
        if held.place != .unwritten { records[entry.record]?.removed.append(held) }
        records[entry.record]?.isChanged = true
        if records[entry.record]?.latest == entry.stamp {
            let stamps = records[entry.record]?.cells.values.lazy.flatMap { $0 }.map(\.entry.stamp)
            records[entry.record]?.latest = stamps?.max()
        }
    }

    /// Forgets a record's cells and home, here and in the file.
    mutating func removeAll(of record: RecordID) throws {
        if let number = try load(record).number {
            try table.removeAll(of: number)
            try db.run("DELETE FROM records WHERE number = ?", number)
        }
        records[record] = Kept()
    }

    private mutating func makeRoom() throws {
        if records.count >= RecordCache.limit { try flush() }
    }

    /// Writes what changed and lets go of everything.
    mutating func flush() throws {
        for record in records.keys.sorted() {
            guard let kept = records[record], let home = kept.home else { continue }
            let number = try kept.number ?? add(record, home)
            if kept.isChanged { try write(kept, number) }
        }
        records.removeAll(keepingCapacity: true)
    }

    private func add(_ record: RecordID, _ home: AudienceID) throws -> Int64 {
        try db.run("INSERT INTO records(record, home) VALUES(?, ?)", record, home)
        return db.lastInsertedRowID
    }

    /// Writes what is new, and anew the packs that something was taken from.
    private func write(_ kept: Kept, _ number: Int64) throws {
        var stale: Set<Int64> = []
        for held in kept.removed {
            switch held.place {
            case .pack(let pack): stale.insert(pack)
            case .row: try table.removeRow(held.entry, of: number)
            case .unwritten: break
            }
        }
        var entries: [CellEntry] = []
        for held in kept.cells.values.joined() {
            switch (held.place, CellTable.isApart(held.entry)) {
            case (.unwritten, true): try table.insertRow(held.entry, of: number)
            case (.unwritten, false): entries.append(held.entry)
            case (.row, false):
                // Of before there were packs.
                try table.removeRow(held.entry, of: number)
                entries.append(held.entry)
            case (.row, true), (.pack, _): break
            }
        }
        if !entries.isEmpty, let last = kept.last, last.byteCount < CellPack.byteGoal { stale.insert(last.pack) }
        guard !entries.isEmpty || !stale.isEmpty else { return }
        for held in kept.cells.values.joined() {
            if case .pack(let pack) = held.place, stale.contains(pack) { entries.append(held.entry) }
        }
        // In the order in which they came, so that the first packs of a long record are left alone.
        entries.sort { ($0.delta, $0.index, $0.field) < ($1.delta, $1.index, $1.field) }
        try write(entries, of: number, in: stale.sorted(), last: kept.last?.pack)
    }

    /// Writes entries into packs: those whose own they take the place of, then new ones.
    private func write(_ entries: [CellEntry], of number: Int64, in packs: [Int64], last: Int64?) throws {
        var free = packs[...]
        var next = last.map { $0 + 1 } ?? CellTable.packs(of: number).lowerBound
        var pack: [CellEntry] = []
        var byteCount = 0
        func save() throws {
            guard !pack.isEmpty else { return }
            let name = free.popFirst() ?? next
            if name == next { next += 1 }
            guard CellTable.packs(of: number).contains(name) else {
                throw StoreError(.corrupt, "record \(number) has more packs than can be numbered")
            }
            try table.save(pack: name, pack)
            pack = []
            byteCount = 0
        }
        for entry in entries {
            pack.append(entry)
            byteCount += CellPack.byteCount(of: entry)
            if byteCount >= CellPack.byteGoal { try save() }
        }
        try save()
        for pack in free { try table.remove(pack: pack) }
    }
}
