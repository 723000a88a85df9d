-- The same tables, columns and indexes as on Postgres; see there for their meaning. STRICT, because otherwise SQLite keeps a value of any
-- type in any column; WITHOUT ROWID, so that the key is the table and the left edge of the key the left edge of the file.

-- One namespace for client ids and user subjects (RFC 9700 section 4.15).
CREATE TABLE principals (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    secrets TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    subject TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    claims TEXT NOT NULL,
    password_hash TEXT,
    disabled_at INTEGER,
    not_before INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_username ON users (username);

-- Two tables by lifetime class. Nothing but the key is indexed: a rotation writes no index entry.
CREATE TABLE grants_long (
    id BLOB NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    session_id BLOB,
    scope TEXT NOT NULL,
    resources TEXT NOT NULL,
    claims TEXT,
    auth_time INTEGER NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    sender TEXT,
    ends_with_session INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,
    generation INTEGER NOT NULL,
    spent_at INTEGER,
    expires_at INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants_short (
    id BLOB NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    session_id BLOB,
    scope TEXT NOT NULL,
    resources TEXT NOT NULL,
    claims TEXT,
    auth_time INTEGER NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    sender TEXT,
    ends_with_session INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,
    generation INTEGER NOT NULL,
    spent_at INTEGER,
    expires_at INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Logout is one row here.
CREATE TABLE ended_sessions (
    id BLOB NOT NULL PRIMARY KEY,
    keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a scope value, so that two consents at once add up.
CREATE TABLE consents (
    subject TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope_value TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (subject, client_id, scope_value)
) STRICT, WITHOUT ROWID;

-- The expiry comes first, so that what has expired is the left edge.
CREATE TABLE replay_guard (
    expires_at INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (expires_at, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE revoked_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

CREATE TABLE attempts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    username_key BLOB NOT NULL,
    address TEXT
) STRICT;

CREATE TABLE keys (
    number INTEGER NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    secret_id INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    activates_at INTEGER NOT NULL,
    retires_at INTEGER
) STRICT, WITHOUT ROWID;

-- What replicas keep in memory and must drop or read again.
CREATE TABLE changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

-- What only one replica may do at a time.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was done once for this database.
CREATE TABLE markers (
    name TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
