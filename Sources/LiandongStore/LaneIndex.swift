import GRDB
import LiandongCore

/// Keeps the digests of lanes beside their deltas, in the same transaction: what a reconciliation compares.
///
/// A delta at the end of its lane costs one hash, and a row every 64; what comes into the middle is folded anew when the
/// transaction ends, from at most 64 rows a level. Triggers note whatever changes or removes deltas that are held.
final class LaneIndex: LaneNodeStorage {
    private let db: Database
    private let cryptography: Cryptography
    private var digests: [Int64: LaneDigest] = [:]
    /// By lane, the nodes of level 0 that changed other than at the end.
    private var changed: [Int64: Set<UInt64>] = [:]

    init(_ db: Database, _ cryptography: Cryptography) {
        self.db = db
        self.cryptography = cryptography
    }

    /// A delta was written.
    func insert(_ delta: Delta, lane: Int64) throws {
        try insert(LaneElement(delta, cryptography), lane: lane)
    }

    private func insert(_ element: LaneElement, lane: Int64) throws {
        var digest = try digest(of: lane)
        if let last = digest.last, element <= last {
            changed[lane, default: []].insert(element.seq >> UInt64(LaneDigest.fanoutBits))
        } else {
            try digest.append(element, cryptography) { node, hash in try save(node: node, lane: lane, digest: hash) }
        }
        digests[lane] = digest
    }

    /// Folds what changed and writes it; to be called before the commit.
    func flush() throws {
        let noted = try db.rows("SELECT lane, block FROM lane_changes") { row in
            (lane: try row.integer(0), block: UInt64(bitPattern: try row.integer(1)))
        }
        for note in noted { changed[note.lane, default: []].insert(note.block) }
        if !noted.isEmpty { try db.run("DELETE FROM lane_changes") }
        for (lane, blocks) in changed.sorted(by: { $0.key < $1.key }) {
            var digest = try digest(of: lane)
            if let last = digest.last, try !holds(last.seq, lane: lane) {
                // The end itself is gone: there is no edge to go on from.
                try rebuild(lane)
            } else {
                try digest.refold(blocks, lane: lane, in: self, cryptography)
                digests[lane] = digest
            }
        }
        changed = [:]
        for (lane, digest) in digests.sorted(by: { $0.key < $1.key }) {
            try db.run(
                "INSERT OR REPLACE INTO lane_digests(lane, seq, element, chains, root) VALUES(?, ?, ?, ?, ?)",
                lane,
                Int64(bitPattern: digest.last?.seq ?? 0),
                digest.last?.digest,
                digest.chains.flatMap(\.bytes),
                digest.root(cryptography)
            )
        }
        digests = [:]
    }

    /// Folds every lane anew from its deltas.
    func rebuild() throws {
        try db.run("DELETE FROM lane_nodes")
        try db.run("DELETE FROM lane_digests")
        digests = [:]
        changed = [:]
        for lane in try db.rows("SELECT number FROM lanes ORDER BY number", read: { try $0.integer(0) }) {
            try rebuild(lane)
            // A lane at a time, so that memory does not grow with the lanes.
            try flush()
        }
    }

    private func rebuild(_ lane: Int64) throws {
        try db.run("DELETE FROM lane_nodes WHERE lane = ?", lane)
        try db.run("DELETE FROM lane_digests WHERE lane = ?", lane)
        digests[lane] = LaneDigest()
        var after: UInt64 = 0
        while let next = try firstSeq(after: after, lane: lane) {
            let block = LaneNodeName(level: 0, index: next >> UInt64(LaneDigest.fanoutBits))
            for element in try elements(lane: lane, seqs: block.children) { try insert(element, lane: lane) }
            after = block.children.upperBound
        }
    }

    private func firstSeq(after seq: UInt64, lane: Int64) throws -> UInt64? {
        let first = try db.first(
            "SELECT min(seq) FROM deltas WHERE lane = ? AND seq > ?",
            lane,
            Int64(bitPattern: seq)
        ) { try $0.optionalInteger(0) }
        return (first ?? nil).map(UInt64.init(bitPattern:))
    }

