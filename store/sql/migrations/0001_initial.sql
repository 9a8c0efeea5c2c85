-- Samples, payloads, verdicts, traffic counts, rollup, monitors, baselines, drift checks, alerts and deliveries.
CREATE TABLE sample (
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  received_at TIMESTAMP NOT NULL,
  feature VARCHAR NOT NULL,
  environment VARCHAR NOT NULL,
  session_id VARCHAR,
  user_id VARCHAR,
  model VARCHAR,
  prompt_version VARCHAR,
  release VARCHAR,
  stop_reason VARCHAR,
  error VARCHAR,
  input_tokens BIGINT,
  output_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_tokens BIGINT,
  latency_ms DOUBLE,
  metadata MAP(VARCHAR, VARCHAR),
  source VARCHAR NOT NULL,
  sampling_class VARCHAR NOT NULL,
  sampling_probability DOUBLE NOT NULL,
  sampling_u DOUBLE NOT NULL
);
CREATE TABLE payload (
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  request VARCHAR USING COMPRESSION zstd,
  response VARCHAR USING COMPRESSION zstd,
  reference VARCHAR USING COMPRESSION zstd
);
-- seq grows with every commit: the rollup's watermark stands on it.
CREATE TABLE verdict (
  seq BIGINT NOT NULL,
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  judged_at TIMESTAMP NOT NULL,
  feature VARCHAR NOT NULL,
  session_id VARCHAR,
  sampling_class VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  judge_probability DOUBLE NOT NULL,
  passed BOOLEAN,
  score DOUBLE,
  label VARCHAR,
  explanation VARCHAR,
  reason VARCHAR,
  model VARCHAR,
  input_tokens BIGINT,
  output_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_tokens BIGINT,
  cost_usd DOUBLE,
  duration_ms DOUBLE
);
CREATE TABLE traffic (
  bucket TIMESTAMP NOT NULL,
  feature VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  stop_reason VARCHAR NOT NULL,
  latency_bin VARCHAR NOT NULL,
  outcome VARCHAR NOT NULL,
  n BIGINT NOT NULL
);
CREATE TABLE rollup (
  feature VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  bucket TIMESTAMP NOT NULL,
  segment VARCHAR NOT NULL,
  hour_block TINYINT NOT NULL,
  sampling_class VARCHAR NOT NULL,
  votes DOUBLE NOT NULL,
  passes DOUBLE NOT NULL,
  errors DOUBLE NOT NULL
);
-- Which metadata keys made the segments of a feature's rollup rows; a changed list means the feature is rolled up anew.
CREATE TABLE rollup_segment (
  feature VARCHAR NOT NULL,
  keys VARCHAR NOT NULL
);
-- One row: the highest verdict.seq that the rollup has seen.
CREATE TABLE rollup_watermark (
  seq BIGINT NOT NULL
);
INSERT INTO rollup_watermark VALUES (0);
CREATE TABLE monitor (
  monitor_id VARCHAR NOT NULL,
  feature VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL,
  state VARCHAR NOT NULL,
  checked_until TIMESTAMP,
  restart_at TIMESTAMP
);
CREATE TABLE baseline (
  monitor_id VARCHAR NOT NULL,
  version INTEGER NOT NULL,
  origin VARCHAR NOT NULL,
  start_at TIMESTAMP NOT NULL,
  end_at TIMESTAMP NOT NULL,
  created_at TIMESTAMP NOT NULL,
  note VARCHAR NOT NULL
);
CREATE TABLE drift_check (
  monitor_id VARCHAR NOT NULL,
  looked_at TIMESTAMP NOT NULL,
  state VARCHAR NOT NULL,
  reason VARCHAR NOT NULL,
  votes DOUBLE NOT NULL,
  log_evidence DOUBLE,
  log_threshold DOUBLE NOT NULL,
  p_ref DOUBLE,
  p_now DOUBLE,
  drop_size DOUBLE,
  drop_lo DOUBLE,
  drop_hi DOUBLE,
  onset_at TIMESTAMP,
  onset_lo_at TIMESTAMP,
  onset_hi_at TIMESTAMP,
  flags VARCHAR NOT NULL
);
CREATE TABLE alert (
  alert_id VARCHAR NOT NULL,
  monitor_id VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  fired_at TIMESTAMP NOT NULL,
  resolved_at TIMESTAMP,
  evidence VARCHAR NOT NULL
);
CREATE TABLE delivery (
  event_id VARCHAR NOT NULL,
  alert_id VARCHAR NOT NULL,
  channel VARCHAR NOT NULL,
  event VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL,
  next_attempt_at TIMESTAMP NOT NULL,
  attempts INTEGER NOT NULL,
  delivered_at TIMESTAMP,
  last_error VARCHAR
);
