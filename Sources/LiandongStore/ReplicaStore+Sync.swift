import GRDB
package import LiandongCore

extension ReplicaStore {
    /// The most deltas that one scan looks at.
    private static let scanLimit = 16_384

    /// The next stretch of a class's arrival order, of what a peer is entitled to.
    package func scan(_ request: ScanRequest) async throws -> ScanResult {
        try await pool.read { db in
            let storage = SQLiteLedgerStorage(db)
            var admitted: [Int64: Bool] = [:]
            var deltas: [CommittedDelta] = []
            var scannedTo = request.after
            var byteCount = 0
            var looked = 0
            let cursor = try Row.fetchCursor(
                db.cachedStatement(
                    sql: "SELECT \(StoredDelta.columns) FROM deltas WHERE class = ? AND lsn > ? ORDER BY lsn"
                ),
                arguments: [request.deltaClass.rawValue, request.after]
            )
            while let row = try cursor.next() {
                if byteCount >= request.byteLimit || deltas.count >= request.countLimit || looked >= Self.scanLimit {
                    return ScanResult(deltas: deltas, scannedTo: scannedTo, reachedEnd: false)
                }
                looked += 1
                let lane = try row.integer(1)
                let isAdmitted =
                    try admitted[lane]
                    ?? {
                        guard let key = try storage.laneKey(number: lane),
                            let audience = try storage.audience(key.audience)
                        else { return false }
                        return request.filter.admits(audience)
                    }()
                admitted[lane] = isAdmitted
                scannedTo = try row.integer(9)
                guard isAdmitted else { continue }
                let delta = try CommittedDelta(row)
                byteCount += delta.byteCount
                deltas.append(delta)
            }
            return ScanResult(
                deltas: deltas,
                scannedTo: max(scannedTo, try storage.greatestLSN()),
                reachedEnd: true
            )
        }
    }

    /// What a sync engine starts from.
    package func syncStart() async throws -> SyncStart {
        let (node, incarnation, epoch, authority) = (configuration.node, incarnation, storeEpoch, authority)
        let now = configuration.now()
        return try await pool.read { db in
            let storage = SQLiteLedgerStorage(db)
            var start = SyncStart(
                node: node,
                incarnation: incarnation,
                storeEpoch: epoch,
                chain: try StoreReader.authorityEntries(db),
                authority: authority,
                lanes: try storage.lanes(),
                lastLSN: try storage.greatestLSN(),
                startedAt: now
            )
            for row in try Row.fetchAll(db, sql: "SELECT id, definition FROM audiences") {
                start.audiences[try row.identifier(0)] = Audience(wireBytes: try row.bytes(1))
            }
            start.cursors = try Row.fetchAll(db, sql: "SELECT peer, class, epoch, lsn FROM cursors").compactMap { row in
                guard let deltaClass = DeltaClass(rawValue: UInt8(clamping: try row.integer(1))) else { return nil }
                return LiandongCore.Cursor(
                    peer: try row.identifier(0),
                    storeEpoch: StoreEpoch(column: try row.integer(2)),
                    deltaClass: deltaClass,
                    lsn: try row.integer(3)
                )
            }
            start.beats = try Row.fetchAll(db, sql: "SELECT node, incarnation, number, time, bytes FROM beats").map {
                KeptBeat(
                    node: try $0.identifier(0),
                    incarnation: Incarnation(column: try $0.integer(1)),
                    number: UInt64(bitPattern: try $0.integer(2)),
                    time: Instant(milliseconds: try $0.integer(3)),
                    bytes: try $0.bytes(4)
                )
            }
            start.parts = try Row.fetchAll(
                db,
                sql: "SELECT node, audience, incarnation, number, time, bytes FROM beat_parts"
            ).compactMap { row in
                KeptBeatPart(
                    node: try row.identifier(0),
                    audience: try row.identifier(1),
                    incarnation: Incarnation(column: try row.integer(2)),
                    number: UInt64(bitPattern: try row.integer(3)),
                    time: Instant(milliseconds: try row.integer(4)),
                    signed: try row.bytes(5)
                )
            }
            start.paused = Set(try Row.fetchAll(db, sql: "SELECT node FROM paused_peers").map { try $0.identifier(0) })
            return start
        }
    }

    /// The read models in the order of their keys: equal before and after ``rebuild()``.
    package func readModelDump() async throws -> [String] {
        try await pool.read { db in
            var lines: [String] = []
            for model in StoreSchema.readModels {
                for row in try Row.fetchAll(db, sql: "SELECT * FROM \(model.table) ORDER BY \(model.key)") {
                    lines.append("\(model.table) \(row.databaseValues.map { "\($0)" }.joined(separator: "|"))")
                }
            }
            return lines
        }
    }

    /// The writing connection's journal mode and `synchronous`, read back: "wal 2" is what commits rely on.
    package func durability() async throws -> String {
        try await pool.writeWithoutTransaction { db in
            let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "?"
            return "\(journal) \(try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1)"
        }
    }
}
