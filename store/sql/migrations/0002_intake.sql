-- What clients tell beyond the text, parts of calls that are not settled yet, and feedback that waits for its sample.
ALTER TABLE sample ADD COLUMN provider VARCHAR;
ALTER TABLE sample ADD COLUMN stop_reason_raw VARCHAR;
ALTER TABLE sample ADD COLUMN incomplete VARCHAR;
ALTER TABLE sample ADD COLUMN text VARCHAR DEFAULT 'kept';
ALTER TABLE sample ADD COLUMN text_hash VARCHAR;
ALTER TABLE sample ADD COLUMN trace_id VARCHAR;
ALTER TABLE sample ADD COLUMN span_id VARCHAR;
ALTER TABLE sample ADD COLUMN response_id VARCHAR;
-- One record of a call, a span above it, or a piece of its text: acknowledged, and waiting for the rest of its group.
CREATE TABLE part (
  group_id VARCHAR NOT NULL,
  part_id VARCHAR NOT NULL,
  received_at TIMESTAMP NOT NULL,
  kind VARCHAR NOT NULL,
  span_id VARCHAR,
  parent_id VARCHAR,
  instance VARCHAR,
  ended_at TIMESTAMP,
  body VARCHAR NOT NULL USING COMPRESSION zstd
);
-- Which records became a sample or were decided against: a record that comes again, or late, changes nothing.
CREATE TABLE settled (
  record BIGINT NOT NULL,
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  settled_at TIMESTAMP NOT NULL
);
-- What somebody said of a sample; the newest by judge, sample and person counts. sample_ts is null until it is found.
CREATE TABLE feedback (
  feedback_id VARCHAR NOT NULL,
  received_at TIMESTAMP NOT NULL,
  given_at TIMESTAMP NOT NULL,
  judge VARCHAR NOT NULL,
  sample_id VARCHAR,
  sample_ts TIMESTAMP,
  trace_id VARCHAR,
  span_id VARCHAR,
  response_id VARCHAR,
  source VARCHAR NOT NULL,
  score DOUBLE,
  label VARCHAR,
  passed BOOLEAN,
  comment VARCHAR
);
