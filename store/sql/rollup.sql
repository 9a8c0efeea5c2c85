-- rollup_state: Up to which verdict and sample is the rollup, and which is the newest?
SELECT
  (SELECT max(seq) FROM rollup_watermark) AS watermark,
  greatest(coalesce((SELECT max(seq) FROM verdict), 0), coalesce((SELECT max(seq) FROM sample), 0)) AS newest;

-- counted_until: Up to which verdict and sample is everything counted?
SELECT max(seq) AS seq FROM rollup_watermark;

-- rollup_extent: Up to which verdict and sample is everything counted, and in how many rows?
SELECT
  (SELECT max(seq) FROM rollup_watermark) AS seq,
  (SELECT count(*) FROM rollup) AS rates,
  (SELECT count(*) FROM rollup_value) AS metric_values;

-- rollup_segments: By which metadata keys (one per line) are features cut into segments now?
SELECT feature, keys FROM rollup_segment ORDER BY feature;

-- delete_rollup_segments: The features are about to be cut anew.
DELETE FROM rollup_segment;

-- insert_rollup_segments: The features are cut so from now on.
INSERT INTO rollup_segment (feature, keys) SELECT feature, keys FROM incoming;

-- find_dirty_buckets: In which buckets could a vote have changed since the watermark, or a segment in these features?
-- A session's vote lies in a bucket of one of its verdicts, before and after a new verdict came. A verdict without a
-- session is a vote by itself, so only sessions are looked for in the past. What samples measure has the judge ''.
CREATE OR REPLACE TEMP TABLE dirty AS
WITH fresh AS (
  SELECT feature, judge, judge_version, session_id, ts FROM verdict WHERE seq > $watermark
), touched AS (
  SELECT DISTINCT feature, judge, judge_version, session_id FROM fresh WHERE session_id IS NOT NULL
), fresh_sample AS (
  SELECT feature, session_id, ts FROM sample WHERE seq > $watermark OR (seq IS NULL AND $watermark < 0)
), touched_session AS (
  SELECT DISTINCT feature, session_id FROM fresh_sample WHERE session_id IS NOT NULL
)
SELECT DISTINCT feature, judge, judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM fresh
UNION
SELECT DISTINCT feature, judge, judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM verdict
SEMI JOIN touched ON touched.feature = verdict.feature AND touched.judge = verdict.judge
  AND touched.judge_version = verdict.judge_version AND touched.session_id = verdict.session_id
UNION
SELECT DISTINCT feature, judge, judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM verdict
WHERE list_contains($features::VARCHAR[], feature)
UNION
SELECT DISTINCT feature, '' AS judge, '' AS judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM fresh_sample
UNION
SELECT DISTINCT feature, '' AS judge, '' AS judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM sample
SEMI JOIN touched_session ON touched_session.feature = sample.feature
  AND touched_session.session_id = sample.session_id
UNION
SELECT DISTINCT feature, '' AS judge, '' AS judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM sample
WHERE list_contains($features::VARCHAR[], feature);

-- dirty_span: How many buckets are dirty, and from when to when?
SELECT count(*) AS n, min(bucket) AS from_ts, max(bucket) + INTERVAL 15 minutes AS until_ts FROM dirty;

-- dirty_starts: From which bucket on have the votes of each judge version on each feature changed?
SELECT feature, judge, judge_version, min(bucket) AS bucket FROM dirty GROUP BY ALL ORDER BY ALL;

-- delete_dirty_buckets: The dirty buckets are about to be counted anew.
DELETE FROM rollup
USING dirty
WHERE dirty.feature = rollup.feature AND dirty.judge = rollup.judge AND dirty.judge_version = rollup.judge_version
  AND dirty.bucket = rollup.bucket;

