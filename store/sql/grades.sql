-- find_graded: Which judge versions give more than pass or fail: scores between 0 and 1, or labels of their own?
-- Only of models, people and your own code: the scores of checks say no more than whether they passed. Who has ever
-- given such a score is counted by scores, else by labels.
CREATE OR REPLACE TEMP TABLE graded AS
WITH fresh AS (
  SELECT
    feature, judge, judge_version, CASE WHEN bool_or(score NOT IN (0, 1)) THEN 'score' ELSE 'label' END AS metric
  FROM verdict
  WHERE seq > $watermark AND status = 'ok' AND sampling_class <> 'feedback' AND kind IN ('llm', 'code', 'feedback')
    AND (score NOT IN (0, 1) OR lower(label) NOT IN ('pass', 'fail'))
  GROUP BY feature, judge, judge_version
), told AS (
  SELECT feature, judge, judge_version, {'metric': metric, 'is_known': TRUE} AS found FROM graded_judge
  UNION ALL
  SELECT feature, judge, judge_version, {'metric': metric, 'is_known': FALSE} AS found FROM fresh
), best AS (
  SELECT feature, judge, judge_version, max(found) AS found FROM told GROUP BY feature, judge, judge_version
)
SELECT feature, judge, judge_version, best.found.metric AS metric, NOT best.found.is_known AS is_new FROM best;

-- graded: By which metric are these judge versions counted?
SELECT feature, judge, judge_version, metric FROM graded_judge ORDER BY ALL;

-- find_dirty_grades: A judge version that turns out to be graded is counted from its first verdict on.
INSERT INTO dirty
SELECT DISTINCT verdict.feature, verdict.judge, verdict.judge_version, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM verdict
SEMI JOIN graded ON graded.is_new AND graded.feature = verdict.feature AND graded.judge = verdict.judge
  AND graded.judge_version = verdict.judge_version
ANTI JOIN dirty ON dirty.feature = verdict.feature AND dirty.judge = verdict.judge
  AND dirty.judge_version = verdict.judge_version AND dirty.bucket = time_bucket(INTERVAL 15 minutes, verdict.ts);

-- forget_graded: These judge versions are about to be noted anew.
DELETE FROM graded_judge
USING graded
WHERE graded.is_new AND graded.feature = graded_judge.feature AND graded.judge = graded_judge.judge
  AND graded.judge_version = graded_judge.judge_version;

-- note_graded: From now on these judge versions are counted so.
INSERT INTO graded_judge (feature, judge, judge_version, metric)
SELECT feature, judge, judge_version, metric FROM graded WHERE is_new ORDER BY ALL;

-- insert_dirty_grades: How many votes has each score or label of graded judges in the dirty buckets?
-- As for passes, a session has one vote, where its first verdict lies; its verdicts have equal shares in it.
-- What is written NOT MATERIALIZED would be all verdicts ever: the parts that use it look for a few each.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
WITH given AS NOT MATERIALIZED (
  SELECT
    verdict.feature, verdict.judge, verdict.judge_version, graded.metric, session_id, ts, sample_id, sampling_class,
    CASE WHEN graded.metric = 'score' THEN round(score, 2) END AS value,
    CASE WHEN graded.metric = 'label' THEN label END AS label
  FROM verdict
  JOIN graded ON graded.feature = verdict.feature AND graded.judge = verdict.judge
    AND graded.judge_version = verdict.judge_version
  WHERE status = 'ok' AND sampling_class <> 'feedback' AND kind IN ('llm', 'code', 'feedback')
), told AS NOT MATERIALIZED (
  SELECT feature, judge, judge_version, metric, session_id, ts, sample_id, sampling_class, value, label
  FROM given
  WHERE value IS NOT NULL OR label IS NOT NULL
), here AS (
  SELECT feature, judge, judge_version, metric, session_id, ts, sample_id, sampling_class, value, label
  FROM told
  SEMI JOIN dirty ON dirty.feature = told.feature AND dirty.judge = told.judge
    AND dirty.judge_version = told.judge_version AND dirty.bucket = time_bucket(INTERVAL 15 minutes, told.ts)
  WHERE ts >= $from_ts AND ts < $until_ts
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
    CASE WHEN rollup_segment.keys IS NULL THEN '' ELSE segment_of(rollup_segment.keys, described.metadata) END
      AS segment,
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
