-- What people prove themselves with beside their password: an authenticator app (RFC 6238), passkeys (Web Authentication), and
-- codes for who has lost both. The secret of an app is sealed, a recovery code is kept as its SHA-256, and a passkey's record holds
-- no secret.
CREATE TABLE totps (
    subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    last_step BIGINT NOT NULL
);

CREATE TABLE passkeys (
    id BYTEA NOT NULL PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL,
    user_handle BYTEA NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkeys_by_subject ON passkeys (subject);

CREATE TABLE recovery_codes (
    subject TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (subject, hash)
);

-- People look at their own grants and sessions, and what is theirs is found without reading others'. Who opens a grant writes one
-- more index entry; a rotation still writes none. The identifier is part of it because lists are in its order: else the planner may
-- think that it meets enough of somebody's grants sooner on the way back through everybody's. The collation is the index's, and
-- statements name it: were it made the column's, servers that are connected would fail until they are restarted ("cached plan must
-- not change result type").
CREATE INDEX grants_long_by_subject ON grants_long (subject COLLATE "C", id);
CREATE INDEX grants_short_by_subject ON grants_short (subject COLLATE "C", id);
CREATE INDEX sessions_by_subject ON sessions (subject COLLATE "C");

-- For people: no secret and no key.
CREATE VIEW readable_totps AS
SELECT subject, last_step FROM totps;

CREATE VIEW readable_passkeys AS
SELECT encode(id, 'hex') AS id, subject, name, to_timestamp(added_at / 1000.0) AS added_at,
    to_timestamp(used_at / 1000.0) AS used_at
FROM passkeys;
