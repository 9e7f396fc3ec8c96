import GRDB
package import LiandongCore

// What a reconciliation reads of a replica.

extension ReplicaStore {
    /// The lanes of the audiences that a filter admits.
    package func laneSummaries(_ filter: EntitlementFilter) async throws -> [LaneSummary] {
        try await pool.read { [configuration] db in
            try LaneIndex(db, configuration.cryptography).summaries(SQLiteLedgerStorage(db), admitting: filter)
        }
    }

    /// The same in the order of a pass: with the salt given, or one that nobody could know before.
    @concurrent
    package func lanes(_ read: LaneRead) async throws -> SaltedLanes {
        SaltedLanes(
            try await laneSummaries(read.filter),
            salt: read.salt ?? configuration.random(16),
            configuration.cryptography
        )
    }

    /// The children of nodes of lanes' digest trees, in the order asked for.
    package func laneNodes(_ reads: [Reconciler.NodeRead]) async throws -> [[LaneNodeChild]] {
        try await pool.read { [configuration] db in
            let index = LaneIndex(db, configuration.cryptography)
            return try reads.map { read in
                try index.digest(of: read.lane)
                    .children(of: read.node, lane: read.lane, in: index, configuration.cryptography)
            }
        }
    }

    /// The held deltas of a lane at seqs, by seq and id.
    package func deltas(_ read: DeltaRead) async throws -> DeltaReadResult {
        try await pool.read { db in
            var found: [CommittedDelta] = []
            var byteCount = 0
            var isFull = false
            guard let lane = try SQLiteLedgerStorage(db).knownLaneNumber(read.lane),
                let first = read.seqs.ranges.first?.lowerBound
            else { return DeltaReadResult(deltas: [], reachedEnd: true) }
            for range in read.seqs.ranges where !isFull {
                try db.forEachRow(
                    """
                    SELECT \(StoredDelta.columns) FROM deltas WHERE lane = ? AND seq BETWEEN ? AND ?
                        AND (seq, id) > (?, ?) AND number <= ? ORDER BY seq, id
                    """,
                    lane,
                    Int64(bitPattern: range.lowerBound),
                    Int64(bitPattern: range.upperBound),
                    Int64(bitPattern: first),
                    read.after?.bytes ?? [0],
                    read.upTo
                ) { row in
                    let delta = try CommittedDelta(row)
                    isFull = !found.isEmpty && (found.count >= read.countLimit || byteCount >= read.byteLimit)
                    guard !isFull else { return false }
                    found.append(delta)
                    byteCount += delta.byteCount
                    return true
                }
            }
            return DeltaReadResult(deltas: found, reachedEnd: !isFull)
        }
    }

    /// The lane index row by row: equal before and after ``rebuild()``.
    package func laneIndexDump() async throws -> [String] {
        try await pool.read { db in
            try db.rows("SELECT * FROM lane_digests ORDER BY lane") { "lane_digests \($0.description)" }
                + db.rows("SELECT * FROM lane_nodes ORDER BY lane, level, idx") { "lane_nodes \($0.description)" }
        }
    }
}
