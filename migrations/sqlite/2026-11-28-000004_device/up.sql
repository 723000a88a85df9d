-- The same table and columns as on Postgres; see there for their meaning.
CREATE TABLE device_requests (
    id BLOB NOT NULL PRIMARY KEY,
    user_code_key BLOB NOT NULL,
    request TEXT NOT NULL,
    decision TEXT,
    interval_ms INTEGER NOT NULL,
    polled_at INTEGER,
    is_too_fast INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_requests_by_user_code ON device_requests (user_code_key);
CREATE INDEX attempts_by_name ON attempts (username_key, at);
