-- Identifiers are 16 bytes (UUIDv7: they sort by time), times are milliseconds since the Unix epoch, booleans 0 or 1, JSON is text: the
-- same on SQLite. Text keys compare by bytes (COLLATE "C"), so that no upgrade of the system's collations can corrupt an index.

-- One namespace for client ids and user subjects (RFC 9700 section 4.15).
CREATE TABLE principals (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL
);

CREATE TABLE clients (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    secrets TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE users (
    subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    username TEXT COLLATE "C" NOT NULL,
    claims TEXT NOT NULL,
    password_hash TEXT,
    disabled_at BIGINT,
    not_before BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_by_username ON users (username);

-- Two tables by lifetime class. No foreign key and no default partition: old partitions must come off without a lock or a scan. Nothing
-- but the key is indexed: a rotation writes no index entry.
CREATE TABLE grants_long (
    id BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    session_id BYTEA,
    scope TEXT NOT NULL,
    resources TEXT NOT NULL,
    claims TEXT,
    auth_time BIGINT NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    sender TEXT,
    ends_with_session BIGINT NOT NULL,
    secret_hash BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    spent_at BIGINT,
    expires_at BIGINT NOT NULL,
    absolute_expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE TABLE grants_short (LIKE grants_long INCLUDING ALL) PARTITION BY RANGE (id);

CREATE TABLE sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    acr TEXT,
    amr TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Logout is one row here.
CREATE TABLE ended_sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    keep_until BIGINT NOT NULL
);

-- One row a scope value, so that two consents at once add up.
CREATE TABLE consents (
    subject TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    scope_value TEXT COLLATE "C" NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (subject, client_id, scope_value)
);

-- The expiry comes first, so that what has expired is the left edge.
CREATE TABLE replay_guard (
    expires_at BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (expires_at, digest)
);

CREATE TABLE revoked_tokens (
    id BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

CREATE TABLE attempts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    username_key BYTEA NOT NULL,
    address TEXT
);

CREATE TABLE keys (
    number BIGINT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    secret_id BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    activates_at BIGINT NOT NULL,
    retires_at BIGINT
);

-- What replicas keep in memory and must drop or read again.
CREATE TABLE changes (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL
);

-- What only one replica may do at a time.
CREATE TABLE leases (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL
);

-- What was done once for this database.
CREATE TABLE markers (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- For people: identifiers as UUIDs, times as times, no hashes.
CREATE VIEW readable_grants AS
SELECT class, encode(id, 'hex')::uuid AS id, client_id, subject, encode(session_id, 'hex')::uuid AS session_id, scope, resources, claims,
    to_timestamp(auth_time / 1000.0) AS auth_time, acr, amr, sender, ends_with_session = 1 AS ends_with_session, generation,
    to_timestamp(spent_at / 1000.0) AS spent_at, to_timestamp(expires_at / 1000.0) AS expires_at,
    to_timestamp(absolute_expires_at / 1000.0) AS absolute_expires_at, to_timestamp(revoked_at / 1000.0) AS revoked_at
FROM (SELECT 'long' AS class, * FROM grants_long UNION ALL SELECT 'short', * FROM grants_short) AS grants;

CREATE VIEW readable_users AS
SELECT subject, username, claims, password_hash IS NOT NULL AS has_password, to_timestamp(disabled_at / 1000.0) AS disabled_at,
    to_timestamp(not_before / 1000.0) AS not_before
FROM users;

CREATE VIEW readable_sessions AS
SELECT encode(sessions.id, 'hex')::uuid AS id, subject, to_timestamp(auth_time / 1000.0) AS auth_time, acr, amr,
    to_timestamp(expires_at / 1000.0) AS expires_at, to_timestamp(ended_sessions.keep_until / 1000.0) AS ended_kept_until
FROM sessions LEFT JOIN ended_sessions ON ended_sessions.id = sessions.id;

CREATE VIEW readable_revoked_tokens AS
SELECT encode(id, 'hex')::uuid AS id, to_timestamp(expires_at / 1000.0) AS expires_at FROM revoked_tokens;

CREATE VIEW readable_keys AS
SELECT number, purpose, secret_id, public_jwk, to_timestamp(created_at / 1000.0) AS created_at,
    to_timestamp(activates_at / 1000.0) AS activates_at, to_timestamp(retires_at / 1000.0) AS retires_at
FROM keys;
