DROP VIEW readable_keys;
DROP VIEW readable_revoked_tokens;
DROP VIEW readable_sessions;
DROP VIEW readable_users;
DROP VIEW readable_grants;

DROP TABLE markers;
DROP TABLE leases;
DROP TABLE changes;
DROP TABLE keys;
DROP TABLE attempts;
DROP TABLE revoked_tokens;
DROP TABLE replay_guard;
DROP TABLE consents;
DROP TABLE ended_sessions;
DROP TABLE sessions;
DROP TABLE grants_short;
DROP TABLE grants_long;
DROP TABLE users;
DROP TABLE clients;
DROP TABLE principals;

-- A partition that was detached but not dropped yet belongs to no table any more.
DO $$
DECLARE
    partition TEXT;
BEGIN
    FOR partition IN SELECT tablename FROM pg_tables
        WHERE schemaname = current_schema() AND tablename ~ '^grants_(long|short)_[0-9]+_[0-9]+$'
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
    END LOOP;
END $$;
