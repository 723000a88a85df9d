ALTER TABLE sessions DROP COLUMN user_agent;
ALTER TABLE sessions DROP COLUMN address;
DROP INDEX attempts_by_place;
ALTER TABLE attempts DROP COLUMN place_key;
