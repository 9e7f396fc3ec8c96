import GRDB
import LiandongCore

/// A ``LedgerStorage`` over one transaction of a replica's file.
///
/// Writes of cells are held back until ``flush()``.
final class SQLiteLedgerStorage: LedgerStorage {
    let db: Database
    /// Nil where nothing is written.
    private let index: LaneIndex?
    private var records: RecordCache
    private var laneKeys: [Int64: LaneKey] = [:]
    private var audiences: [AudienceID: Audience] = [:]
    private var deltaIDs: [Int64: DeltaID] = [:]
    private var nextNumber: Int64?
    private var anyParked: Bool?
    var anyErased: Bool?

    /// - Parameter index: needed where deltas are written.
    init(_ db: Database, index: LaneIndex? = nil) {
        self.db = db
        self.index = index
        self.records = RecordCache(db)
    }

    /// Writes the cells that changed; to be called before the commit, and before they are queried by other means.
    func flush() throws {
        try records.flush()
        try index?.flush()
    }

    // MARK: Audiences and lanes

    func audience(_ id: AudienceID) throws -> Audience? {
        if let known = audiences[id] { return known }
        let found = try db.first("SELECT definition FROM audiences WHERE id = ?", id) { row in
            Audience(wireBytes: try row.bytes(0))
        }
        guard let found, let audience = found else { return nil }
        audiences[id] = audience
        return audience
    }

    func insert(audience: Audience, id: AudienceID) throws {
        try db.run("INSERT OR IGNORE INTO audiences(id, definition) VALUES(?, ?)", id, audience.wireBytes)
        audiences[id] = audience
    }

    /// The local number of a lane; nil when nothing of it ever came.
    func knownLaneNumber(_ key: LaneKey) throws -> Int64? {
        try db.first(
            "SELECT number FROM lanes WHERE origin = ? AND incarnation = ? AND audience = ? AND class = ?",
            key.origin,
            key.incarnation.column,
            key.audience,
            key.deltaClass.rawValue
        ) { try $0.integer(0) }
    }

    func laneNumber(_ key: LaneKey, id: LaneID) throws -> Int64 {
        if let known = try knownLaneNumber(key) { return known }
        try db.run(
            "INSERT INTO lanes(origin, incarnation, audience, class, id) VALUES(?, ?, ?, ?, ?)",
            key.origin,
            key.incarnation.column,
            key.audience,
            key.deltaClass.rawValue,
            id
        )
        return db.lastInsertedRowID
    }

    func laneKey(number: Int64) throws -> LaneKey? {
        if let known = laneKeys[number] { return known }
        let table = number < 0 ? "excerpted" : "lanes"
        let key = try db.first("SELECT origin, incarnation, audience, class FROM \(table) WHERE number = ?", number) {
            try LaneKey($0, from: 0)
        }
        laneKeys[number] = key
        return key
    }

