-- The same tables and columns as on Postgres; see there for their meaning.
CREATE TABLE session_clients (
    session_id BLOB NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (session_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE logout_notices (
    id BLOB NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    session_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_notices_by_due ON logout_notices (due_at);
