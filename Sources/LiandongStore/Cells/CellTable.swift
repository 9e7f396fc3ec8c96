import GRDB
import LiandongCore

/// Where the live entries of records lie in the file.
///
/// The entries of a record itself lie in packs, a row for a record of usual size. Those that say where a record is
/// (``Field/isShown``), or are known from excerpts, have rows of their own: they are looked for by what they say. So have
/// the entries of a file from before there were packs, until their record changes.
struct CellTable {
    let db: Database

    /// The packs of one record stand together, numbered upwards.
    private static let packBits: Int64 = 20

    static func packs(of record: Int64) -> ClosedRange<Int64> {
        let first = record << packBits
        return first...(first | (1 << packBits - 1))
    }

    /// Whether an entry has a row of its own.
    static func isApart(_ entry: CellEntry) -> Bool { !entry.field.isShown || entry.delta < 0 || entry.lane < 0 }

    /// - Parameter number: the record's local name.
    /// - Throws: ``StoreError`` with `corrupt`.
    func forEach(of record: RecordID, number: Int64, _ body: (CellEntry, _ pack: Int64?) throws -> Void) throws {
        let packs = CellTable.packs(of: number)
        try db.forEachRow(
            "SELECT number, body FROM packs WHERE number BETWEEN ? AND ?",
            packs.lowerBound,
            packs.upperBound
        ) { row in
            let pack = try row.integer(0)
            for entry in try CellPack.entries(row.bytes(1), of: record) { try body(entry, pack) }
            return true
        }
        try db.forEachRow("SELECT \(CellEntry.columns) FROM entries WHERE record = ?", number) { row in
            try body(try CellEntry(row, of: record), nil)
            return true
        }
    }

    func removeAll(of record: Int64) throws {
        let packs = CellTable.packs(of: record)
        try db.run("DELETE FROM packs WHERE number BETWEEN ? AND ?", packs.lowerBound, packs.upperBound)
        try db.run("DELETE FROM entries WHERE record = ?", record)
    }

    func save(pack number: Int64, _ entries: [CellEntry]) throws {
        try db.run("INSERT OR REPLACE INTO packs(number, body) VALUES(?, ?)", number, CellPack.bytes(of: entries))
    }

    func remove(pack number: Int64) throws { try db.run("DELETE FROM packs WHERE number = ?", number) }

    func insertRow(_ entry: CellEntry, of record: Int64) throws {
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

    func removeRow(_ entry: CellEntry, of record: Int64) throws {
        try db.run(
            "DELETE FROM entries WHERE record = ? AND field = ? AND element = ? AND delta = ? AND idx = ?",
            record,
            Int64(entry.field.code),
            entry.element,
            entry.delta,
            entry.index
        )
    }
}
