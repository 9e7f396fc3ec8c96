import Foundation
import GRDB
import LiandongCore
import LiandongDomain

/// Records of a peer's snapshot: shown, marked as being verified, and never built upon.
///
/// A record lies in `preview_records` until the deltas held here say at least as much of it. While any does, the read
/// models have companions of the same layout (`preview_…`), and lists go over views of both (`shown_…`).
struct Preview {
    let db: Database

    /// Whether anything is shown that is not verified yet.
    static func isActive(_ db: Database) throws -> Bool {
        try db.first("SELECT EXISTS(SELECT 1 FROM preview_records)") { try $0.integer(0) != 0 } ?? false
    }

    /// Whether companions are there, with rows or without.
    static func hasCompanions(_ db: Database) throws -> Bool {
        try db.first("SELECT 1 FROM sqlite_schema WHERE name = 'preview_work_orders'") { _ in true } ?? false
    }

    // MARK: Reading

    func view(of record: RecordID) throws -> RecordView? {
        let found = try db.first("SELECT home, stamp, entries, body FROM preview_records WHERE record = ?", record) {
            (try $0.bytes(0), HLC(column: try $0.integer(1)), Int(clamping: try $0.integer(2)), try $0.bytes(3))
        }
        guard let (definition, stamp, count, body) = found, let home = Audience(wireBytes: definition) else {
            return nil
        }
        return try SnapshotRecord(record: record, home: home, stamp: stamp, entryCount: count, entries: body).view()
    }

    func holds(_ record: RecordID) throws -> Bool {
        try db.first("SELECT 1 FROM preview_records WHERE record = ?", record) { _ in true } ?? false
    }

    func progress() throws -> PreviewProgress? {
        try db.first("SELECT source, epoch, since, last, is_whole, started_at FROM preview_progress") { row in
            PreviewProgress(
                source: try row.identifier(0),
                storeEpoch: StoreEpoch(column: try row.integer(1)),
                since: try row.integer(2),
                last: try row.optionalIdentifier(3),
                isWhole: try row.integer(4) != 0,
                startedAt: Instant(milliseconds: try row.integer(5))
            )
        }
    }

    // MARK: Writing

    /// Makes the companions and views, from the layout that the read models have now.
    func begin() throws {
        try drop()
        for model in StoreSchema.readModels {
            let layouts = try db.rows(
                "SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC",
                model.table
            ) { (try $0.text(0), try $0.text(1)) }
            for (name, sql) in layouts { try db.execute(sql: Preview.companion(of: sql, name, model.table)) }
            try db.execute(
                sql: """
                    CREATE VIEW shown_\(model.table) AS
                    SELECT * FROM \(model.table) AS proven
                    WHERE NOT EXISTS(SELECT 1 FROM preview_records WHERE record = proven.record)
                    UNION ALL SELECT * FROM preview_\(model.table) AS shown
                    WHERE EXISTS(SELECT 1 FROM preview_records WHERE record = shown.record);
                    """
            )
        }
    }

    /// `CREATE TABLE x(…)` or `CREATE INDEX y ON x(…)`, with a prefix to both names.
    private static func companion(of sql: String, _ name: String, _ table: String) -> String {
        var sql = sql
        for name in Set([name, table]).sorted() {
            for end in ["(", " "] {
                sql = sql.replacingOccurrences(of: " \(name)\(end)", with: " preview_\(name)\(end)")
            }
        }
        return sql
    }

    /// Keeps records that say more than what is held, and their rows.
    ///
    /// - Parameter storage: of the transaction, for what is held.
    func keep(_ batch: PreviewBatch, storage: SQLiteLedgerStorage, authority: AuthorityState) throws {
        if batch.isFirst { try begin() }
        let models = ReadModels(db: db, storage: storage, authority: authority, prefix: "preview_")
        for record in batch.records {
            // A peer that has not heard of an erasure may still show what it took away.
            guard try storage.erasures(of: record.record).isEmpty,
                try !isProven(record.record, stamp: record.stamp, entryCount: record.entryCount, storage),
                let view = try? record.view(), let summary = RecordSummary(view, authority)
            else { continue }
            try db.run(
                "INSERT OR REPLACE INTO preview_records(record, home, stamp, entries, body) VALUES(?, ?, ?, ?, ?)",
                record.record,
                record.home.wireBytes,
                record.stamp.column,
                record.entryCount,
                record.entries
            )
            try models.replace(record.record, summary, isNew: true)
        }
        try db.run("DELETE FROM preview_progress")
        let progress = batch.progress
        try db.run(
            "INSERT INTO preview_progress(source, epoch, since, last, is_whole, started_at) VALUES(?, ?, ?, ?, ?, ?)",
            progress.source,
            progress.storeEpoch.column,
            progress.since,
            progress.last,
            progress.isWhole,
            progress.startedAt.milliseconds
        )
    }

    /// Lets go of the records among those just merged of which as much is held as was shown.
    func release(_ touched: [RecordID], storage: SQLiteLedgerStorage) throws {
        for record in touched {
            let shown = try db.first("SELECT stamp, entries FROM preview_records WHERE record = ?", record) {
                (HLC(column: try $0.integer(0)), Int(clamping: try $0.integer(1)))
            }
            guard let (stamp, count) = shown, try isProven(record, stamp: stamp, entryCount: count, storage) else {
                continue
            }
            try db.run("DELETE FROM preview_records WHERE record = ?", record)
        }
    }

    /// Lets go of what a peer showed of records that are erased.
    func erase(_ records: [RecordID]) throws {
        for record in records {
            try db.run("DELETE FROM preview_records WHERE record = ?", record)
            for model in StoreSchema.readModels {
                try db.run("DELETE FROM preview_\(model.table) WHERE record = ?", record)
            }
        }
    }

    private func isProven(
        _ record: RecordID,
        stamp: HLC,
        entryCount: Int,
        _ storage: SQLiteLedgerStorage
    ) throws -> Bool {
        guard let latest = try storage.latestStamp(of: record), latest >= stamp else { return false }
        return try storage.entries(of: record).count { !$0.isRemove } >= entryCount
    }

    /// Drops what is left of a snapshot.
    ///
    /// - Returns: how many of its records nothing is held of; what this build cannot read yet is held.
    func end() throws -> Int {
        let unproven = try db.first(
            """
            SELECT count(*) FROM preview_records WHERE record NOT IN (SELECT record FROM records)
            AND record NOT IN (SELECT record FROM parked WHERE reason = ?)
            """,
            ParkedOp.Reason.unknownField.rawValue
        ) { Int(clamping: try $0.integer(0)) }
        try drop()
        return unproven ?? 0
    }

    private func drop() throws {
        for model in StoreSchema.readModels {
            try db.execute(
                sql: "DROP VIEW IF EXISTS shown_\(model.table); DROP TABLE IF EXISTS preview_\(model.table);"
            )
        }
        try db.execute(sql: "DELETE FROM preview_records; DELETE FROM preview_progress;")
    }
}
