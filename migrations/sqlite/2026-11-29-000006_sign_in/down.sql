DROP INDEX attempts_by_place;
ALTER TABLE attempts DROP COLUMN place_key;
