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
-- parent_id only where that span is to be waited for; expires_at: when a part that is no call is given up; withheld: its
-- text is in memory alone; size: characters of the body.
CREATE TABLE part (
  seq BIGINT NOT NULL,
  group_id VARCHAR NOT NULL,
  part_id VARCHAR NOT NULL,
  received_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP,
  kind VARCHAR NOT NULL,
  span_id VARCHAR,
  parent_id VARCHAR,
  instance VARCHAR,
  started_at TIMESTAMP,
  ended_at TIMESTAMP,
  has_text BOOLEAN NOT NULL,
  withheld BOOLEAN NOT NULL,
  size BIGINT NOT NULL,
  body VARCHAR NOT NULL
);
-- Which names (a hash of group and record, link or span) became which sample, kept or not: what comes again changes
-- nothing.
CREATE TABLE settled (
  record BIGINT NOT NULL,
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  settled_at TIMESTAMP NOT NULL
);
-- What somebody said of a sample. feedback_id is a hash of what was said, sample_id to response_id are how its sender
-- named the sample, records what the named span is called in settled. looked_at: when it was first looked for
-- everywhere; sample_ts: when it was found, as attached_to.
CREATE TABLE feedback (
  feedback_id VARCHAR NOT NULL,
  received_at TIMESTAMP NOT NULL,
  given_at TIMESTAMP NOT NULL,
  judge VARCHAR NOT NULL,
  sample_id VARCHAR,
  trace_id VARCHAR,
  span_id VARCHAR,
  response_id VARCHAR,
  records BIGINT[],
  source VARCHAR NOT NULL,
  user_id VARCHAR,
  passed BOOLEAN,
  score DOUBLE,
  label VARCHAR,
  comment VARCHAR,
  looked_at TIMESTAMP,
  attached_to VARCHAR,
  sample_ts TIMESTAMP
);
