-- find_graded: Which judge versions give more than pass or fail: scores between 0 and 1, or labels of their own?
-- Only of models, people and your own code: the scores of checks say no more than whether they passed.
CREATE OR REPLACE TEMP TABLE graded AS
WITH seen AS (
  SELECT DISTINCT feature, judge, judge_version, metric FROM rollup_value WHERE judge <> '' AND metric <> 'unscored'
), fresh AS (
  SELECT
    feature, judge, judge_version, CASE WHEN bool_or(score NOT IN (0, 1)) THEN 'score' ELSE 'label' END AS metric
  FROM verdict
  WHERE seq > $watermark AND status = 'ok' AND kind IN ('llm', 'code', 'feedback') AND (score NOT IN (0, 1) OR lower(label) NOT IN ('pass', 'fail'))
  GROUP BY feature, judge, judge_version
)
SELECT feature, judge, judge_version, metric, FALSE AS is_new FROM seen
UNION ALL
SELECT feature, judge, judge_version, metric, TRUE AS is_new FROM fresh
WHERE NOT EXISTS (
  SELECT 1 FROM seen
  WHERE seen.feature = fresh.feature AND seen.judge = fresh.judge AND seen.judge_version = fresh.judge_version
    AND seen.metric IN ('score', fresh.metric)
);

-- find_dirty_grades: A judge version that turns out to be graded is counted from its first verdict on.
INSERT INTO dirty
SELECT DISTINCT verdict.feature, verdict.judge, verdict.judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM verdict
SEMI JOIN graded ON graded.is_new AND graded.feature = verdict.feature AND graded.judge = verdict.judge
  AND graded.judge_version = verdict.judge_version
ANTI JOIN dirty ON dirty.feature = verdict.feature AND dirty.judge = verdict.judge
  AND dirty.judge_version = verdict.judge_version AND dirty.bucket = time_bucket(INTERVAL 15 minutes, verdict.ts);

-- delete_dirty_values: The dirty buckets are about to be counted anew; what is counted once and for all stays.
DELETE FROM rollup_value
USING dirty
WHERE dirty.feature = rollup_value.feature AND dirty.judge = rollup_value.judge
  AND dirty.judge_version = rollup_value.judge_version AND dirty.bucket = rollup_value.bucket
  AND rollup_value.metric NOT IN ('volume', 'unscored');

