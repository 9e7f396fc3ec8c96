extension StoreSchema {
    /// The read model of notices.
    static let notices = """
        CREATE TABLE notices(
            record BLOB PRIMARY KEY, place INTEGER NOT NULL, title TEXT NOT NULL, is_withdrawn INTEGER NOT NULL,
            published_at INTEGER NOT NULL, shown_from INTEGER NOT NULL, shown_until INTEGER NOT NULL,
            updated_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX notices_by_publication ON notices(published_at);
        -- What a snapshot shows has no companion of the new table: it is fetched again.
        DELETE FROM preview_records;
        DELETE FROM preview_progress;

        """
}
