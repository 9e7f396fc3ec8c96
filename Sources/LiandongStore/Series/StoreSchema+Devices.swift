extension StoreSchema {
    /// The read models of devices and alarms, and what is this node's alone of its devices.
    ///
    /// `ingest_journal` holds readings that are durable and not yet in their days' files; `device_states` what the rules
    /// remember of each device, in the transaction of the effects that they led to.
    static let deviceTables = """
        CREATE TABLE devices(
            record BLOB PRIMARY KEY, community INTEGER NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL,
            name TEXT NOT NULL, place INTEGER NOT NULL, is_blocked INTEGER NOT NULL, updated_at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE INDEX devices_by_code ON devices(code);
        CREATE TABLE device_alarms(
            record BLOB PRIMARY KEY, device BLOB NOT NULL, community INTEGER NOT NULL, type TEXT NOT NULL,
            severity INTEGER NOT NULL, status INTEGER NOT NULL, is_raised INTEGER NOT NULL, raised_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL, escalates_at INTEGER, lacks_order INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX device_alarms_by_time ON device_alarms(raised_at);
        CREATE INDEX device_alarms_by_device ON device_alarms(device);
        CREATE INDEX device_alarms_by_escalation ON device_alarms(escalates_at) WHERE escalates_at IS NOT NULL;
        CREATE INDEX device_alarms_without_order ON device_alarms(record) WHERE lacks_order = 1;
        CREATE TABLE device_states(
            device BLOB PRIMARY KEY, state BLOB NOT NULL, due INTEGER) STRICT, WITHOUT ROWID;
        CREATE INDEX device_states_by_due ON device_states(due) WHERE due IS NOT NULL;
        CREATE TABLE device_tokens(
            hash BLOB PRIMARY KEY, device BLOB NOT NULL, made_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX device_tokens_by_device ON device_tokens(device);
        CREATE TABLE ingest_journal(
            number INTEGER PRIMARY KEY, run INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE quarantine(
            number INTEGER PRIMARY KEY, device BLOB, source TEXT NOT NULL, format TEXT NOT NULL, reason TEXT NOT NULL,
            received_at INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
        CREATE TABLE published_rollups(
            device BLOB NOT NULL, series TEXT NOT NULL, day INTEGER NOT NULL, incarnation INTEGER NOT NULL,
            revision INTEGER NOT NULL, PRIMARY KEY(device, series, day, incarnation)) STRICT, WITHOUT ROWID;
        -- What a snapshot shows has no companions of the new tables: it is fetched again.
        DELETE FROM preview_records;
        DELETE FROM preview_progress;

        """

    /// What a broker checks a token by, in its own form; tokens made before have none.
    static let brokerSecrets = """
        ALTER TABLE device_tokens ADD COLUMN broker_secret TEXT;

        """
}