    private func holds(_ seq: UInt64, lane: Int64) throws -> Bool {
        try db.first("SELECT 1 FROM deltas WHERE lane = ? AND seq = ?", lane, Int64(bitPattern: seq)) { _ in true }
            ?? false
    }

    // MARK: Reading

    func digest(of lane: Int64) throws -> LaneDigest {
        if let known = digests[lane] { return known }
        return try db.first("SELECT seq, element, chains FROM lane_digests WHERE lane = ?", lane) { row in
            let seq = UInt64(bitPattern: try row.integer(0))
            let element: Hash? = try row.optionalIdentifier(1)
            let bytes = try row.bytes(2)
            var chains: [Hash] = []
            for start in stride(from: 0, to: bytes.count, by: 32) {
                guard start + 32 <= bytes.count, let chain = Hash(bytes[start..<start + 32]) else {
                    throw StoreError(.corrupt, "a stored digest of \(bytes.count) bytes")
                }
                chains.append(chain)
            }
            return LaneDigest(last: element.map { LaneElement(seq: seq, digest: $0) }, chains: chains)
        } ?? LaneDigest()
    }

    func elements(lane: Int64, seqs: ClosedRange<UInt64>) throws -> [LaneElement] {
        try db.rows(
            "SELECT seq, id, body FROM deltas WHERE lane = ? AND seq BETWEEN ? AND ?",
            lane,
            Int64(bitPattern: seqs.lowerBound),
            Int64(bitPattern: seqs.upperBound)
        ) { row in
            LaneElement(
                seq: UInt64(bitPattern: try row.integer(0)),
                id: try row.identifier(1),
                ops: try SaltedOp.decode(body: row.bytes(2)),
                cryptography
            )
        }.sorted()
    }

    func nodes(lane: Int64, level: Int, indices: ClosedRange<UInt64>) throws -> [(index: UInt64, digest: Hash)] {
        try db.rows(
            "SELECT idx, digest FROM lane_nodes WHERE lane = ? AND level = ? AND idx BETWEEN ? AND ? ORDER BY idx",
            lane,
            level,
            Int64(bitPattern: indices.lowerBound),
            Int64(bitPattern: indices.upperBound)
        ) { (UInt64(bitPattern: try $0.integer(0)), try $0.identifier(1)) }
    }

    func save(node: LaneNodeName, lane: Int64, digest: Hash?) throws {
        guard let digest else {
            return try db.run(
                "DELETE FROM lane_nodes WHERE lane = ? AND level = ? AND idx = ?",
                lane,
                node.level,
                Int64(bitPattern: node.index)
            )
        }
        try db.run(
            "INSERT OR REPLACE INTO lane_nodes(lane, level, idx, digest) VALUES(?, ?, ?, ?)",
            lane,
            node.level,
            Int64(bitPattern: node.index),
            digest
        )
    }

    /// The lanes whose audiences a filter admits, ascending by number.
    ///
    /// - Complexity: O(lanes); no delta is read.
    func summaries(_ storage: SQLiteLedgerStorage, admitting filter: EntitlementFilter) throws -> [LaneSummary] {
        var admitted: [AudienceID: Bool] = [:]
        var summaries: [LaneSummary] = []
        try db.forEachRow(
            """
            SELECT origin, incarnation, audience, class, id, number, contiguous, beyond, root, length(chains) / 32
            FROM lanes JOIN lane_digests ON lane = number ORDER BY number
            """
        ) { row in
            let key = try LaneKey(row, from: 0)
            let isAdmitted =
                try admitted[key.audience] ?? storage.audience(key.audience).map(filter.admits) ?? false
            admitted[key.audience] = isAdmitted
            guard isAdmitted else { return true }
            let held = SeqSet(
                contiguous: UInt64(bitPattern: try row.integer(6)),
                beyond: try row.ranges(7)
            )
            let digestTop = LaneNodeName(level: max(1, Int(clamping: try row.integer(9))) - 1, index: 0)
            summaries.append(
                LaneSummary(
                    key: key,
                    id: try row.identifier(4),
                    number: try row.integer(5),
                    held: held,
                    digest: try row.identifier(8),
                    // What was set aside at the end of a lane is in no digest: the peer's may reach further.
                    top: max(digestTop, .top(of: held.highest))
                )
            )
            return true
        }
        return summaries
    }
}
