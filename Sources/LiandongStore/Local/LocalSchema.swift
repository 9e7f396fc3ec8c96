/// The tables that are this node's alone: never replicated, never rebuilt, kept by its backups.
enum LocalSchema {
    /// Staff, their sessions and tokens, failed sign-ins, and who was shown what.
    ///
    /// Secrets stand here as digests, passwords as argon2id strings. The log of unmaskings is only ever added to.
    static let staff = """
        CREATE TABLE staff(
            account TEXT PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, roles TEXT NOT NULL,
            place INTEGER NOT NULL, is_disabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
            password_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE staff_sessions(
            digest BLOB PRIMARY KEY, account TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE INDEX staff_sessions_by_account ON staff_sessions(account, created_at);
        CREATE INDEX staff_sessions_by_age ON staff_sessions(seen_at);
        CREATE TABLE staff_tokens(
            id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, account TEXT NOT NULL, scopes TEXT NOT NULL,
            created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER) STRICT, WITHOUT ROWID;
        CREATE INDEX staff_tokens_by_account ON staff_tokens(account, created_at);
        CREATE TABLE sign_in_failures(
            subject BLOB PRIMARY KEY, failures INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX sign_in_failures_by_age ON sign_in_failures(last_at);
        CREATE TABLE unmaskings(
            number INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL, record BLOB NOT NULL,
            field TEXT NOT NULL, purpose TEXT NOT NULL) STRICT;
        CREATE INDEX unmaskings_by_time ON unmaskings(at);
        CREATE TRIGGER unmaskings_are_not_changed BEFORE UPDATE ON unmaskings BEGIN
            SELECT RAISE(ABORT, 'the log of unmaskings is only added to'); END;
        CREATE TRIGGER unmaskings_are_not_removed BEFORE DELETE ON unmaskings BEGIN
            SELECT RAISE(ABORT, 'the log of unmaskings is only added to'); END;

        """
}
