-- How a verdict came about (call, batch or cache), the single answers behind it, and how far budgets thin the sampling.
ALTER TABLE verdict ADD COLUMN via VARCHAR;
ALTER TABLE verdict ADD COLUMN provider VARCHAR;
ALTER TABLE verdict ADD COLUMN votes INTEGER;
ALTER TABLE verdict ADD COLUMN disagreement DOUBLE;
ALTER TABLE verdict ADD COLUMN escalated BOOLEAN;
ALTER TABLE verdict ADD COLUMN flipped BOOLEAN;
ALTER TABLE verdict ADD COLUMN cut BIGINT;
ALTER TABLE verdict ADD COLUMN content_hash VARCHAR;
-- One answer of a model among several for one verdict: a vote, an escalation, or a repeat on purpose. Its cost is part of
-- the verdict's.
CREATE TABLE opinion (
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  judged_at TIMESTAMP NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  position INTEGER NOT NULL,
  role VARCHAR NOT NULL,
  via VARCHAR NOT NULL,
  provider VARCHAR,
  model VARCHAR,
  status VARCHAR NOT NULL,
  passed BOOLEAN,
  score DOUBLE,
  label VARCHAR,
  explanation VARCHAR,
  reason VARCHAR,
  input_tokens BIGINT,
  output_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_tokens BIGINT,
  cost_usd DOUBLE
);
-- From `since` on, the judge's rate is its configured one times this factor, until the next row: a budget bites.
CREATE TABLE judge_rate (
  judge VARCHAR NOT NULL,
  since TIMESTAMP NOT NULL,
  factor DOUBLE NOT NULL,
  reason VARCHAR NOT NULL
);
-- Whether a sample meets conditions on its fields: each of `fields` (a column, or metadata.KEY) matches the regular
-- expression at its place in `patterns` in full; a field that is absent counts as empty.
CREATE MACRO meets(
  fields, patterns, feature, model, stop_reason, error, environment, release, prompt_version, metadata
) AS len(fields) = 0 OR len(list_filter(
  list_zip(fields, patterns),
  lambda one: NOT regexp_full_match(
    coalesce(
      CASE one[1]
        WHEN 'feature' THEN feature
        WHEN 'model' THEN model
        WHEN 'stop_reason' THEN stop_reason
        WHEN 'error' THEN error
        WHEN 'environment' THEN environment
        WHEN 'release' THEN release
        WHEN 'prompt_version' THEN prompt_version
        ELSE metadata[one[1][10:]]
      END,
      ''
    ),
    one[2],
    's'
  )
)) = 0;
