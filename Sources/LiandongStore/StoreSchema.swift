import GRDB

/// The tables of a replica's file.
enum StoreSchema {
    /// The first version that is kept readable; what came later is in ``steps``.
    private static let firstVersion: Int64 = 2
    /// Written into the file; a file of a later version is refused.
    static let version = firstVersion + Int64(steps.count)

    /// What each later version adds to the one before, in their order: appended to, never changed.
    private static let steps: [String] = [
        preview, neighbours, forks, erasures, setAside, acceptanceQuotas, excerpted, byRecord, dismissals,
        LocalSchema.staff, deviceTables, deskTables, brokerSecrets, packs, byUpdate, bulkQuota, loneDeltas, notices,
        quarantined, figureIndexes, placesByRequest, listIndexes,
    ]

    /// Creates what is missing in a file, or brings one of an earlier version up to this one, all or nothing.
    ///
    /// - Throws: ``StoreError`` for a file of a later build, or of one before the first release.
    static func prepare(_ db: Database, file: String) throws {
        let found = try db.first("PRAGMA user_version") { try $0.integer(0) } ?? 0
        guard found <= version else {
            throw StoreError(
                .schemaTooNew,
                "cannot open \(file): it was written by schema \(found), this build knows up to \(version); "
                    + "upgrade liandong"
            )
        }
        guard found < version else { return }
        guard found == 0 || found >= firstVersion else {
            throw StoreError(
                .schemaTooOld,
                "cannot open \(file): it was written by schema \(found), before the first release; make the node anew"
            )
        }
        try db.inTransaction(.immediate) {
            if found == 0 { try db.execute(sql: replicated + derived + laneIndex) }
            for step in steps.dropFirst(Int(max(0, found - firstVersion))) { try db.execute(sql: step) }
            try db.execute(sql: "PRAGMA user_version = \(version);")
            return .commit
        }
    }