-- insert_dirty_buckets: How many votes, passes and errors does each stratum of the dirty buckets hold?
-- Equal votes are counted first and their products summed in order, so that the sum does not depend on the rows' order.
-- A sample that was kept only because somebody found it bad has no vote: it was chosen by what is counted here.
INSERT INTO rollup (
  feature, judge, judge_version, bucket, segment, hour_block, sampling_class, votes, passes, errors, weight, weight_sq,
  weight_pass, weight_sq_pass, weight_sq_pass_sq
)
WITH here AS (
  SELECT feature, judge, judge_version, session_id, ts, sample_id, sampling_class, judge_probability, status, passed
  FROM verdict
  SEMI JOIN dirty ON dirty.feature = verdict.feature AND dirty.judge = verdict.judge
    AND dirty.judge_version = verdict.judge_version AND dirty.bucket = time_bucket(INTERVAL 15 minutes, verdict.ts)
  WHERE ts >= $from_ts AND ts < $until_ts AND sampling_class <> 'feedback'
), vote AS (
  SELECT
    feature, judge, judge_version,
    avg(passed::INTEGER) FILTER (WHERE status = 'ok') AS y,
    count(*) FILTER (WHERE status = 'ok') AS decided,
    coalesce(
      min({
        'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class, 'judge_probability': judge_probability
      }) FILTER (WHERE status = 'ok' AND passed IS NOT NULL),
      min({
        'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class, 'judge_probability': judge_probability
      }) FILTER (WHERE status = 'error')
    ) AS first
  FROM verdict
  SEMI JOIN here ON here.feature = verdict.feature AND here.judge = verdict.judge
    AND here.judge_version = verdict.judge_version AND here.session_id = verdict.session_id
  WHERE sampling_class <> 'feedback'
  GROUP BY feature, judge, judge_version, session_id
  UNION ALL
  SELECT
    feature, judge, judge_version, CASE WHEN status = 'ok' THEN passed::INTEGER::DOUBLE END, (status = 'ok')::INTEGER,
    {'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class, 'judge_probability': judge_probability}
  FROM here
  WHERE session_id IS NULL AND status IN ('ok', 'error')
), placed AS (
  SELECT feature, judge, judge_version, y, time_bucket(INTERVAL 15 minutes, vote.first.ts) AS bucket, vote.first AS first
  FROM vote
  WHERE y IS NOT NULL OR decided = 0
), cell AS (
  SELECT
    placed.feature, placed.judge, placed.judge_version, placed.bucket,
    CASE WHEN rollup_segment.keys IS NULL THEN '' ELSE segment_of(rollup_segment.keys, sample.metadata) END AS segment,
    placed.first.sampling_class AS sampling_class, placed.y, count(*) AS n,
    1 / greatest(placed.first.judge_probability, 1e-6) AS w
  FROM placed
  SEMI JOIN dirty ON dirty.feature = placed.feature AND dirty.judge = placed.judge
    AND dirty.judge_version = placed.judge_version AND dirty.bucket = placed.bucket
  LEFT JOIN rollup_segment ON rollup_segment.feature = placed.feature
  LEFT JOIN sample ON sample.sample_id = placed.first.sample_id AND sample.ts = placed.first.ts
    AND sample.ts >= $from_ts AND sample.ts < $until_ts
  GROUP BY ALL
)
SELECT
  feature, judge, judge_version, bucket, segment, hour(bucket) // 6, sampling_class,
  coalesce(sum(n) FILTER (WHERE y IS NOT NULL), 0) AS votes,
  coalesce(sum(y * n ORDER BY y, w) FILTER (WHERE y IS NOT NULL), 0) AS passes,
  coalesce(sum(n) FILTER (WHERE y IS NULL), 0) AS errors,
  coalesce(sum(w * n ORDER BY y, w) FILTER (WHERE y IS NOT NULL), 0) AS weight,
  coalesce(sum(w * w * n ORDER BY y, w) FILTER (WHERE y IS NOT NULL), 0) AS weight_sq,
  coalesce(sum(w * y * n ORDER BY y, w) FILTER (WHERE y IS NOT NULL), 0) AS weight_pass,
  coalesce(sum(w * w * y * n ORDER BY y, w) FILTER (WHERE y IS NOT NULL), 0) AS weight_sq_pass,
  coalesce(sum(w * w * y * y * n ORDER BY y, w) FILTER (WHERE y IS NOT NULL), 0) AS weight_sq_pass_sq
FROM cell
GROUP BY feature, judge, judge_version, bucket, segment, sampling_class
ORDER BY bucket, feature, judge, judge_version, segment, sampling_class;

-- set_watermark: The rollup has seen the verdicts up to this one.
UPDATE rollup_watermark SET seq = $seq;

-- rollup_series: Which series have votes or errors since then? A judge that did not fail has no series of errors.
SELECT DISTINCT feature, judge, judge_version, 'pass_rate' AS metric FROM rollup WHERE bucket >= $since
UNION
SELECT DISTINCT feature, judge, judge_version, 'judge_errors' AS metric FROM rollup WHERE errors > 0 AND bucket >= $since
UNION
SELECT DISTINCT feature, judge, judge_version, metric FROM rollup_value WHERE bucket >= $since
ORDER BY ALL;

-- tally: What are the counts of these windows, in steps of so many minutes, or of each as a whole?
-- A share of other metrics than pass or fail counts the votes of at least `low`, below `high`, or with one of the labels
-- (or, `others`, with any other label) as passes. Sums are rounded, so that they do not depend on the rows' order:
-- summing in order takes ten times as long and a gigabyte for some hundred windows. `first` and `last` are the ends of
-- all windows: few blocks are read.
WITH wanted AS (
  SELECT
    place, feature, judge, judge_version, metric, low, high, others, start_at, end_at,
    labels::VARCHAR[] AS labels
  FROM incoming
), counted AS (
  SELECT
    place, wanted.start_at, bucket,
    CASE WHEN metric = 'judge_errors' THEN votes + errors ELSE votes END AS votes,
    CASE WHEN metric = 'judge_errors' THEN errors ELSE passes END AS passes,
    CASE WHEN metric = 'judge_errors' THEN 0 ELSE errors END AS errors,
    weight, weight_sq, weight_pass, weight_sq_pass, weight_sq_pass_sq
  FROM rollup
  JOIN wanted ON rollup.feature = wanted.feature AND rollup.judge = wanted.judge
    AND rollup.judge_version = wanted.judge_version
    AND bucket >= wanted.start_at AND bucket < wanted.end_at
  WHERE metric IN ('pass_rate', 'judge_errors') AND bucket >= $first AND bucket < $last
  UNION ALL
  SELECT
    place, wanted.start_at, bucket, votes,
    CASE
      WHEN rollup_value.label IS NULL THEN value >= wanted.low OR value < wanted.high
      ELSE list_contains(wanted.labels, rollup_value.label) <> wanted.others
    END::INTEGER * votes,
    0,
    NULL, NULL, NULL, NULL, NULL
  FROM rollup_value
  JOIN wanted ON rollup_value.feature = wanted.feature AND rollup_value.metric = wanted.metric
    AND rollup_value.judge = wanted.judge AND rollup_value.judge_version = wanted.judge_version
    AND bucket >= wanted.start_at AND bucket < wanted.end_at
  WHERE bucket >= $first AND bucket < $last
)
SELECT
  place,
  CASE WHEN $step_minutes IS NULL THEN start_at ELSE time_bucket(to_minutes($step_minutes), bucket) END AS start_at,
  round(sum(votes), 9) AS votes,
  round(sum(passes), 9) AS passes,
  round(sum(errors), 9) AS errors,
  round(sum(weight), 6) AS weight,
  round(sum(weight_sq), 6) AS weight_sq,
  round(sum(weight_pass), 6) AS weight_pass,
  round(sum(weight_sq_pass), 6) AS weight_sq_pass,
  round(sum(weight_sq_pass_sq), 6) AS weight_sq_pass_sq
FROM counted
GROUP BY ALL
ORDER BY ALL;

-- votes_of_windows: How many votes do these windows hold, whatever their outcome?
SELECT place, round(sum(CASE WHEN metric = 'judge_errors' THEN votes + errors ELSE votes END), 9) AS votes
FROM rollup
JOIN incoming ON rollup.feature = incoming.feature AND rollup.judge = incoming.judge
  AND rollup.judge_version = incoming.judge_version AND bucket >= start_at AND bucket < end_at
WHERE metric IN ('pass_rate', 'judge_errors')
GROUP BY place
UNION ALL
SELECT place, round(sum(votes), 9)
FROM rollup_value
JOIN incoming ON rollup_value.feature = incoming.feature AND rollup_value.metric = incoming.metric
  AND rollup_value.judge = incoming.judge AND rollup_value.judge_version = incoming.judge_version
  AND bucket >= start_at AND bucket < end_at
GROUP BY place;

-- stratum_hashes: Which strata are there, by the hash that stands for each?
SELECT hash(segment, hour_block, sampling_class) AS stratum, segment, hour_block, sampling_class
FROM (
  SELECT DISTINCT segment, hour_block, sampling_class FROM rollup
  UNION
  SELECT DISTINCT segment, hour_block, sampling_class FROM rollup_value
)
ORDER BY ALL;

-- cells_of_votes: What are the votes and passes of these stretches of rates, by quarter hour and stratum?
-- Quarter hours are counted from the first that is looked at. `first` is the earliest of them all: few blocks are read.
SELECT
  place::SMALLINT AS place,
  (date_sub('minute', start_at, bucket) // 15)::INTEGER AS position,
  hash(segment, hour_block, sampling_class) AS stratum,
  CASE WHEN metric = 'judge_errors' THEN votes + errors ELSE votes END AS votes,
  CASE WHEN metric = 'judge_errors' THEN errors ELSE passes END AS passes,
  0::UTINYINT AS pattern,
  0.0::DOUBLE AS ridit
FROM rollup
JOIN incoming ON rollup.feature = incoming.feature AND rollup.judge = incoming.judge
  AND rollup.judge_version = incoming.judge_version
  AND bucket >= start_at AND bucket < until
WHERE metric IN ('pass_rate', 'judge_errors') AND bucket >= $first;

-- rows_of_votes: How many rows have these stretches of rates while they are looked at?
SELECT place, count(*) AS rows
FROM rollup
JOIN incoming ON rollup.feature = incoming.feature AND rollup.judge = incoming.judge
  AND rollup.judge_version = incoming.judge_version AND bucket >= start_at AND bucket < until
WHERE bucket >= $first
GROUP BY place;

-- sums_of_votes: How many votes and passes had these stretches of rates before they are looked at, by stratum?
-- Position -2 is the baseline, -1 the clean time after it.
SELECT
  place::SMALLINT AS place,
  CASE WHEN bucket < baseline_end_at THEN -2 ELSE -1 END::INTEGER AS position,
  hash(segment, hour_block, sampling_class) AS stratum,
  sum(CASE WHEN metric = 'judge_errors' THEN votes + errors ELSE votes END) AS votes,
  sum(CASE WHEN metric = 'judge_errors' THEN errors ELSE passes END) AS passes,
  0::UTINYINT AS pattern,
  0.0::DOUBLE AS ridit
FROM rollup
JOIN incoming ON rollup.feature = incoming.feature AND rollup.judge = incoming.judge
  AND rollup.judge_version = incoming.judge_version
  AND bucket >= baseline_at AND bucket < start_at
WHERE metric IN ('pass_rate', 'judge_errors') AND (bucket < baseline_end_at OR bucket >= restart_at) AND bucket < $last
GROUP BY place, position, segment, hour_block, sampling_class;

-- levels_of_values: Which values and labels have these stretches, with how many votes of the baseline, in how many rows?
SELECT
  place,
  coalesce(value, 'nan'::DOUBLE) AS value,
  coalesce(rollup_value.label, '') AS label,
  round(coalesce(sum(votes) FILTER (WHERE bucket < baseline_end_at), 0), 9) AS votes,
  count(*) FILTER (WHERE bucket >= start_at) AS rows
FROM rollup_value
JOIN incoming ON rollup_value.feature = incoming.feature AND rollup_value.metric = incoming.metric
  AND rollup_value.judge = incoming.judge AND rollup_value.judge_version = incoming.judge_version
  AND bucket >= baseline_at AND bucket < until
WHERE bucket < baseline_end_at OR bucket >= restart_at
GROUP BY place, value, rollup_value.label
ORDER BY place, value, rollup_value.label;

-- cells_of_values: What are the votes of these stretches, by quarter hour, stratum, and their level's pattern and ridit?
-- As above.
SELECT
  incoming.place::SMALLINT AS place,
  (date_sub('minute', start_at, bucket) // 15)::INTEGER AS position,
  hash(segment, hour_block, sampling_class) AS stratum,
  votes,
  pattern::UTINYINT AS pattern,
  ridit
FROM rollup_value
JOIN incoming ON rollup_value.feature = incoming.feature AND rollup_value.metric = incoming.metric
  AND rollup_value.judge = incoming.judge AND rollup_value.judge_version = incoming.judge_version
  AND bucket >= start_at AND bucket < until
JOIN level ON level.place = incoming.place AND level.value = coalesce(rollup_value.value, 'nan'::DOUBLE)
  AND level.label = coalesce(rollup_value.label, '')
WHERE bucket >= $first;

-- sums_of_values: What were the votes of these stretches before they are looked at, by stratum, pattern and ridit?
-- As above.
SELECT
  incoming.place::SMALLINT AS place,
  CASE WHEN bucket < baseline_end_at THEN -2 ELSE -1 END::INTEGER AS position,
  hash(segment, hour_block, sampling_class) AS stratum,
  sum(votes) AS votes,
  pattern::UTINYINT AS pattern,
  ridit
FROM rollup_value
JOIN incoming ON rollup_value.feature = incoming.feature AND rollup_value.metric = incoming.metric
  AND rollup_value.judge = incoming.judge AND rollup_value.judge_version = incoming.judge_version
  AND bucket >= baseline_at AND bucket < start_at
JOIN level ON level.place = incoming.place AND level.value = coalesce(rollup_value.value, 'nan'::DOUBLE)
  AND level.label = coalesce(rollup_value.label, '')
WHERE (bucket < baseline_end_at OR bucket >= restart_at) AND bucket < $last
GROUP BY incoming.place, position, segment, hour_block, sampling_class, pattern, ridit;
