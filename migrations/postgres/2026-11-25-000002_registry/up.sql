-- Scopes and resources that operators register (few: replicas keep them whole in memory), and who declared what.
CREATE TABLE scopes (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE resources (
    identifier TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- An object without a row here is nobody's: it was made by hand.
CREATE TABLE owners (
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
