-- What each sample measures: characters of its answer, what the call cost. `seq` grows with every commit, like verdict.seq.
ALTER TABLE sample ADD COLUMN seq BIGINT;
ALTER TABLE sample ADD COLUMN length BIGINT;
ALTER TABLE sample ADD COLUMN cost_usd DOUBLE;
-- Sums of the votes' weights w (1 / probability of being kept and judged) and outcomes y, for a level of all traffic: Σw,
-- Σw², Σwy, Σw²y, Σw²y². The rollup is counted anew with them.
ALTER TABLE rollup ADD COLUMN weight DOUBLE;
ALTER TABLE rollup ADD COLUMN weight_sq DOUBLE;
ALTER TABLE rollup ADD COLUMN weight_pass DOUBLE;
ALTER TABLE rollup ADD COLUMN weight_sq_pass DOUBLE;
ALTER TABLE rollup ADD COLUMN weight_sq_pass_sq DOUBLE;
DELETE FROM rollup;
UPDATE rollup_watermark SET seq = -1;
-- Votes of every metric that is not pass or fail, by value (the lower edge of its bin) or label. A session's turns share
-- one vote. What belongs to a feature and to no judge has the judge ''.
CREATE TABLE rollup_value (
  feature VARCHAR NOT NULL,
  metric VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  bucket TIMESTAMP NOT NULL,
  segment VARCHAR NOT NULL,
  hour_block TINYINT NOT NULL,
  sampling_class VARCHAR NOT NULL,
  value DOUBLE,
  label VARCHAR,
  votes DOUBLE NOT NULL
);
-- By which metadata keys a feature is cut into segments that nobody named: chosen once, from its first baseline.
CREATE TABLE chosen_segment (
  feature VARCHAR NOT NULL,
  keys VARCHAR NOT NULL,
  chosen_at TIMESTAMP NOT NULL
);
ALTER TABLE monitor ADD COLUMN metric VARCHAR DEFAULT 'pass_rate';
-- Which of the metric's shares a check speaks of: its position, in words, and how to count it (JSON, store.records.Share).
ALTER TABLE drift_check ADD COLUMN reading INTEGER;
ALTER TABLE drift_check ADD COLUMN says VARCHAR;
ALTER TABLE drift_check ADD COLUMN share VARCHAR;
-- The bin that a value lies in, by its lower edge: bins grow by 5 %. What is no finite number lies in none.
CREATE MACRO bin_edge(value) AS CASE
  WHEN NOT isfinite(value) THEN NULL
  WHEN value > 0 THEN pow(1.05, floor(ln(value) / ln(1.05) + 1e-9))
  WHEN value <= 0 THEN 0.0
END;
-- A sample's segment: its values of these metadata keys (one per line), '' without keys.
CREATE MACRO segment_of(keys, metadata) AS coalesce(
  array_to_string(
    list_transform(string_split(keys, chr(10)), lambda key: key || '=' || coalesce(metadata[key], '-')), '|'
  ),
  ''
);
-- In which hours has the service looked? An hour without traffic counts as such only when somebody could have received it.
CREATE TABLE watched_hour (
  hour TIMESTAMP NOT NULL
);
-- Since which hour has each feature been heard? One row more: up to which hour traffic is counted, and which samples
-- (seq) and rows of traffic are in it.
CREATE TABLE heard_feature (
  feature VARCHAR NOT NULL,
  hour TIMESTAMP NOT NULL
);
CREATE TABLE hour_watermark (
  hour TIMESTAMP NOT NULL,
  seq BIGINT NOT NULL,
  traffic BIGINT NOT NULL
);
INSERT INTO hour_watermark VALUES (TIMESTAMP '1970-01-01', -1, 0);
-- Which judge versions give scores between 0 and 1, or labels of their own: `metric` is score or label.
CREATE TABLE graded_judge (
  feature VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  metric VARCHAR NOT NULL
);
