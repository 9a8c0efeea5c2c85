-- rollup_state: Up to which verdict is the rollup, and which is the newest?
SELECT
  (SELECT max(seq) FROM rollup_watermark) AS watermark,
  coalesce((SELECT max(seq) FROM verdict), 0) AS newest;

-- rollup_segments: By which metadata keys (one per line) are features cut into segments now?
SELECT feature, keys FROM rollup_segment ORDER BY feature;

-- delete_rollup_segments: The features are about to be cut anew.
DELETE FROM rollup_segment;

-- insert_rollup_segments: The features are cut so from now on.
INSERT INTO rollup_segment (feature, keys) SELECT feature, keys FROM incoming;

-- find_dirty_buckets: In which buckets could a vote have changed since the watermark, or a segment in these features?
-- A session's vote lies in a bucket of one of its verdicts, before and after a new verdict came. A verdict without a
-- session is a vote by itself, so only sessions are looked for in the past.
CREATE OR REPLACE TEMP TABLE dirty AS
WITH fresh AS (
  SELECT feature, judge, judge_version, session_id, ts FROM verdict WHERE seq > $watermark
), touched AS (
  SELECT DISTINCT feature, judge, judge_version, session_id FROM fresh WHERE session_id IS NOT NULL
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
WHERE list_contains($features::VARCHAR[], feature);

-- dirty_span: How many buckets are dirty, and from when to when?
SELECT count(*) AS n, min(bucket) AS from_ts, max(bucket) + INTERVAL 15 minutes AS until_ts FROM dirty;

-- dirty_starts: From which bucket on has each series changed?
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
  feature, judge, judge_version, bucket, segment, hour_block, sampling_class, votes, passes, errors
)
WITH here AS (
  SELECT feature, judge, judge_version, session_id, ts, sample_id, sampling_class, status, passed
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
      min({'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class})
        FILTER (WHERE status = 'ok' AND passed IS NOT NULL),
      min({'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class}) FILTER (WHERE status = 'error')
    ) AS first
  FROM verdict
  SEMI JOIN here ON here.feature = verdict.feature AND here.judge = verdict.judge
    AND here.judge_version = verdict.judge_version AND here.session_id = verdict.session_id
  WHERE sampling_class <> 'feedback'
  GROUP BY feature, judge, judge_version, session_id
  UNION ALL
  SELECT
    feature, judge, judge_version, CASE WHEN status = 'ok' THEN passed::INTEGER::DOUBLE END, (status = 'ok')::INTEGER,
    {'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class}
  FROM here
  WHERE session_id IS NULL AND status IN ('ok', 'error')
), placed AS (
  SELECT
    feature, judge, judge_version, y,
    time_bucket(INTERVAL 15 minutes, vote.first.ts) AS bucket,
    vote.first.ts AS ts, vote.first.sample_id AS sample_id, vote.first.sampling_class AS sampling_class
  FROM vote
  WHERE y IS NOT NULL OR decided = 0
), described AS (
  SELECT sample_id, ts, metadata
  FROM sample
  SEMI JOIN rollup_segment ON rollup_segment.feature = sample.feature
  WHERE ts >= $from_ts AND ts < $until_ts
), cell AS (
  SELECT
    placed.feature, placed.judge, placed.judge_version, placed.bucket,
    coalesce(
      array_to_string(
        list_transform(
          string_split(rollup_segment.keys, chr(10)),
          lambda key: key || '=' || coalesce(described.metadata[key], '-')
        ),
        '|'
      ),
      ''
    ) AS segment,
    placed.sampling_class, placed.y, count(*) AS n
  FROM placed
  SEMI JOIN dirty ON dirty.feature = placed.feature AND dirty.judge = placed.judge
    AND dirty.judge_version = placed.judge_version AND dirty.bucket = placed.bucket
  LEFT JOIN rollup_segment ON rollup_segment.feature = placed.feature
  LEFT JOIN described ON described.sample_id = placed.sample_id AND described.ts = placed.ts
  GROUP BY ALL
)
SELECT
  feature, judge, judge_version, bucket, segment, hour(bucket) // 6, sampling_class,
  coalesce(sum(n) FILTER (WHERE y IS NOT NULL), 0) AS votes,
  coalesce(sum(y * n ORDER BY y) FILTER (WHERE y IS NOT NULL), 0) AS passes,
  coalesce(sum(n) FILTER (WHERE y IS NULL), 0) AS errors
FROM cell
GROUP BY feature, judge, judge_version, bucket, segment, sampling_class
ORDER BY bucket, feature, judge, judge_version, segment, sampling_class;

-- set_watermark: The rollup has seen the verdicts up to this one.
UPDATE rollup_watermark SET seq = $seq;

-- rollup_series: Which series have votes or errors?
SELECT DISTINCT feature, judge, judge_version FROM rollup ORDER BY feature, judge, judge_version;

-- rollup_buckets: What are the counts of this series, in order of time and stratum?
SELECT bucket, segment, hour_block, sampling_class, votes, passes, errors
FROM rollup
WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
  AND bucket >= $start_at AND bucket < $end_at
ORDER BY bucket, segment, hour_block, sampling_class;

-- rollup_totals: What are the counts of this series in longer steps, over all strata?
SELECT
  time_bucket(to_minutes($step_minutes), bucket) AS start_at,
  sum(votes ORDER BY bucket, segment, sampling_class) AS votes,
  sum(passes ORDER BY bucket, segment, sampling_class) AS passes,
  sum(errors ORDER BY bucket, segment, sampling_class) AS errors
FROM rollup
WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
  AND bucket >= $from_at AND bucket < $until_at
GROUP BY ALL
ORDER BY start_at;

-- rollup_days: What are the daily counts of every series?
SELECT
  feature, judge, judge_version, time_bucket(INTERVAL 1 day, bucket) AS start_at,
  sum(votes ORDER BY bucket, segment, sampling_class) AS votes,
  sum(passes ORDER BY bucket, segment, sampling_class) AS passes,
  sum(errors ORDER BY bucket, segment, sampling_class) AS errors
FROM rollup
WHERE bucket >= $from_at AND bucket < $until_at
GROUP BY ALL
ORDER BY ALL;

-- rollup_windows: What are the counts of each of these windows?
SELECT
  incoming.start_at AS start_at,
  coalesce(sum(votes ORDER BY bucket, segment, sampling_class), 0) AS votes,
  coalesce(sum(passes ORDER BY bucket, segment, sampling_class), 0) AS passes,
  coalesce(sum(errors ORDER BY bucket, segment, sampling_class), 0) AS errors
FROM incoming
LEFT JOIN rollup ON rollup.feature = incoming.feature AND rollup.judge = incoming.judge
  AND rollup.judge_version = incoming.judge_version
  AND bucket >= incoming.start_at AND bucket < incoming.end_at
GROUP BY place, incoming.start_at
ORDER BY place;
