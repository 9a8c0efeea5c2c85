-- What each judge version was, since this table is there: `definition` says what decides its verdicts (a rubric as TOML,
-- anything else as JSON; empty where the judge cannot tell), `model` is NULL where none is asked.
CREATE TABLE judge_version (
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  model VARCHAR,
  definition VARCHAR NOT NULL,
  first_seen_at TIMESTAMP NOT NULL
);
