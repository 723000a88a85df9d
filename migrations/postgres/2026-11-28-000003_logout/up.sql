-- The clients of a session that want to be told of its end. No index on grants would be worth that: every code would write it.
CREATE TABLE session_clients (
    session_id BYTEA NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (session_id, client_id)
);

-- What clients are still to be told of the end of sessions.
CREATE TABLE logout_notices (
    id BYTEA NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL,
    session_id BYTEA NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX logout_notices_by_due ON logout_notices (due_at);
