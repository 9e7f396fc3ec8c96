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

    /// The held deltas of a lane at seqs, ascending; at most so many, and so many bytes but for the first.
    package func deltas(lane: Int64, seqs: SeqSet, countLimit: Int, byteLimit: Int) async throws -> [CommittedDelta] {
        try await pool.read { db in
            var found: [CommittedDelta] = []
            var byteCount = 0
            for range in seqs.ranges where found.count < countLimit && byteCount < byteLimit {
                try db.forEachRow(
                    "SELECT \(StoredDelta.columns) FROM deltas WHERE lane = ? AND seq BETWEEN ? AND ? ORDER BY seq, id",
                    lane,
                    Int64(bitPattern: range.lowerBound),
                    Int64(bitPattern: range.upperBound)
                ) { row in
                    let delta = try CommittedDelta(row)
                    found.append(delta)
                    byteCount += delta.byteCount
                    return found.count < countLimit && byteCount < byteLimit
                }
            }
            return found
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
