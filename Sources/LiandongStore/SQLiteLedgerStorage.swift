import GRDB
import LiandongCore

/// A ``LedgerStorage`` over one transaction of a replica's file.
final class SQLiteLedgerStorage: LedgerStorage {
    let db: Database
    private var laneKeys: [Int64: LaneKey] = [:]
    private var audiences: [AudienceID: Audience] = [:]
    private var deltaIDs: [Int64: DeltaID] = [:]
    private var lastLSN: LSN?

    init(_ db: Database) { self.db = db }

    /// Runs a statement whose compiled form the connection keeps.
    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
    }

    private func rows<T>(_ sql: String, _ arguments: StatementArguments, _ read: (Row) throws -> T) throws -> [T] {
        let statement = try db.cachedStatement(sql: sql)
        var result: [T] = []
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        while let row = try cursor.next() { result.append(try read(row)) }
        return result
    }

    private func first<T>(_ sql: String, _ arguments: StatementArguments, _ read: (Row) throws -> T) throws -> T? {
        let statement = try db.cachedStatement(sql: sql)
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        return try cursor.next().map(read)
    }

    // MARK: Audiences and lanes

    func audience(_ id: AudienceID) throws -> Audience? {
        if let known = audiences[id] { return known }
        let found = try first("SELECT definition FROM audiences WHERE id = ?", [id.data]) { row in
            Audience(wireBytes: try row.bytes(0))
        }
        guard let found, let audience = found else { return nil }
        audiences[id] = audience
        return audience
    }

    func insert(audience: Audience, id: AudienceID) throws {
        try run("INSERT OR IGNORE INTO audiences(id, definition) VALUES(?, ?)", [id.data, audience.wireBytes.data])
        audiences[id] = audience
    }

    func laneNumber(_ key: LaneKey, id: LaneID) throws -> Int64 {
        let arguments: StatementArguments = [
            key.origin.data, key.incarnation.column, key.audience.data, key.deltaClass.rawValue,
        ]
        let known = try first(
            "SELECT number FROM lanes WHERE origin = ? AND incarnation = ? AND audience = ? AND class = ?",
            arguments
        ) { try $0.integer(0) }
        if let known { return known }
        try run(
            "INSERT INTO lanes(origin, incarnation, audience, class, id) VALUES(?, ?, ?, ?, ?)",
            arguments + [id.data]
        )
        return db.lastInsertedRowID
    }

    func laneKey(number: Int64) throws -> LaneKey? {
        if let known = laneKeys[number] { return known }
        let key = try first("SELECT origin, incarnation, audience, class FROM lanes WHERE number = ?", [number]) {
            try LaneKey($0, from: 0)
        }
        laneKeys[number] = key
        return key
    }

    func lanes() throws -> [LaneState] {
        try rows(
            """
            SELECT origin, incarnation, audience, class, id, number, contiguous, beyond, head, head_stamp,
                head_district, head_issuer FROM lanes ORDER BY number
            """,
            []
        ) { row in
            LaneState(
                key: try LaneKey(row, from: 0),
                id: try row.identifier(4),
                number: try row.integer(5),
                contiguous: UInt64(bitPattern: try row.integer(6)),
                beyond: try row.ranges(7),
                head: try row.optionalIdentifier(8),
                headStamp: try row.optionalInteger(9).map(HLC.init(column:)),
                headEpoch: try row.optionalInteger(10).map {
                    AuthorityEpoch(
                        district: UInt64(bitPattern: $0),
                        issuer: UInt64(bitPattern: try row.integer(11))
                    )
                }
            )
        }
    }

    func save(lane: LaneState) throws {
        var beyond: [UInt8] = []
        for range in lane.beyond { beyond += range.lowerBound.bigEndianBytes + range.upperBound.bigEndianBytes }
        try run(
            """
            UPDATE lanes SET contiguous = ?, beyond = ?, head = ?, head_stamp = ?, head_district = ?, head_issuer = ?
            WHERE number = ?
            """,
            [
                Int64(bitPattern: lane.contiguous), beyond.data, lane.head?.data, lane.headStamp?.column,
                lane.headEpoch.map { Int64(bitPattern: $0.district) },
                lane.headEpoch.map { Int64(bitPattern: $0.issuer) }, lane.number,
            ]
        )
    }

    // MARK: Deltas

    func deltaNumber(_ id: DeltaID) throws -> Int64? {
        try first("SELECT number FROM deltas WHERE id = ?", [id.data]) { try $0.integer(0) }
    }

    func delta(number: Int64) throws -> StoredDelta? {
        try first("SELECT \(StoredDelta.columns) FROM deltas WHERE number = ?", [number]) { try StoredDelta($0) }
    }

    func deltaID(number: Int64) throws -> DeltaID? {
        if let known = deltaIDs[number] { return known }
        let id: DeltaID? = try first("SELECT id FROM deltas WHERE number = ?", [number]) { try $0.identifier(0) }
        // A delta that is not sealed yet has no id; it will have one.
        if let id { deltaIDs[number] = id }
        return id
    }

    func deltas(lane: Int64, seq: UInt64) throws -> [DeltaID] {
        try rows("SELECT id FROM deltas WHERE lane = ? AND seq = ?", [lane, Int64(bitPattern: seq)]) {
            try $0.identifier(0)
        }
    }

    func nextDeltaNumber() throws -> Int64 {
        try first("SELECT coalesce(max(number), 0) + 1 FROM deltas", []) { try $0.integer(0) } ?? 1
    }

    func insert(delta: StoredDelta) throws -> LSN {
        let lsn = try lastLSN ?? greatestLSN() + 1
        lastLSN = lsn + 1
        deltaIDs[delta.number] = delta.delta.id
        try run(
            """
            INSERT INTO deltas(number, lsn, class, lane, seq, id, header, signature, body, source, received_at,
                quarantined) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                delta.number, lsn, delta.delta.lane.deltaClass.rawValue, delta.lane,
                Int64(bitPattern: delta.delta.header.seq), delta.delta.id.data, delta.delta.headerBytes.data,
                delta.delta.signature.data, delta.delta.bodyBytes.data, delta.source?.data,
                delta.receivedAt.milliseconds, delta.isQuarantined,
            ]
        )
        return lsn
    }

    /// The greatest LSN given out.
    func greatestLSN() throws -> LSN {
        try first(
            """
            SELECT max(coalesce((SELECT max(lsn) FROM deltas WHERE class = 1), 0),
                coalesce((SELECT max(lsn) FROM deltas WHERE class = 2), 0))
            """,
            []
        ) { try $0.integer(0) } ?? 0
    }

    func forEachDelta(ofLanes lanes: Set<Int64>?, _ body: (StoredDelta) throws -> Void) throws {
        // In stretches, so that the body may write and no statement stays open.
        var after: Int64 = 0
        while true {
            let stretch = try rows(
                "SELECT \(StoredDelta.columns) FROM deltas WHERE number > ? ORDER BY number LIMIT 256",
                [after]
            ) { try StoredDelta($0) }
            guard let last = stretch.last else { return }
            after = last.number
            for delta in stretch where lanes?.contains(delta.lane) ?? true { try body(delta) }
        }
    }

    func setQuarantined(_ quarantined: Bool, delta: Int64) throws {
        try run("UPDATE deltas SET quarantined = ? WHERE number = ?", [quarantined, delta])
    }

    // MARK: Records and cells

    func home(of record: RecordID) throws -> AudienceID? {
        try first("SELECT home FROM records WHERE record = ?", [record.data]) { try $0.identifier(0) }
    }

    func setHome(_ audience: AudienceID, of record: RecordID) throws {
        try run("INSERT OR REPLACE INTO records(record, home) VALUES(?, ?)", [record.data, audience.data])
    }

    private static let entryColumns =
        "record, field, element, stamp, delta, idx, lane, seq, removes, value, context"

    func entries(of record: RecordID, field: Field, element: [UInt8]) throws -> [CellEntry] {
        try rows(
            "SELECT \(Self.entryColumns) FROM entries WHERE record = ? AND field = ? AND element = ?",
            [record.data, Int64(field.code), element.data]
        ) { try CellEntry($0) }
    }

    func entries(of record: RecordID) throws -> [CellEntry] {
        try rows("SELECT \(Self.entryColumns) FROM entries WHERE record = ?", [record.data]) { try CellEntry($0) }
    }

    func latestStamp(of record: RecordID) throws -> HLC? {
        try first("SELECT max(stamp) FROM entries WHERE record = ?", [record.data]) {
            try $0.optionalInteger(0).map(HLC.init(column:))
        } ?? nil
    }

    func insert(entry: CellEntry) throws {
        try run(
            "INSERT OR REPLACE INTO entries(\(Self.entryColumns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                entry.record.data, Int64(entry.field.code), entry.element.data, entry.stamp.column, entry.delta,
                entry.index, entry.lane, Int64(bitPattern: entry.seq), entry.isRemove, entry.value.data,
                entry.context.columnBytes.data,
            ]
        )
    }

    func remove(entry: CellEntry) throws {
        try run(
            "DELETE FROM entries WHERE record = ? AND field = ? AND element = ? AND delta = ? AND idx = ?",
            [entry.record.data, Int64(entry.field.code), entry.element.data, entry.delta, entry.index]
        )
    }

    func removeCells(of record: RecordID) throws {
        try run("DELETE FROM entries WHERE record = ?", [record.data])
        try run("DELETE FROM records WHERE record = ?", [record.data])
    }

    // MARK: Ops that wait

    func park(_ op: ParkedOp) throws {
        try run(
            "INSERT OR REPLACE INTO parked(delta, idx, record, reason, due) VALUES(?, ?, ?, ?, ?)",
            [op.delta, op.index, op.record.data, op.reason.rawValue, op.dueAt?.column]
        )
    }

    private static let parkedColumns = "delta, idx, record, reason, due"

    func parkedOps(waitingFor record: RecordID) throws -> [ParkedOp] {
        try rows(
            "SELECT \(Self.parkedColumns) FROM parked WHERE record = ? AND reason = ? ORDER BY delta, idx",
            [record.data, ParkedOp.Reason.unknownHome.rawValue]
        ) { try ParkedOp($0) }
    }

    func parkedOps(dueBy stamp: HLC) throws -> [ParkedOp] {
        try rows(
            "SELECT \(Self.parkedColumns) FROM parked WHERE due <= ? ORDER BY delta, idx",
            [stamp.column]
        ) { try ParkedOp($0) }
    }

    func unpark(_ op: ParkedOp) throws {
        try run("DELETE FROM parked WHERE delta = ? AND idx = ?", [op.delta, op.index])
    }

    func removeParked(record: RecordID) throws { try run("DELETE FROM parked WHERE record = ?", [record.data]) }
}
