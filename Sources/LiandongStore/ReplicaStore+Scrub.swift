import GRDB
package import LiandongCore

// Whether what is held still is what its authors signed.

extension ReplicaStore {
    /// Rows checked between two looks at the disk: each read is short.
    private static let stretch = 256

    /// Checks a part of what is held, from a place drawn at random on; what is rotten is set aside.
    @concurrent
    package func scrub(_ request: ScrubRequest) async throws -> ScrubOutcome {
        let last = try await pool.read { try SQLiteLedgerStorage($0).greatestLSN() }
        guard last > 0 else { return ScrubOutcome() }
        let drawn = configuration.random(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let start = Int64(clamping: drawn % UInt64(last))
        let behind = try await check(after: start, upTo: last, request)
        let left = ScrubRequest(
            countLimit: request.countLimit - behind.checked,
            byteLimit: request.byteLimit - behind.byteCount
        )
        // Once around: what lies before the place has its turn when the end is reached.
        let before = try await check(after: 0, upTo: start, left)
        return ScrubOutcome(
            checkedCount: behind.checked + before.checked,
            rot: try await setAside(behind.suspects + before.suspects)
        )
    }

    /// Checks everything that is held; what is rotten is set aside.
    @concurrent
    package func scrubAll() async throws -> ScrubOutcome {
        let found = try await check(after: 0, upTo: .max, ScrubRequest(countLimit: .max, byteLimit: .max))
        return ScrubOutcome(checkedCount: found.checked, rot: try await setAside(found.suspects))
    }

    /// How many deltas are set aside, waiting for a peer.
    package func setAsideCount() async throws -> Int {
        try await pool.read { db in
            try db.first("SELECT count(*) FROM set_aside") { Int(clamping: try $0.integer(0)) } ?? 0
        }
    }

    private struct Checked {
        var checked = 0
        var byteCount = 0
        var suspects: [Int64] = []
    }

    @concurrent
    private func check(after start: Int64, upTo end: Int64, _ request: ScrubRequest) async throws -> Checked {
        var result = Checked()
        var after = start
        while after < end, result.checked < request.countLimit, result.byteCount < request.byteLimit {
            let limit = min(ReplicaStore.stretch, request.countLimit - result.checked)
            let from = after
            let rows = try await pool.read { db in try HeldRow.read(after: from, limit: limit, db) }
            guard !rows.isEmpty else { break }
            for row in rows where row.number <= end {
                result.checked += 1
                result.byteCount += row.byteCount
                if !row.isIntact(configuration.cryptography) { result.suspects.append(row.number) }
            }
            after = rows.last?.number ?? end
        }
        return result
    }

    /// Moves deltas out of the way, of which the bytes still are wrong when it is their turn.
    private func setAside(_ numbers: [Int64]) async throws -> [ScrubOutcome.Rot] {
        guard !numbers.isEmpty else { return [] }
        return try await work { [configuration] transaction in
            var rot: [ScrubOutcome.Rot] = []
            for number in numbers {
                guard let row = try HeldRow.read(after: number - 1, limit: 1, transaction.db).first,
                    row.number == number, let key = row.key, !row.isIntact(configuration.cryptography)
                else { continue }
                try transaction.db.run(
                    """
                    INSERT INTO set_aside(number, lane, seq, id, source, received_at)
                    SELECT number, lane, seq, id, source, received_at FROM deltas WHERE number = ?
                    """,
                    number
                )
                try transaction.db.run("DELETE FROM deltas WHERE number = ?", number)
                rot.append(.init(lane: key, seq: row.seq, id: row.id))
            }
            return rot
        }
    }
}

/// A delta's row as it lies on the disk, whatever has become of it.
private struct HeldRow: Sendable {
    let number: Int64
    let key: LaneKey?
    let seq: UInt64
    let id: DeltaID
    let header: [UInt8]
    let signature: [UInt8]
    let body: [UInt8]

    var byteCount: Int { header.count + signature.count + body.count }

    static func read(after number: Int64, limit: Int, _ db: Database) throws -> [HeldRow] {
        let storage = SQLiteLedgerStorage(db)
        return try db.rows(
            "SELECT number, lane, seq, id, header, signature, body FROM deltas WHERE number > ? ORDER BY number LIMIT ?",
            number,
            limit
        ) { row in
            HeldRow(
                number: try row.integer(0),
                key: try storage.laneKey(number: try row.integer(1)),
                seq: UInt64(bitPattern: try row.integer(2)),
                id: try row.identifier(3),
                header: try row.bytes(4),
                signature: try row.bytes(5),
                body: try row.bytes(6)
            )
        }
    }

    /// Whether ops, header, id and signature belong together, and to this lane and seq.
    func isIntact(_ cryptography: Cryptography) -> Bool {
        guard let ops = try? SaltedOp.decode(body: body),
            let delta = try? Delta(headerBytes: header, signature: signature, ops: ops, cryptography),
            delta.id == id, delta.header.seq == seq, delta.lane == key
        else { return false }
        let check = delta.signatureCheck
        return cryptography.verify(check.signature, check.message, check.key)
    }
}
