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

    private struct Dot: Hashable {
        let delta: Int64
        let index: Int
    }

    private struct Kept {
        /// The record's local name in the file: entries of records made together lie together, whatever their ids.
        var number: Int64?
        var home: AudienceID?
        /// The file held nothing of the record.
        var isNew = false
        var cells: [CellKey: [CellEntry]] = [:]
        var latest: HLC?
        var inserted: [Dot: CellEntry] = [:]
        var removed: [Dot: CellEntry] = [:]

        mutating func hold(_ entry: CellEntry) {
            cells[CellKey(field: entry.field, element: entry.element), default: []].append(entry)
            latest = latest.map { max($0, entry.stamp) } ?? entry.stamp
        }
    }

    private let db: Database
    private var records: [RecordID: Kept] = [:]

    init(_ db: Database) { self.db = db }

    // MARK: Reading

    mutating func home(of record: RecordID) throws -> AudienceID? { try load(record).home }

    /// Whether the file held nothing of a record when this transaction began.
    func isNew(_ record: RecordID) -> Bool { records[record]?.isNew ?? false }

    mutating func entries(of record: RecordID, field: Field, element: [UInt8]) throws -> [CellEntry] {
        try load(record).cells[CellKey(field: field, element: element)] ?? []
    }

    mutating func entries(of record: RecordID) throws -> [CellEntry] {
        let kept = try load(record)
        var entries: [CellEntry] = []
        for cell in kept.cells.values { entries += cell }
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
            try db.forEachRow("SELECT \(CellEntry.columns) FROM entries WHERE record = ?", number) { row in
                kept.hold(try CellEntry(row, of: record))
                return true
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
        records[entry.record]?.hold(entry)
        records[entry.record]?.inserted[Dot(delta: entry.delta, index: entry.index)] = entry
    }

    mutating func remove(_ entry: CellEntry) throws {
        try makeRoom()
        _ = try load(entry.record)
        let dot = Dot(delta: entry.delta, index: entry.index)
        records[entry.record]?.cells[CellKey(field: entry.field, element: entry.element)]?
            .removeAll { $0.delta == entry.delta && $0.index == entry.index }
        if records[entry.record]?.latest == entry.stamp {
            let stamps = records[entry.record]?.cells.values.lazy.flatMap { $0 }.map(\.stamp)
            records[entry.record]?.latest = stamps?.max()
        }
        if records[entry.record]?.inserted.removeValue(forKey: dot) == nil {
            records[entry.record]?.removed[dot] = entry
        }
    }

    /// Forgets a record's cells and home, here and in the file.
    mutating func removeAll(of record: RecordID) throws {
        if let number = try load(record).number {
            try db.run("DELETE FROM entries WHERE record = ?", number)
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
            for entry in kept.removed.values {
                try db.run(
                    "DELETE FROM entries WHERE record = ? AND field = ? AND element = ? AND delta = ? AND idx = ?",
                    number,
                    Int64(entry.field.code),
                    entry.element,
                    entry.delta,
                    entry.index
                )
            }
            for entry in kept.inserted.values { try write(entry, number) }
        }
        records.removeAll(keepingCapacity: true)
    }

    private func add(_ record: RecordID, _ home: AudienceID) throws -> Int64 {
        try db.run("INSERT INTO records(record, home) VALUES(?, ?)", record, home)
        return db.lastInsertedRowID
    }

    private func write(_ entry: CellEntry, _ record: Int64) throws {
        try db.run(
            "INSERT OR REPLACE INTO entries(record, \(CellEntry.columns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            record,
            Int64(entry.field.code),
            entry.element,
            entry.stamp.column,
            entry.delta,
            entry.index,
            entry.lane,
            Int64(bitPattern: entry.seq),
            entry.isRemove,
            entry.value,
            entry.context.columnBytes
        )
    }
}
