-- Failed sign-ins are counted by the place that they come from, too, and by both.
ALTER TABLE attempts ADD COLUMN place_key BYTEA;
CREATE INDEX attempts_by_place ON attempts (place_key, at);

-- Where a session was begun, for the people whose it is and for who looks after them, and a way to find theirs.
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT;
ALTER TABLE sessions ALTER COLUMN subject TYPE TEXT COLLATE "C";
CREATE INDEX sessions_by_subject ON sessions (subject);
