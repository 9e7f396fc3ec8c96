import GRDB
package import LiandongCore

extension ReplicaStore {
    /// The most records that one page looks at.
    private static let pageLimit = 20_000

    /// The next page of a snapshot for a peer: records in the order of their ids, with the entries it is entitled to.
    ///
    /// - Complexity: O(*n*) in the entries of the records looked at.
    package func readSnapshot(_ query: SnapshotQuery) async throws -> SnapshotPage {
        let fields = configuration.schema.fields
        return try await pool.read { db in
            let storage = SQLiteLedgerStorage(db)
            let cells = CellTable(db: db)
            var admitted: [AudienceID: Bool] = [:]
            var lanes: [Int64: LaneKey] = [:]
            var records: [SnapshotRecord] = []
            var last: RecordID?
            var byteCount = 0
            var looked = 0
            var reachedEnd = true
            try db.forEachRow(
                "SELECT record, number, home FROM records WHERE record > ? ORDER BY record",
                query.after?.bytes ?? []
            ) { row in
                let record: RecordID = try row.identifier(0)
                let home: AudienceID = try row.identifier(2)
                guard looked < ReplicaStore.pageLimit else {
                    reachedEnd = false
                    return false
                }
                if try admits(home), let definition = try storage.audience(home),
                    let view = try view(record, number: row.integer(1), home: definition)
                {
                    let found = SnapshotRecord(view)
                    guard records.isEmpty || byteCount + found.entries.count <= query.byteLimit else {
                        reachedEnd = false
                        return false
                    }
                    byteCount += found.entries.count + 32
                    records.append(found)
                }
                looked += 1
                last = record
                return true
            }

            func admits(_ audience: AudienceID) throws -> Bool {
                if let known = admitted[audience] { return known }
                let answer = try storage.audience(audience).map(query.filter.admits) ?? false
                admitted[audience] = answer
                return answer
            }

            func lane(_ number: Int64) throws -> LaneKey? {
                if let known = lanes[number] { return known }
                let key = try storage.laneKey(number: number)
                lanes[number] = key
                return key
            }

            /// Nil when nothing of it arrived since, or is for the peer.
            func view(_ record: RecordID, number: Int64, home: Audience) throws -> RecordView? {
                var entries: [EntryView] = []
                var isNew = query.since <= 0
                try cells.forEach(of: record, number: number) { entry, _ in
                    if entry.delta > query.since { isNew = true }
                    // What is known from elsewhere may be what the peer has let go of. Of large values the cells say only
                    // that they are here; there they are not.
                    guard !entry.isRemove, !entry.field.isCarried, !entry.field.isLeft, entry.delta > 0,
                        fields[entry.field]?.isLarge != true,
                        let key = try lane(entry.lane),
                        try admits(key.audience), let id = try storage.deltaID(number: entry.delta)
                    else { return }
                    entries.append(EntryView(entry, dot: Dot(delta: id, index: entry.index), author: key.origin))
                }
                return isNew && !entries.isEmpty ? RecordView(record: record, home: home, entries: entries) : nil
            }

            return SnapshotPage(records: records, last: last, reachedEnd: reachedEnd)
        }
    }

    /// Keeps a page of a peer's snapshot; its records are shown from then on, marked as being verified.
    package func keepPreview(_ batch: PreviewBatch) async throws {
        try await work { transaction in
            try Preview(db: transaction.db).keep(
                batch,
                storage: transaction.storage,
                authority: transaction.ledger.authority
            )
        }
    }

    /// Drops what is left of a snapshot.
    ///
    /// - Returns: how many of its records nothing is held of.
    package func endPreview() async throws -> Int {
        try await work { transaction in
            try transaction.storage.flush()
            return try Preview(db: transaction.db).end()
        }
    }
}
