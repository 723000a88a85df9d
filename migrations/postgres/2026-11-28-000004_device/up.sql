-- What devices without a browser ask for (RFC 8628), for the minutes that somebody has to decide. The id is that of the grant that
-- it may become; the decision is empty, 'denied', or what an authorization code would carry.
CREATE TABLE device_requests (
    id BYTEA NOT NULL PRIMARY KEY,
    user_code_key BYTEA NOT NULL,
    request TEXT NOT NULL,
    decision TEXT,
    interval_ms BIGINT NOT NULL,
    polled_at BIGINT,
    is_too_fast BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_requests_by_user_code ON device_requests (user_code_key);

-- Wrong user codes are counted by the address that they come from, and wrong passwords by the name.
CREATE INDEX attempts_by_name ON attempts (username_key, at);
