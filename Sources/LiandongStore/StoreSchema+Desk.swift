extension StoreSchema {
    /// What the desk's lists and counts need of work orders: their clocks, whom they concern, who had a hand in them, what
    /// was written.
    ///
    /// Texts are searched as they stand, by no index: an erasure takes a row, and nothing of it is elsewhere
    /// (docs/decisions/0024).
    static let deskTables = """
        ALTER TABLE work_orders ADD COLUMN clock_started_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE work_orders ADD COLUMN responded_at INTEGER;
        ALTER TABLE work_orders ADD COLUMN handled_at INTEGER;
        ALTER TABLE work_orders ADD COLUMN is_resolved INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE work_orders ADD COLUMN satisfaction INTEGER;
        CREATE TABLE work_order_texts(record BLOB PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE work_order_hands(
            place INTEGER NOT NULL, name TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY(place, name, record))
            STRICT, WITHOUT ROWID;
        CREATE INDEX work_order_hands_by_record ON work_order_hands(record);
        CREATE TABLE work_order_places(
            place INTEGER NOT NULL, is_acting INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY(place, is_acting, record)) STRICT, WITHOUT ROWID;
        CREATE INDEX work_order_places_by_record ON work_order_places(record);
        CREATE INDEX work_orders_open ON work_orders(requested_at) WHERE is_open = 1;
        CREATE INDEX work_orders_running ON work_orders(clock_started_at) WHERE is_open = 1 AND handled_at IS NULL;
        CREATE INDEX work_orders_disputed ON work_orders(requested_at) WHERE is_disputed = 1;
        CREATE INDEX work_orders_handled ON work_orders(handled_at) WHERE handled_at IS NOT NULL;
        INSERT OR REPLACE INTO meta(key, value) VALUES('refold', x'0000000000000001');

        """

    /// Lists and figures go over the indexes alone: rows lie by their records' ids, so that each would be a page of its own.
    ///
    /// What a partial index is of stands in it as well, or SQLite looks it up in the row.
    static let figureIndexes = """
        DROP INDEX work_orders_by_request;
        CREATE INDEX work_orders_by_request ON work_orders(requested_at, status, service, place, holder, is_open, is_disputed,
            clock_started_at, responded_at, handled_at, is_resolved, satisfaction);
        DROP INDEX work_orders_open;
        CREATE INDEX work_orders_open ON work_orders(requested_at, is_open, status, service, place, holder, is_disputed,
            clock_started_at, handled_at) WHERE is_open = 1;
        DROP INDEX work_orders_running;
        CREATE INDEX work_orders_running ON work_orders(clock_started_at, is_open, handled_at, service, place, holder)
            WHERE is_open = 1 AND handled_at IS NULL;

        """

    /// Figures are made in memory (`KeptOrders`): the indexes hold what lists ask for alone.
    static let listIndexes = """
        DROP INDEX work_orders_handled;
        DROP INDEX work_orders_by_request;
        CREATE INDEX work_orders_by_request ON work_orders(requested_at, status, service, holder, is_open, is_disputed,
            clock_started_at, handled_at);
        DROP INDEX work_orders_open;
        CREATE INDEX work_orders_open ON work_orders(requested_at, is_open, status, service, holder, is_disputed,
            clock_started_at, handled_at) WHERE is_open = 1;
        DROP INDEX work_orders_running;
        CREATE INDEX work_orders_running ON work_orders(clock_started_at, is_open, handled_at, service, holder)
            WHERE is_open = 1 AND handled_at IS NULL;

        """

    /// The orders on which a place is to act lie in the order that lists have.
    ///
    /// What a snapshot shows has a companion of the old layout: it is fetched again.
    static let placesByRequest = """
        DROP VIEW IF EXISTS shown_work_order_places;
        DELETE FROM preview_records;
        DELETE FROM preview_progress;
        DROP INDEX work_order_places_by_record;
        ALTER TABLE work_order_places RENAME TO work_order_places_before;
        CREATE TABLE work_order_places(
            place INTEGER NOT NULL, is_acting INTEGER NOT NULL, requested_at INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY(place, is_acting, requested_at DESC, record)) STRICT, WITHOUT ROWID;
        INSERT INTO work_order_places SELECT told.place, told.is_acting, listed.requested_at, told.record
            FROM work_order_places_before AS told JOIN work_orders AS listed ON listed.record = told.record;
        DROP TABLE work_order_places_before;
        CREATE INDEX work_order_places_by_record ON work_order_places(record);

        """

    /// The note that work orders are to be folded anew, as their tables have changed.
    static let refold = "refold"
}
