import GRDB
import LiandongCore

// What is kept beside the ledger: entries of the chain, cursors, beats, settings.

extension Database {
    /// Journal mode and `synchronous`, as they are in force: "wal 2" is what commits rely on.
    func durability() throws -> String {
        let journal = try first("PRAGMA journal_mode") { try $0.text(0) } ?? "?"
        return "\(journal) \(try first("PRAGMA synchronous") { try $0.integer(0) } ?? -1)"
    }

    func meta(_ key: String) throws -> Int64? {
        try first("SELECT value FROM meta WHERE key = ?", key) { Int64(bigEndianBytes: try $0.bytes(0)) } ?? nil
    }

    func setMeta(_ key: String, _ value: Int64) throws {
        try run("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", key, value.bigEndianBytes)
    }

    func keep(_ entries: [SignedAuthorityEntry]) throws {
        for entry in entries {
            try run(
                "INSERT INTO authority(height, entry, signature) VALUES(?, ?, ?)",
                Int64(bitPattern: try AuthorityEntryContent(decoding: entry.entry).height),
                entry.entry,
                entry.signature
            )
        }
    }

    func keep(_ cursors: [LiandongCore.Cursor]) throws {
        for cursor in cursors {
            try run(
                "INSERT OR REPLACE INTO cursors(peer, class, epoch, lsn) VALUES(?, ?, ?, ?)",
                cursor.peer,
                cursor.deltaClass.rawValue,
                cursor.storeEpoch.column,
                cursor.lsn
            )
        }
    }

    func keep(_ handedOver: [HandedOver]) throws {
        for item in handedOver {
            try run(
                "INSERT OR REPLACE INTO handed_over(lane, node, seq) VALUES(?, ?, ?)",
                item.lane,
                item.node,
                Int64(bitPattern: item.seq)
            )
        }
    }

    func keep(_ beats: [KeptBeat], _ parts: [KeptBeatPart]) throws {
        for beat in beats {
            try run(
                "INSERT OR REPLACE INTO beats(node, incarnation, number, time, bytes) VALUES(?, ?, ?, ?, ?)",
                beat.node,
                beat.incarnation.column,
                Int64(bitPattern: beat.number),
                beat.time.milliseconds,
                beat.bytes
            )
        }
        for part in parts {
            try run(
                """
                INSERT OR REPLACE INTO beat_parts(node, audience, incarnation, number, time, bytes)
                VALUES(?, ?, ?, ?, ?, ?)
                """,
                part.node,
                part.audience,
                part.incarnation.column,
                Int64(bitPattern: part.number),
                part.time.milliseconds,
                part.bytes
            )
            for (lane, seq) in part.positions.sorted(by: { $0.key < $1.key }) {
                try run(
                    "INSERT OR IGNORE INTO positions(node, lane, seq, at) VALUES(?, ?, ?, ?)",
                    part.node,
                    lane,
                    Int64(bitPattern: seq),
                    part.time.milliseconds
                )
            }
        }
    }

    /// Forgets answers of a day ago and positions of a month ago that a later one stands for.
    func forgetOld(at now: Instant) throws {
        let day: Int64 = 86_400_000
        try run("DELETE FROM idempotency WHERE at < ?", now.milliseconds - day)
        try run(
            """
            DELETE FROM positions WHERE at < ? AND EXISTS(
                SELECT 1 FROM positions AS later WHERE later.node = positions.node
                AND later.lane = positions.lane AND later.seq > positions.seq)
            """,
            now.milliseconds - 30 * day
        )
    }
}
