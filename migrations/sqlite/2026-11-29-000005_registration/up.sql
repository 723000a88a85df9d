-- The same table and columns as on Postgres; see there for their meaning.
CREATE TABLE registrations (
    client_id TEXT NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    registered_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX registrations_by_fingerprint ON registrations (fingerprint);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);
