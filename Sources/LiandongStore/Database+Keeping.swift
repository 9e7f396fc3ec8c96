import GRDB
import LiandongCore

// What is kept beside the ledger: entries of the chain, cursors, beats, settings.

extension Database {
    func meta(_ key: String) throws -> Int64? {
        let stored = try Row.fetchOne(self, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
        return try stored.flatMap { Int64(bigEndianBytes: try $0.bytes(0)) }
    }

    func setMeta(_ key: String, _ value: Int64) throws {
        try execute(
            sql: "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)",
            arguments: [key, value.bigEndianBytes.data]
        )
    }

    func keep(_ entries: [SignedAuthorityEntry]) throws {
        for entry in entries {
            let height = try AuthorityEntryContent(decoding: entry.entry).height
            try execute(
                sql: "INSERT INTO authority(height, entry, signature) VALUES(?, ?, ?)",
                arguments: [Int64(bitPattern: height), entry.entry.data, entry.signature.data]
            )
        }
    }

    func keep(_ cursors: [LiandongCore.Cursor]) throws {
        for cursor in cursors {
            try cachedStatement(sql: "INSERT OR REPLACE INTO cursors(peer, class, epoch, lsn) VALUES(?, ?, ?, ?)")
                .execute(arguments: [
                    cursor.peer.data, cursor.deltaClass.rawValue, cursor.storeEpoch.column, cursor.lsn,
                ])
        }
    }

    func keep(_ beats: [KeptBeat], _ parts: [KeptBeatPart]) throws {
        for beat in beats {
            try cachedStatement(
                sql: "INSERT OR REPLACE INTO beats(node, incarnation, number, time, bytes) VALUES(?, ?, ?, ?, ?)"
            ).execute(arguments: [
                beat.node.data, beat.incarnation.column, Int64(bitPattern: beat.number), beat.time.milliseconds,
                beat.bytes.data,
            ])
        }
        for part in parts {
            try cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO beat_parts(node, audience, incarnation, number, time, bytes)
                    VALUES(?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                part.node.data, part.audience.data, part.incarnation.column, Int64(bitPattern: part.number),
                part.time.milliseconds, part.bytes.data,
            ])
            for (lane, seq) in part.positions.sorted(by: { $0.key < $1.key }) {
                try cachedStatement(sql: "INSERT OR IGNORE INTO positions(node, lane, seq, at) VALUES(?, ?, ?, ?)")
                    .execute(arguments: [
                        part.node.data, lane.data, Int64(bitPattern: seq), part.time.milliseconds,
                    ])
            }
        }
    }

    /// Forgets answers of a day ago and positions of a month ago that a later one stands for.
    func forgetOld(at now: Instant) throws {
        let day: Int64 = 86_400_000
        try execute(sql: "DELETE FROM idempotency WHERE at < ?", arguments: [now.milliseconds - day])
        try execute(
            sql: """
                DELETE FROM positions WHERE at < ? AND EXISTS(
                    SELECT 1 FROM positions AS later WHERE later.node = positions.node
                    AND later.lane = positions.lane AND later.seq > positions.seq)
                """,
            arguments: [now.milliseconds - 30 * day]
        )
    }
}
