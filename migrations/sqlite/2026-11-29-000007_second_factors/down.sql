DROP INDEX sessions_by_subject;
DROP INDEX grants_short_by_subject;
DROP INDEX grants_long_by_subject;
DROP TABLE recovery_codes;
DROP TABLE passkeys;
DROP TABLE totps;
