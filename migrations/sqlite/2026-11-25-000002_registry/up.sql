-- The same tables and columns as on Postgres; see there for their meaning.
CREATE TABLE scopes (
    name TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE resources (
    identifier TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE owners (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
