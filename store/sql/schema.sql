-- table_names: Which tables does the attached file hold?
SELECT table_name FROM duckdb_tables() WHERE database_name = 'leadline' ORDER BY table_name;

-- create_ledger: Where do we write down which migrations were applied?
CREATE TABLE IF NOT EXISTS schema_migration (
  name VARCHAR NOT NULL,
  applied_at TIMESTAMP NOT NULL,
  sha256 VARCHAR NOT NULL
);

-- applied_migrations: Which migrations has this file had, oldest first?
SELECT name FROM leadline.main.schema_migration ORDER BY name;

-- record_migration: This migration is applied.
INSERT INTO schema_migration (name, applied_at, sha256) VALUES ($name, $applied_at, $sha256);