-- insert_dirty_grades: How many votes has each score or label of graded judges in the dirty buckets?
-- As for passes, a session has one vote, where its first verdict lies; its verdicts have equal shares in it.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
WITH given AS (
  SELECT
    verdict.feature, verdict.judge, verdict.judge_version, graded.metric, session_id, ts, sample_id, sampling_class,
    CASE WHEN graded.metric = 'score' THEN round(score, 2) END AS value,
    CASE WHEN graded.metric = 'label' THEN label END AS label
  FROM verdict
  JOIN graded ON graded.feature = verdict.feature AND graded.judge = verdict.judge
    AND graded.judge_version = verdict.judge_version
  WHERE status = 'ok' AND sampling_class <> 'feedback'
), told AS (
  SELECT feature, judge, judge_version, metric, session_id, ts, sample_id, sampling_class, value, label
  FROM given
  WHERE value IS NOT NULL OR label IS NOT NULL
), here AS (
  SELECT feature, judge, judge_version, metric, session_id, ts, sample_id, sampling_class, value, label
  FROM told
  SEMI JOIN dirty ON dirty.feature = told.feature AND dirty.judge = told.judge
    AND dirty.judge_version = told.judge_version AND dirty.bucket = time_bucket(INTERVAL 15 minutes, told.ts)
), turn AS (
  SELECT feature, judge, judge_version, metric, session_id, ts, sample_id, sampling_class, value, label
  FROM told
  SEMI JOIN here ON here.feature = told.feature AND here.judge = told.judge
    AND here.judge_version = told.judge_version AND here.session_id = told.session_id
), session AS (
  SELECT
    feature, judge, judge_version, metric, session_id, count(*) AS turns,
    min({'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class}) AS first
  FROM turn
  GROUP BY feature, judge, judge_version, metric, session_id
), vote AS (
  SELECT turn.feature, turn.judge, turn.judge_version, turn.metric, session.first, session.turns, turn.value, turn.label
  FROM turn
  JOIN session ON session.feature = turn.feature AND session.judge = turn.judge
    AND session.judge_version = turn.judge_version AND session.metric = turn.metric
    AND session.session_id = turn.session_id
  UNION ALL
  SELECT
    feature, judge, judge_version, metric,
    {'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class} AS first, 1 AS turns, value, label
  FROM here
  WHERE session_id IS NULL
), placed AS (
  SELECT
    feature, judge, judge_version, metric, first, turns, value, label,
    time_bucket(INTERVAL 15 minutes, vote.first.ts) AS bucket
  FROM vote
), described AS (
  SELECT sample_id, ts, metadata
  FROM sample
  SEMI JOIN rollup_segment ON rollup_segment.feature = sample.feature
  WHERE ts >= $from_ts AND ts < $until_ts
), cell AS (
  SELECT
    placed.feature, placed.metric, placed.judge, placed.judge_version, placed.bucket,
    CASE WHEN rollup_segment.keys IS NULL THEN '' ELSE segment_of(rollup_segment.keys, described.metadata) END AS segment,
    placed.first.sampling_class AS sampling_class, placed.value, placed.label, placed.turns, count(*) AS n
  FROM placed
  SEMI JOIN dirty ON dirty.feature = placed.feature AND dirty.judge = placed.judge
    AND dirty.judge_version = placed.judge_version AND dirty.bucket = placed.bucket
  LEFT JOIN rollup_segment ON rollup_segment.feature = placed.feature
  LEFT JOIN described ON described.sample_id = placed.first.sample_id AND described.ts = placed.first.ts
  GROUP BY ALL
)
SELECT
  feature, metric, judge, judge_version, bucket, segment, hour(bucket) // 6, sampling_class, value, label,
  sum(n / turns ORDER BY turns) AS votes
FROM cell
GROUP BY feature, metric, judge, judge_version, bucket, segment, sampling_class, value, label
ORDER BY bucket, feature, metric, judge, judge_version, segment, sampling_class, value, label;

-- insert_dirty_measures: How many votes has each value or label of what samples measure, in the dirty buckets?
-- A session has one vote per metric, where its first sample lies; its turns that measured something share it.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
WITH here AS (
  SELECT feature, session_id, ts, sample_id
  FROM sample
  SEMI JOIN dirty ON dirty.judge = '' AND dirty.feature = sample.feature
    AND dirty.bucket = time_bucket(INTERVAL 15 minutes, sample.ts)
  WHERE ts >= $from_ts AND ts < $until_ts AND sampling_class <> 'feedback'
), turn AS (
  SELECT
    feature, coalesce(session_id, '') AS session_id, CASE WHEN session_id IS NULL THEN sample_id ELSE '' END AS alone,
    ts, sample_id, sampling_class, metadata, latency_ms, input_tokens, cache_read_tokens, cache_write_tokens,
    output_tokens, cost_usd, length, stop_reason, model, error
  FROM sample
  WHERE sampling_class <> 'feedback' AND (
    (feature, session_id) IN (SELECT (feature, session_id) FROM here WHERE session_id IS NOT NULL)
    OR (session_id IS NULL AND ts >= $from_ts AND ts < $until_ts AND (feature, time_bucket(INTERVAL 15 minutes, ts)) IN (
      SELECT (feature, bucket) FROM dirty WHERE judge = ''
    ))
  )
), session AS (
  SELECT
    feature, session_id, alone, CASE WHEN alone <> '' THEN ts END AS alone_ts,
    min({'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class, 'metadata': metadata}) AS first,
    count(latency_ms) AS latency_turns,
    count(coalesce(input_tokens, cache_read_tokens, cache_write_tokens)) AS input_turns,
    count(output_tokens) AS output_turns,
    count(cost_usd) AS cost_turns,
    count(length) AS length_turns,
    count(stop_reason) AS stop_turns,
    count(model) AS model_turns,
    count(*) AS turns
  FROM turn
  GROUP BY ALL
), placed AS (
  SELECT
    session.feature, session.first, time_bucket(INTERVAL 15 minutes, session.first.ts) AS bucket,
    unnest([
      {'metric': 'latency_ms', 'value': bin_edge(latency_ms), 'label': NULL::VARCHAR, 'turns': latency_turns},
      {
        'metric': 'input_tokens',
        'value': bin_edge(
          CASE WHEN coalesce(input_tokens, cache_read_tokens, cache_write_tokens) IS NOT NULL
          THEN coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) END
        ),
        'label': NULL,
        'turns': input_turns
      },
      {'metric': 'output_tokens', 'value': bin_edge(output_tokens), 'label': NULL, 'turns': output_turns},
      {'metric': 'cost_usd', 'value': bin_edge(cost_usd), 'label': NULL, 'turns': cost_turns},
      {'metric': 'length', 'value': bin_edge(length), 'label': NULL, 'turns': length_turns},
      {'metric': 'stop_reason', 'value': NULL, 'label': stop_reason, 'turns': stop_turns},
      {'metric': 'model', 'value': NULL, 'label': model, 'turns': model_turns},
      {
        'metric': 'errors',
        'value': NULL,
        'label': CASE WHEN error IS NULL THEN 'ok' ELSE 'error' END,
        'turns': session.turns
      }
    ], recursive := TRUE)
  FROM turn
  JOIN session ON session.feature = turn.feature AND session.session_id = turn.session_id
    AND session.alone = turn.alone AND (session.alone = '' OR session.alone_ts = turn.ts)
), cell AS (
  SELECT
    placed.feature, metric, placed.bucket,
    CASE WHEN rollup_segment.keys IS NULL THEN '' ELSE segment_of(rollup_segment.keys, placed.first.metadata) END
      AS segment,
    placed.first.sampling_class AS sampling_class, value, label, turns, count(*) AS n
  FROM placed
  SEMI JOIN dirty ON dirty.judge = '' AND dirty.feature = placed.feature AND dirty.bucket = placed.bucket
  LEFT JOIN rollup_segment ON rollup_segment.feature = placed.feature
  WHERE value IS NOT NULL OR label IS NOT NULL
  GROUP BY ALL
)
SELECT
  feature, metric, '', '', bucket, segment, hour(bucket) // 6, sampling_class, value, label,
  sum(n / turns ORDER BY turns) AS votes
FROM cell
GROUP BY feature, metric, bucket, segment, sampling_class, value, label
ORDER BY bucket, feature, metric, segment, sampling_class, value, label;

-- note_watched_hour: In this hour somebody could have received something.
INSERT INTO watched_hour (hour)
SELECT date_trunc('hour', $now::TIMESTAMP)
WHERE date_trunc('hour', $now::TIMESTAMP) NOT IN (SELECT hour FROM watched_hour);

-- find_dirty_hours: For which hours is the traffic of a feature to be counted, or counted anew?
-- An hour that has ended and held something, or in which nothing came although we watched. Its vote lies in its last
-- quarter, so that a look sees it when the hour has ended.
CREATE OR REPLACE TEMP TABLE dirty_hour AS
WITH counted AS (
  SELECT feature, max(bucket) AS newest FROM rollup_value WHERE metric = 'volume' GROUP BY feature
), heard AS (
  SELECT feature, date_trunc('hour', ts) AS hour, count(*) AS n FROM sample GROUP BY ALL
  UNION ALL
  SELECT feature, date_trunc('hour', bucket) AS hour, sum(n) AS n
  FROM traffic
  WHERE outcome IN ('rate', 'budget', 'no_content')
  GROUP BY ALL
), total AS (
  SELECT feature, hour, sum(n) AS n FROM heard GROUP BY ALL
), known AS (
  SELECT feature, min(hour) AS first FROM total GROUP BY feature
), silent AS (
  SELECT known.feature, watched_hour.hour, 0 AS n
  FROM known
  JOIN watched_hour ON watched_hour.hour > known.first
  ANTI JOIN total ON total.feature = known.feature AND total.hour = watched_hour.hour
)
SELECT every.feature, every.hour, every.hour + INTERVAL 45 minutes AS bucket, bin_edge(sum(every.n)) AS value
FROM (FROM total UNION ALL FROM silent) AS every
LEFT JOIN rollup_value AS old ON old.metric = 'volume' AND old.feature = every.feature
  AND old.bucket = every.hour + INTERVAL 45 minutes
WHERE every.hour + INTERVAL 1 hour <= $until
GROUP BY every.feature, every.hour
HAVING any_value(old.value) IS DISTINCT FROM bin_edge(sum(every.n));

-- delete_dirty_hours: These hours are about to be counted anew.
DELETE FROM rollup_value
USING dirty_hour
WHERE rollup_value.metric = 'volume' AND rollup_value.feature = dirty_hour.feature
  AND rollup_value.bucket = dirty_hour.bucket;

-- insert_dirty_hours: How much traffic had each of these hours? An hour is one vote.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
SELECT feature, 'volume', '', '', bucket, '', hour(bucket) // 6, '', value, NULL, 1
FROM dirty_hour
ORDER BY bucket, feature;

-- dirty_hours: From which hour on has the traffic of each feature changed?
SELECT feature, min(bucket) AS bucket FROM dirty_hour GROUP BY feature ORDER BY feature;

-- unscored_until: Up to which bucket is it counted for each judge version what it has not scored?
SELECT feature, judge, judge_version, max(bucket) AS bucket FROM rollup_value WHERE metric = 'unscored' GROUP BY ALL;

-- insert_unscored: Of what a judge was to score in these buckets, how much has it scored by now?
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
SELECT feature, 'unscored', judge, judge_version, bucket, '', hour(bucket) // 6, '', NULL, label, votes
FROM incoming
ORDER BY bucket, feature, judge, judge_version, label;
