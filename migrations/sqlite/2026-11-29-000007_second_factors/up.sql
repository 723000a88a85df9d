-- The same tables, columns and indexes as on Postgres; see there for their meaning.
CREATE TABLE totps (
    subject TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    last_step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
    id BLOB NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    user_handle BLOB NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_by_subject ON passkeys (subject);

CREATE TABLE recovery_codes (
    subject TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (subject, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_long_by_subject ON grants_long (subject, id);
CREATE INDEX grants_short_by_subject ON grants_short (subject, id);
CREATE INDEX sessions_by_subject ON sessions (subject);
