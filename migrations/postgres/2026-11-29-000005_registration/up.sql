-- What is kept beside a client that registered itself (RFC 7591, RFC 7592): who may change it, and until when it must have been
-- used. No expiry: it was.
CREATE TABLE registrations (
    client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    registered_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX registrations_by_fingerprint ON registrations (fingerprint);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);