    /// What came from deltas, entries and peers.
    private static let replicated = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE authority(
            height INTEGER PRIMARY KEY, entry BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
        CREATE TABLE audiences(id BLOB PRIMARY KEY, definition BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE lanes(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL, origin BLOB NOT NULL, incarnation INTEGER NOT NULL,
            audience BLOB NOT NULL, class INTEGER NOT NULL, contiguous INTEGER NOT NULL DEFAULT 0,
            beyond BLOB NOT NULL DEFAULT x'', head BLOB, head_stamp INTEGER, head_district INTEGER,
            head_issuer INTEGER, UNIQUE(origin, incarnation, audience, class)) STRICT;
        CREATE TABLE deltas(
            number INTEGER PRIMARY KEY, class INTEGER NOT NULL, lane INTEGER NOT NULL, seq INTEGER NOT NULL,
            id BLOB NOT NULL, header BLOB NOT NULL, signature BLOB NOT NULL, body BLOB NOT NULL, source BLOB,
            received_at INTEGER NOT NULL, quarantined INTEGER NOT NULL) STRICT;
        CREATE INDEX deltas_by_lane ON deltas(lane, seq);
        CREATE INDEX bulk_deltas ON deltas(number) WHERE class = 2;
        CREATE TABLE cursors(
            peer BLOB NOT NULL, class INTEGER NOT NULL, epoch INTEGER NOT NULL, lsn INTEGER NOT NULL,
            PRIMARY KEY(peer, class)) STRICT, WITHOUT ROWID;
        CREATE TABLE beats(
            node BLOB PRIMARY KEY, incarnation INTEGER NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL,
            bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE beat_parts(
            node BLOB NOT NULL, audience BLOB NOT NULL, incarnation INTEGER NOT NULL, number INTEGER NOT NULL,
            time INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(node, audience)) STRICT, WITHOUT ROWID;
        CREATE TABLE positions(
            node BLOB NOT NULL, lane BLOB NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY(node, lane, seq)) STRICT, WITHOUT ROWID;
        CREATE TABLE idempotency(
            key TEXT PRIMARY KEY, digest BLOB NOT NULL, answer BLOB NOT NULL, at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_by_age ON idempotency(at);
        CREATE TABLE paused_peers(node BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

        """

    /// The digests of lanes, and which of their nodes were changed by other means than a new delta.
    private static let laneIndex = """
        CREATE TABLE lane_digests(
            lane INTEGER PRIMARY KEY, seq INTEGER NOT NULL, element BLOB, chains BLOB NOT NULL,
            root BLOB NOT NULL) STRICT;
        CREATE TABLE lane_nodes(
            lane INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, digest BLOB NOT NULL,
            PRIMARY KEY(lane, level, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE lane_changes(
            lane INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY(lane, block)) STRICT, WITHOUT ROWID;
        CREATE TRIGGER deltas_body_changed AFTER UPDATE OF body ON deltas BEGIN
            INSERT OR IGNORE INTO lane_changes(lane, block) VALUES(old.lane, old.seq >> 6); END;
        CREATE TRIGGER deltas_removed AFTER DELETE ON deltas BEGIN
            INSERT OR IGNORE INTO lane_changes(lane, block) VALUES(old.lane, old.seq >> 6); END;

        """

    /// Records of a peer's snapshot, and how far it was taken over.
    private static let preview = """
        CREATE TABLE preview_records(
            record BLOB PRIMARY KEY, home BLOB NOT NULL, stamp INTEGER NOT NULL, entries INTEGER NOT NULL,
            body BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE preview_progress(
            source BLOB NOT NULL, epoch INTEGER NOT NULL, since INTEGER NOT NULL, last BLOB,
            is_whole INTEGER NOT NULL, started_at INTEGER NOT NULL) STRICT;

        """

    /// Neighbours that the operator named; what nodes above acknowledged of lanes that were handed over.
    private static let neighbours = """
        CREATE TABLE lateral_peers(node BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE handed_over(
            lane BLOB NOT NULL, node BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(lane, node))
            STRICT, WITHOUT ROWID;

        """

    /// What proves forks, those found before among it, and what peers said that must not be.
    private static let forks = """
        CREATE TABLE forks(
            origin BLOB NOT NULL, incarnation INTEGER NOT NULL, audience BLOB NOT NULL, class INTEGER NOT NULL,
            seq INTEGER NOT NULL, id BLOB NOT NULL, header BLOB NOT NULL, signature BLOB NOT NULL, source BLOB,
            received_at INTEGER NOT NULL, found_at INTEGER NOT NULL,
            PRIMARY KEY(origin, incarnation, audience, class, seq, id)) STRICT, WITHOUT ROWID;
        INSERT INTO forks SELECT l.origin, l.incarnation, l.audience, l.class, d.seq, d.id, d.header, d.signature,
            d.source, d.received_at, d.received_at FROM deltas d JOIN lanes l ON l.number = d.lane
            WHERE EXISTS(SELECT 1 FROM deltas o WHERE o.lane = d.lane AND o.seq = d.seq AND o.id <> d.id);
        CREATE TABLE alarms(
            kind INTEGER NOT NULL, subject BLOB NOT NULL, peer BLOB NOT NULL, ours INTEGER NOT NULL,
            theirs INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(kind, subject)) STRICT, WITHOUT ROWID;

        """

    /// What was erased; delta 0 where the op itself has not come.
    private static let erasures = """
        CREATE TABLE erasures(
            record BLOB NOT NULL, audience BLOB NOT NULL, delta INTEGER NOT NULL, idx INTEGER NOT NULL,
            lane INTEGER NOT NULL, seq INTEGER NOT NULL, stamp INTEGER NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY(record, audience, delta, idx)) STRICT, WITHOUT ROWID;

        """

    /// What stays of deltas whose bytes rotted, until a peer sends them again; and what was merged of them.
    private static let setAside = """
        CREATE TABLE set_aside(
            number INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, source BLOB,
            received_at INTEGER NOT NULL, is_merged INTEGER NOT NULL DEFAULT 1) STRICT;
        CREATE INDEX set_aside_by_lane ON set_aside(lane, seq);

        """

    /// What waits since its origin wrote more for others than its quota allows, and what was counted and decided of it.
    private static let acceptanceQuotas = """
        CREATE TABLE quota_uses(
            origin BLOB NOT NULL, day INTEGER NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL,
            PRIMARY KEY(origin, day)) STRICT, WITHOUT ROWID;
        CREATE TABLE quota_states(
            origin BLOB PRIMARY KEY, muted INTEGER NOT NULL, let_in_day INTEGER, turned_away INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TABLE quota_lanes(
            origin BLOB NOT NULL, audience BLOB NOT NULL, deltas INTEGER NOT NULL, records INTEGER NOT NULL,
            bytes INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(origin, audience)) STRICT, WITHOUT ROWID;
        CREATE TABLE quota_deltas(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, origin BLOB NOT NULL, header BLOB NOT NULL,
            signature BLOB NOT NULL, body BLOB NOT NULL, source BLOB NOT NULL, received_at INTEGER NOT NULL) STRICT;
        CREATE INDEX quota_deltas_by_origin ON quota_deltas(origin, number);

        """

    /// What of an origin's use for others is of the bulk class, which has a quota of its own.
    private static let bulkQuota = """
        ALTER TABLE quota_uses ADD COLUMN bulk_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE quota_lanes ADD COLUMN bulk_bytes INTEGER NOT NULL DEFAULT 0;

        """

    /// Large deltas of a single op, by the record that it is of: a search for a record's deltas need not read them.
    private static let loneDeltas = """
        CREATE TABLE lone_deltas(delta INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
        CREATE INDEX lone_deltas_by_record ON lone_deltas(record);
        CREATE TRIGGER lone_deltas_removed AFTER DELETE ON deltas BEGIN
            DELETE FROM lone_deltas WHERE delta = old.number; END;

        """

    /// Local names, below zero, of deltas of which only excerpts came.
    ///
    /// Kept for ever, as lanes' numbers are.
    private static let excerpted = """
        CREATE TABLE excerpted(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, origin BLOB NOT NULL, incarnation INTEGER NOT NULL,
            audience BLOB NOT NULL, class INTEGER NOT NULL) STRICT;

        """

    /// By which the rows of a record that changed are found.
    private static let byRecord = """
        CREATE INDEX registration_tags_by_record ON registration_tags(record);
        CREATE INDEX work_order_offers_by_record ON work_order_offers(record);

        """

    /// Forks and alarms that an operator has looked at, and until when they had been raised.
    private static let dismissals = """
        CREATE TABLE dismissals(subject TEXT PRIMARY KEY, operator TEXT NOT NULL, at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;

        """

    /// Entries of records, many a row (``CellTable``).
    private static let packs = """
        CREATE TABLE packs(number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

        """

    /// By which what came last is found.
    private static let byUpdate = "CREATE INDEX work_orders_by_update ON work_orders(updated_at);"

    /// By which what is kept as evidence is found.
    private static let quarantined = "CREATE INDEX deltas_quarantined ON deltas(lane) WHERE quarantined <> 0;"

    /// What is folded from deltas and can be folded anew.
    private static let derived = """
        CREATE TABLE records(
            number INTEGER PRIMARY KEY, record BLOB NOT NULL UNIQUE, home BLOB NOT NULL) STRICT;
        CREATE TABLE entries(
            record INTEGER NOT NULL, field INTEGER NOT NULL, element BLOB NOT NULL, delta INTEGER NOT NULL,
            idx INTEGER NOT NULL, stamp INTEGER NOT NULL, lane INTEGER NOT NULL, seq INTEGER NOT NULL,
            removes INTEGER NOT NULL, value BLOB NOT NULL, context BLOB NOT NULL,
            PRIMARY KEY(record, field, element, delta, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE parked(
            delta INTEGER NOT NULL, idx INTEGER NOT NULL, record BLOB NOT NULL, reason INTEGER NOT NULL,
            due INTEGER, PRIMARY KEY(delta, idx)) STRICT, WITHOUT ROWID;
        CREATE INDEX parked_by_record ON parked(record);
        CREATE INDEX parked_by_due ON parked(due) WHERE due IS NOT NULL;
        CREATE TABLE work_orders(
            record BLOB PRIMARY KEY, number TEXT NOT NULL, status TEXT NOT NULL, is_open INTEGER NOT NULL,
            service TEXT NOT NULL, accepted_at INTEGER NOT NULL, place INTEGER NOT NULL, holder INTEGER NOT NULL,
            is_disputed INTEGER NOT NULL, round INTEGER NOT NULL, requested_at INTEGER NOT NULL,
            submitted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX work_orders_by_request ON work_orders(requested_at);
        CREATE TABLE work_order_numbers(
            number TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY(number, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE work_order_offers(
            place INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY(place, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE registrations(
            record BLOB PRIMARY KEY, community INTEGER NOT NULL, name TEXT NOT NULL, registered_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE registration_tags(
            digest BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY(digest, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE registration_bigrams(
            bigram TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY(bigram, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE person_links(
            registration BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY(registration, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE elsewhere_notices(
            registration BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY(registration, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE consultations(
            record BLOB PRIMARY KEY, place INTEGER NOT NULL, title TEXT NOT NULL, is_closed INTEGER NOT NULL,
            created_at INTEGER NOT NULL, closes_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            counted INTEGER NOT NULL, uncounted INTEGER NOT NULL) STRICT, WITHOUT ROWID;

        """

    /// The read models and the columns that order their dump.
    static let readModels: [(table: String, key: String)] = [
        ("work_orders", "record"), ("work_order_numbers", "number, record"), ("work_order_offers", "place, record"),
        ("work_order_texts", "record"), ("work_order_hands", "place, name, record"),
        ("work_order_places", "place, is_acting, requested_at, record"),
        ("registrations", "record"), ("registration_tags", "digest, record"),
        ("registration_bigrams", "bigram, record"), ("person_links", "registration, record"),
        ("elsewhere_notices", "registration, record"), ("consultations", "record"), ("devices", "record"),
        ("device_alarms", "record"), ("notices", "record"),
    ]

    /// Everything that ``ReplicaStore/rebuild()`` folds anew.
    static let derivedTables = ["records", "entries", "packs", "parked"] + readModels.map(\.table)
}
