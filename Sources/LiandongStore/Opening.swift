import Foundation
import GRDB
import LiandongCore

/// What opening a replica finds: its ledger, and which incarnation this is.
struct Opening {
    let incarnation: Incarnation
    let storeEpoch: StoreEpoch
    let anchor: AnchorFile.Content
    let ledger: Ledger
    let note: String
    /// There was a file before, and it may have taken the place of a later one.
    let isRestored: Bool

    /// Decides by clean-stop mark, anchor and store together (design §6).
    ///
    /// Only when all agree do incarnation and epoch go on. After a stop that was not clean nothing tells the file from a
    /// backup made since it was opened: neither its lanes nor its arrivals may be numbered on from where it ends.
    init(pool: DatabasePool, anchor file: AnchorFile, configuration: StoreConfiguration) throws {
        let found = try file.read()
        let node = "\(configuration.node)"
        if let found, found.node != node {
            throw StoreError(
                .wrongNode,
                "the anchor file \(file.url.path) is of node \(found.node), this is \(node); give each node its own"
            )
        }
        func word() -> UInt64 { configuration.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
        let fresh = (incarnation: Incarnation(raw: word()), epoch: StoreEpoch(raw: word()))
        let result = try pool.writeWithoutTransaction { db in
            var result: Opening?
            try db.inTransaction(.immediate) {
                let storage = SQLiteLedgerStorage(db, index: LaneIndex(db, configuration.cryptography))
                let kept = try db.meta("incarnation").map(Incarnation.init(column:))
                let epoch = try db.meta("epoch").map(StoreEpoch.init(column:))
                let previous = try Opening.ledger(
                    storage,
                    db,
                    incarnation: kept ?? fresh.incarnation,
                    configuration: configuration
                )
                let verdict = Opening.verdict(
                    kept: kept,
                    epoch: epoch,
                    heads: Opening.heads(of: previous, kept ?? fresh.incarnation),
                    lastLSN: try storage.greatestLSN(),
                    anchor: found
                )
                let incarnation = verdict == .clean ? kept ?? fresh.incarnation : fresh.incarnation
                let storeEpoch = verdict == .clean ? epoch ?? fresh.epoch : fresh.epoch
                try db.setMeta("incarnation", incarnation.column)
                try db.setMeta("epoch", storeEpoch.column)
                // A file that was put back may hold what was erased since. Where the anchor is this file's own, so is the
                // list of erasures beside it, and nothing is missing.
                if kept != nil, verdict.isElsewhere { try db.setMeta(ErasureState.unsure, 1) }
                // Sessions that ended since would go on in a file that was put back.
                if verdict.isElsewhere { try db.run("DELETE FROM staff_sessions") }
                var ledger = try Opening.ledger(storage, db, incarnation: incarnation, configuration: configuration)
                try Opening.lookAgain(&ledger, storage, db, configuration)
                result = Opening(
                    incarnation: incarnation,
                    storeEpoch: storeEpoch,
                    anchor: AnchorFile.Content(
                        node: node,
                        incarnation: incarnation.raw,
                        storeEpoch: storeEpoch.raw,
                        isClean: false,
                        heads: verdict == .clean ? found?.heads ?? [:] : [:],
                        nextSequences: found?.nextSequences ?? [:]
                    ),
                    ledger: ledger,
                    note: verdict.note,
                    isRestored: epoch != nil && verdict != .clean
                )
                return .commit
            }
            return result
        }
        guard let result else { throw StoreError(.cannotOpen, "the replica could not be opened") }
        try file.write(result.anchor)
        self = result
    }

    private init(
        incarnation: Incarnation,
        storeEpoch: StoreEpoch,
        anchor: AnchorFile.Content,
        ledger: Ledger,
        note: String,
        isRestored: Bool
    ) {
        self.incarnation = incarnation
        self.storeEpoch = storeEpoch
        self.anchor = anchor
        self.ledger = ledger
        self.note = note
        self.isRestored = isRestored
    }

    /// What clean-stop mark, anchor and store say together.
    private enum Verdict {
        case new, anchorMissing, otherFile, older, notClean, clean

        /// Whether the file and the anchor beside it are shown not to belong together.
        var isElsewhere: Bool {
            switch self {
            case .anchorMissing, .otherFile, .older: true
            case .new, .notClean, .clean: false
            }
        }

        var note: String {
            switch self {
            case .new: "a new replica"
            case .anchorMissing: "the anchor file is missing"
            case .otherFile: "the anchor file is of another database file"
            case .older: "the database is older than its anchor file"
            case .notClean: "the last stop was not clean"
            case .clean: "the last stop was clean"
            }
        }
    }

    private static func verdict(
        kept: Incarnation?,
        epoch: StoreEpoch?,
        heads: [String: UInt64],
        lastLSN: LSN,
        anchor: AnchorFile.Content?
    ) -> Verdict {
        guard let kept, let epoch else { return .new }
        guard let anchor else { return .anchorMissing }
        guard anchor.storeEpoch == epoch.raw else { return .otherFile }
        let wentBack =
            anchor.incarnation != kept.raw || anchor.heads.contains { lane, seq in seq > heads[lane] ?? 0 }
            || anchor.lastLSN.map { $0 > lastLSN } ?? false
        if wentBack { return .older }
        return anchor.isClean && anchor.heads == heads && anchor.lastLSN == lastLSN ? .clean : .notClean
    }

    /// Merges what a build with another schema kept unread, writes the erasures that follow, and folds the read models of
    /// what that changed, and of all whose tables have another layout.
    ///
    /// In the opening's own transaction: the first that is read of the file is what this build makes of it.
    private static func lookAgain(
        _ ledger: inout Ledger,
        _ storage: SQLiteLedgerStorage,
        _ db: Database,
        _ configuration: StoreConfiguration
    ) throws {
        let version = Int64(configuration.schema.version)
        let judgedBy = try db.meta("schema")
        var outcome = LedgerOutcome()
        if judgedBy ?? 0 < Int64(configuration.schema.foldedAnewSince) {
            let held = try db.first("SELECT count(*) FROM deltas") { try $0.integer(0) } ?? 0
            if held > 0 { configuration.willFoldAnew?(held) }
            try db.emptyFolds()
            try ledger.rebuild(at: configuration.now(), in: storage, into: &outcome)
        }
        // A build that knows nothing of this mark may have opened the file in between, so what is unknown is always
        // looked at: mostly that is nothing.
        try ledger.lookAgain(
            isOtherSchema: judgedBy != version,
            at: configuration.now(),
            in: storage,
            into: &outcome
        )
        _ = try ledger.finish(
            at: configuration.now(),
            randomBytes: { configuration.random(16) },
            in: storage,
            touching: &outcome.touched
        )
        let isLayoutNew = try db.meta(StoreSchema.refold) == 1
        // What a snapshot shows has no companions of the new layout: it is fetched again.
        if isLayoutNew { _ = try Preview(db: db).end() }
        let orders: [RecordID] =
            isLayoutNew ? try db.rows("SELECT record FROM work_orders") { try $0.identifier(0) } : []
        let records = outcome.touched.union(orders).sorted()
        _ = try ReadModels(db: db, storage: storage, authority: ledger.authority).refresh(records)
        if isLayoutNew { try db.setMeta(StoreSchema.refold, 0) }
        try storage.flush()
        if judgedBy != version { try db.setMeta("schema", version) }
    }

    /// The heads of the incarnation's own lanes, by lane id.
    static func heads(of ledger: Ledger, _ incarnation: Incarnation) -> [String: UInt64] {
        var heads: [String: UInt64] = [:]
        for lane in ledger.lanes.values where lane.key.origin == ledger.node && lane.key.incarnation == incarnation {
            if lane.highest > 0 { heads["\(lane.id)"] = lane.highest }
        }
        return heads
    }

    /// The ledger as the file has it: the chain is folded from its entries.
    static func ledger(
        _ storage: SQLiteLedgerStorage,
        _ db: Database,
        incarnation: Incarnation,
        configuration: StoreConfiguration
    ) throws -> Ledger {
        var authority = AuthorityState()
        for entry in try StoreReader.authorityEntries(db) { try authority.apply(entry, configuration.cryptography) }
        return try Ledger(
            node: configuration.node,
            incarnation: incarnation,
            schema: configuration.schema,
            authority: authority,
            cryptography: configuration.cryptography,
            signer: configuration.signer,
            storage: storage
        )
    }
}

/// Keeps a second process from opening the same file: SQLite 3.40 can corrupt its WAL otherwise.
final class FileLock: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(.cannotOpen, "cannot open \(path): errno \(errno)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(.inUse, "\(path) is locked: another process serves this data directory")
        }
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
