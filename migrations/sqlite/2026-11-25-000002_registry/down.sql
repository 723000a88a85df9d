DROP TABLE owners;
DROP TABLE resources;
DROP TABLE scopes;