    func lanes() throws -> [LaneState] {
        try db.rows(
            """
            SELECT origin, incarnation, audience, class, id, number, contiguous, beyond, head, head_stamp,
                head_district, head_issuer FROM lanes ORDER BY number
            """
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
        try db.run(
            """
            UPDATE lanes SET contiguous = ?, beyond = ?, head = ?, head_stamp = ?, head_district = ?, head_issuer = ?
            WHERE number = ?
            """,
            Int64(bitPattern: lane.contiguous),
            beyond,
            lane.head,
            lane.headStamp?.column,
            lane.headEpoch.map { Int64(bitPattern: $0.district) },
            lane.headEpoch.map { Int64(bitPattern: $0.issuer) },
            lane.number
        )
    }

    // MARK: Deltas

    func delta(number: Int64) throws -> StoredDelta? {
        try db.first("SELECT \(StoredDelta.columns) FROM deltas WHERE number = ?", number) { try StoredDelta($0) }
    }

    func deltaID(number: Int64) throws -> DeltaID? {
        if let known = deltaIDs[number] { return known }
        // A delta that is not sealed yet has no id; it will have one.
        if let nextNumber, number >= nextNumber { return nil }
        if number < 0 {
            let id: DeltaID? = try db.first("SELECT id FROM excerpted WHERE number = ?", number) {
                try $0.identifier(0)
            }
            deltaIDs[number] = id
            return id
        }
        let id: DeltaID? = try db.first(
            "SELECT id FROM deltas WHERE number = ? UNION ALL SELECT id FROM set_aside WHERE number = ?",
            number,
            number
        ) { try $0.identifier(0) }
        if let id { deltaIDs[number] = id }
        return id
    }

    func number(ofExcerpted id: DeltaID, lane: LaneKey) throws -> Int64 {
        let known = try db.first("SELECT number FROM excerpted WHERE id = ?", id) { try $0.integer(0) }
        if let known { return known }
        let number = (try db.first("SELECT coalesce(min(number), 0) FROM excerpted") { try $0.integer(0) } ?? 0) - 1
        try db.run(
            "INSERT INTO excerpted(number, id, origin, incarnation, audience, class) VALUES(?, ?, ?, ?, ?, ?)",
            number,
            id,
            lane.origin,
            lane.incarnation.column,
            lane.audience,
            lane.deltaClass.rawValue
        )
        return number
    }

    func records(excerptedFrom origin: NodeID) throws -> [RecordID] {
        try records.flush()
        return try db.rows(
            """
            SELECT DISTINCT records.record FROM excerpted JOIN entries ON entries.delta = excerpted.number
            JOIN records ON records.number = entries.record WHERE excerpted.origin = ? ORDER BY records.record
            """,
            origin
        ) { try $0.identifier(0) }
    }

    func deltas(lane: Int64, seq: UInt64) throws -> [DeltaID] {
        try db.rows("SELECT id FROM deltas WHERE lane = ? AND seq = ?", lane, Int64(bitPattern: seq)) {
            try $0.identifier(0)
        }
    }

    func number(of delta: DeltaID, lane: Int64, seq: UInt64) throws -> Int64? {
        try db.first(
            "SELECT number FROM deltas WHERE lane = ? AND seq = ? AND id = ?",
            lane,
            Int64(bitPattern: seq),
            delta
        ) { try $0.integer(0) }
    }

    func nextDeltaNumber() throws -> Int64 {
        if let nextNumber { return nextNumber }
        let next = try greatestLSN() + 1
        nextNumber = next
        return next
    }

    func insert(delta: StoredDelta) throws -> LSN {
        nextNumber = max(try nextDeltaNumber(), delta.number + 1)
        deltaIDs[delta.number] = delta.delta.id
        try db.run(
            """
            INSERT INTO deltas(number, class, lane, seq, id, header, signature, body, source, received_at, quarantined)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            delta.number,
            delta.delta.lane.deltaClass.rawValue,
            delta.lane,
            Int64(bitPattern: delta.delta.header.seq),
            delta.delta.id,
            delta.delta.headerBytes,
            delta.delta.signature,
            delta.delta.bodyBytes,
            delta.source,
            delta.receivedAt.milliseconds,
            delta.isQuarantined
        )
        try noteLone(delta)
        guard let index else { preconditionFailure("deltas are written with their lane's index") }
        try index.insert(delta.delta, lane: delta.lane)
        // One writer numbers the deltas as they come, so their numbers are the order of arrival.
        return delta.number
    }

    func refill(_ delta: Delta, lane: Int64, isQuarantined: Bool) throws -> RefilledDelta? {
        let found = try db.first(
            "SELECT number, source, received_at, is_merged FROM set_aside WHERE lane = ? AND seq = ? AND id = ?",
            lane,
            Int64(bitPattern: delta.header.seq),
            delta.id
        ) { row in
            RefilledDelta(
                stored: StoredDelta(
                    number: try row.integer(0),
                    lane: lane,
                    delta: delta,
                    source: try row.optionalIdentifier(1),
                    receivedAt: Instant(milliseconds: try row.integer(2)),
                    isQuarantined: isQuarantined
                ),
                isMerged: try row.integer(3) != 0
            )
        }
        guard let found else { return nil }
        try db.run("DELETE FROM set_aside WHERE number = ?", found.stored.number)
        _ = try insert(delta: found.stored)
        return found
    }

    /// The greatest LSN given out.
    func greatestLSN() throws -> LSN {
        try db.first(
            """
            SELECT max(coalesce((SELECT max(number) FROM deltas), 0), coalesce((SELECT max(number) FROM set_aside), 0))
            """
        ) { try $0.integer(0) } ?? 0
    }

    func forEachDelta(ofLanes lanes: Set<Int64>?, _ body: (StoredDelta) throws -> Void) throws {
        // In stretches, so that the body may write and no statement stays open.
        var after: Int64 = 0
        while true {
            let stretch = try db.rows(
                "SELECT \(StoredDelta.columns) FROM deltas WHERE number > ? ORDER BY number LIMIT 256",
                after
            ) { try StoredDelta($0) }
            guard let last = stretch.last else { return }
            after = last.number
            for delta in stretch where lanes?.contains(delta.lane) ?? true { try body(delta) }
        }
    }

    func quarantinedDeltas() throws -> [Int64] {
        try db.rows("SELECT number FROM deltas WHERE quarantined <> 0 ORDER BY number") { try $0.integer(0) }
    }

    func evidence(of origin: NodeID) throws -> HeldEvidence {
        let held = try db.first(
            """
            SELECT count(*), coalesce(sum(length(header) + length(signature) + length(body)), 0)
            FROM deltas WHERE quarantined <> 0 AND lane IN (SELECT number FROM lanes WHERE origin = ?)
            """,
            origin
        ) { HeldEvidence(deltas: Int(clamping: try $0.integer(0)), bytes: Int(clamping: try $0.integer(1))) }
        return held ?? HeldEvidence()
    }

    /// The most proofs kept of one origin; more of them say no more.
    private static let forkLimit = 2_048

    func keep(_ fork: ForkProof, lane: Int64, at now: Instant) throws {
        let kept = try db.first("SELECT count(*) FROM forks WHERE origin = ?", fork.lane.origin) {
            try $0.integer(0)
        }
        guard kept ?? 0 < SQLiteLedgerStorage.forkLimit else { return }
        try db.run(
            """
            INSERT OR IGNORE INTO forks SELECT ?, ?, ?, ?, seq, id, header, signature, source, received_at, ?
            FROM deltas WHERE lane = ? AND seq = ?
            """,
            fork.lane.origin,
            fork.lane.incarnation.column,
            fork.lane.audience,
            fork.lane.deltaClass.rawValue,
            now.milliseconds,
            lane,
            Int64(bitPattern: fork.seq)
        )
        guard db.changesCount > 0 else { return }
        let id: LaneID? = try db.first("SELECT id FROM lanes WHERE number = ?", lane) { try $0.identifier(0) }
        if let id { try db.takeBackDismissal(of: Dismissal.subject(ofFork: id, seq: fork.seq)) }
    }

    func setQuarantined(_ quarantined: Bool, delta: Int64) throws {
        try db.run("UPDATE deltas SET quarantined = ? WHERE number = ?", quarantined, delta)
    }

    // MARK: Records and cells

    func home(of record: RecordID) throws -> AudienceID? { try records.home(of: record) }

    func setHome(_ audience: AudienceID, of record: RecordID) throws { try records.setHome(audience, of: record) }

    /// Whether the file held nothing of a record when this transaction began.
    func isNew(_ record: RecordID) -> Bool { records.isNew(record) }

    func entries(of record: RecordID, field: Field, element: [UInt8]) throws -> [CellEntry] {
        try records.entries(of: record, field: field, element: element)
    }

    func entries(of record: RecordID) throws -> [CellEntry] { try records.entries(of: record) }

    func latestStamp(of record: RecordID) throws -> HLC? { try records.latestStamp(of: record) }

    func insert(entry: CellEntry) throws { try records.insert(entry) }

    func remove(entry: CellEntry) throws { try records.remove(entry) }

    func removeCells(of record: RecordID) throws { try records.removeAll(of: record) }

    // MARK: Ops that wait

    func park(_ op: ParkedOp) throws {
        anyParked = true
        try db.run(
            "INSERT OR REPLACE INTO parked(\(ParkedOp.columns)) VALUES(?, ?, ?, ?, ?)",
            op.delta,
            op.index,
            op.record,
            op.reason.rawValue,
            op.dueAt?.column
        )
    }

    func parkedOps(waitingFor record: RecordID) throws -> [ParkedOp] {
        guard try hasParked() else { return [] }
        return try db.rows(
            "SELECT \(ParkedOp.columns) FROM parked WHERE record = ? AND reason IN (?, ?) ORDER BY delta, idx",
            record,
            ParkedOp.Reason.unknownHome.rawValue,
            ParkedOp.Reason.stray.rawValue
        ) { try ParkedOp($0) }
    }

    /// Whether anything is parked at all: mostly nothing is, and every new record asks.
    private func hasParked() throws -> Bool {
        if let anyParked { return anyParked }
        let any = try db.first("SELECT 1 FROM parked LIMIT 1") { _ in true } ?? false
        anyParked = any
        return any
    }

    func parkedOps(dueBy stamp: HLC) throws -> [ParkedOp] {
        try db.rows("SELECT \(ParkedOp.columns) FROM parked WHERE due <= ? ORDER BY delta, idx", stamp.column) {
            try ParkedOp($0)
        }
    }

    func parkedOps(because reasons: Set<ParkedOp.Reason>) throws -> [ParkedOp] {
        let codes = reasons.map { "\($0.rawValue)" }.sorted().joined(separator: ", ")
        return try db.rows(
            "SELECT \(ParkedOp.columns) FROM parked WHERE reason IN (\(codes)) ORDER BY delta, idx"
        ) { try ParkedOp($0) }
    }

    func unpark(delta: Int64, index: Int) throws {
        try db.run("DELETE FROM parked WHERE delta = ? AND idx = ?", delta, index)
    }

    func removeParked(record: RecordID) throws { try db.run("DELETE FROM parked WHERE record = ?", record) }
}
