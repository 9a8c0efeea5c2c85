-- Judging in batches: what was submitted to a provider, and for which samples. A batch is written down before it is
-- submitted, so that a crash in between can be told from a batch that was never made. `provider` is its host: nobody
-- else is asked about it.
CREATE TABLE batch (
  batch_key VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  provider VARCHAR NOT NULL,
  provider_id VARCHAR,
  submitted_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  requests BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  estimate_usd DOUBLE,
  spent_usd DOUBLE,
  succeeded BIGINT,
  errored BIGINT,
  expired BIGINT,
  canceled BIGINT,
  reason VARCHAR
);
-- One vote on one sample. `position` is its request's place in the batch (NULL: it was answered in an earlier one, and
-- `opinion` holds what was said); samples of equal content share one. `outcome` says why it has no verdict yet, though
-- its batch has ended. Rows go when the sample has its verdict.
CREATE TABLE batch_item (
  batch_key VARCHAR NOT NULL,
  position INTEGER,
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  vote INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  cut BIGINT NOT NULL,
  content_hash VARCHAR NOT NULL,
  outcome VARCHAR,
  opinion VARCHAR
);
