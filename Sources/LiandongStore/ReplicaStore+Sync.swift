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
            var reachedEnd = true
            try db.forEachRow(
                "SELECT \(StoredDelta.columns) FROM deltas WHERE class = \(request.deltaClass.rawValue) AND number > ? ORDER BY number",
                request.after
            ) { row in
                guard byteCount < request.byteLimit, deltas.count < request.countLimit, looked < Self.scanLimit else {
                    reachedEnd = false
                    return false
                }
                looked += 1
                let lane = try row.integer(1)
                let isAdmitted = try admitted[lane] ?? admits(lane)
                admitted[lane] = isAdmitted
                scannedTo = try row.integer(0)
                if isAdmitted {
                    let delta = try CommittedDelta(row)
                    byteCount += delta.byteCount
                    deltas.append(delta)
                }
                return true
            }
            func admits(_ lane: Int64) throws -> Bool {
                guard let key = try storage.laneKey(number: lane), let audience = try storage.audience(key.audience)
                else { return false }
                return request.filter.admits(audience)
            }
            return ScanResult(
                deltas: deltas,
                scannedTo: reachedEnd ? max(scannedTo, try storage.greatestLSN()) : scannedTo,
                reachedEnd: reachedEnd
            )
        }
    }

    /// What a sync engine starts from.
    package func syncStart() async throws -> SyncStart {
        let (node, incarnation, epoch, authority) = (configuration.node, incarnation, storeEpoch, authority)
        let (now, isRestored) = (configuration.now(), isRestored)
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
            try db.forEachRow("SELECT id, definition FROM audiences") { row in
                start.audiences[try row.identifier(0)] = Audience(wireBytes: try row.bytes(1))
                return true
            }
            start.cursors = try db.rows("SELECT peer, class, epoch, lsn FROM cursors") { try Cursor($0) }
                .compactMap { $0 }
            start.beats = try db.rows("SELECT node, incarnation, number, time, bytes FROM beats") { try KeptBeat($0) }
            start.parts = try db.rows("SELECT node, audience, incarnation, number, time, bytes FROM beat_parts") {
                try KeptBeatPart($0)
            }.compactMap { $0 }
            start.preview = try Preview(db: db).progress()
            start.isRestored = isRestored
            start.paused = Set(try db.rows("SELECT node FROM paused_peers") { try $0.identifier(0) })
            start.lateral = Set(try db.rows("SELECT node FROM lateral_peers") { try $0.identifier(0) })
            start.handedOver = try db.rows("SELECT lane, node, seq FROM handed_over") { row in
                HandedOver(
                    lane: try row.identifier(0),
                    node: try row.identifier(1),
                    seq: UInt64(bitPattern: try row.integer(2))
                )
            }
            return start
        }
    }

    /// The read models in the order of their keys: equal before and after ``rebuild()``.
    package func readModelDump() async throws -> [String] {
        try await pool.read { db in
            var lines: [String] = []
            for model in StoreSchema.readModels {
                lines += try db.rows("SELECT * FROM \(model.table) ORDER BY \(model.key)") {
                    "\(model.table) \($0.description)"
                }
            }
            return lines
        }
    }

    /// What SQLite finds wrong with the file; nothing when all is well.
    package func integrityProblems() async throws -> [String] {
        try await pool.read { db in try db.rows("PRAGMA integrity_check") { try $0.text(0) }.filter { $0 != "ok" } }
    }

    /// The writing connection's journal mode and `synchronous`, read back: "wal 2" is what commits rely on.
    package func durability() async throws -> String {
        try await pool.writeWithoutTransaction { try $0.durability() }
    }
}
