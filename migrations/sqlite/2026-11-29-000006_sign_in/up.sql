-- Failed sign-ins are counted by the place that they come from, too, and by both.
ALTER TABLE attempts ADD COLUMN place_key BLOB;
CREATE INDEX attempts_by_place ON attempts (place_key, at);

-- Where a session was begun, for who looks after people.
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT;
