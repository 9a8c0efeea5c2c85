-- make_voted: Votes are about to be laid side by side, those before a change and those since.
-- Of requests, `input_tokens` are those of the whole prompt; of votes they are not asked for.
CREATE OR REPLACE TEMP TABLE voted (
  is_current BOOLEAN NOT NULL,
  votes BIGINT NOT NULL,
  y DOUBLE NOT NULL,
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  model VARCHAR NOT NULL,
  prompt_version VARCHAR NOT NULL,
  release VARCHAR NOT NULL,
  input_tokens DOUBLE NOT NULL,
  metadata MAP(VARCHAR, VARCHAR)
);

-- insert_votes_of_judge: Which votes has a judge version in this window, described by the sample that each lies at?
-- A vote is a session's, where its first verdict lies, as in the rollup; `votes` says of how many these are chosen.
INSERT INTO voted
WITH here AS (
  SELECT DISTINCT session_id
  FROM verdict
  WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version AND ts >= $start_at AND ts < $end_at
    AND session_id IS NOT NULL AND sampling_class <> 'feedback'
), turn AS (
  SELECT
    coalesce(session_id, '') AS session_id,
    CASE WHEN session_id IS NULL THEN {'ts': ts, 'sample_id': sample_id} END AS alone,
    ts, sample_id, status,
    CASE $metric
      WHEN 'score' THEN round(score, 2) >= $low OR round(score, 2) < $high
      WHEN 'label' THEN CASE WHEN label IS NOT NULL THEN list_contains($labels::VARCHAR[], label) <> $others END
      ELSE passed
    END AS holds
  FROM verdict
  WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version AND sampling_class <> 'feedback'
    AND status IN ('ok', 'error')
    AND (session_id IN (SELECT session_id FROM here) OR (session_id IS NULL AND ts >= $start_at AND ts < $end_at))
), vote AS (
  SELECT
    CASE
      WHEN $metric = 'judge_errors' THEN (count(*) FILTER (WHERE status = 'ok') = 0)::INTEGER
      ELSE avg(holds::INTEGER) FILTER (WHERE status = 'ok')
    END AS y,
    coalesce(
      min({'ts': ts, 'sample_id': sample_id}) FILTER (WHERE status = 'ok' AND holds IS NOT NULL),
      min({'ts': ts, 'sample_id': sample_id}) FILTER (WHERE status = 'error')
    ) AS first
  FROM turn
  GROUP BY session_id, alone
), placed AS (
  SELECT y, vote.first.sample_id AS sample_id, vote.first.ts AS ts, count(*) OVER () AS votes
  FROM vote
  WHERE y IS NOT NULL AND vote.first.ts >= $start_at AND vote.first.ts < $end_at
  ORDER BY hash(sample_id, ts)
  LIMIT $most
)
SELECT
  $is_current, placed.votes, placed.y, placed.sample_id, placed.ts, coalesce(sample.model, ''),
  coalesce(sample.prompt_version, ''), coalesce(sample.release, ''), 'nan'::DOUBLE, sample.metadata
FROM placed
LEFT JOIN sample ON sample.sample_id = placed.sample_id AND sample.ts = placed.ts AND sample.feature = $feature
  AND sample.ts >= $start_at AND sample.ts < $end_at
ORDER BY placed.ts, placed.sample_id;

-- insert_votes_of_samples: Which votes on what samples measure lie in this window?
INSERT INTO voted
WITH here AS (
  SELECT DISTINCT session_id
  FROM sample
  WHERE feature = $feature AND ts >= $start_at AND ts < $end_at AND session_id IS NOT NULL
    AND sampling_class <> 'feedback'
), measured AS (
  SELECT
    coalesce(session_id, '') AS session_id,
    CASE WHEN session_id IS NULL THEN {'ts': ts, 'sample_id': sample_id} END AS alone,
    ts, sample_id,
    bin_edge(
      CASE $metric
        WHEN 'latency_ms' THEN latency_ms
        WHEN 'input_tokens' THEN prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens)
        WHEN 'output_tokens' THEN output_tokens
        WHEN 'cost_usd' THEN cost_usd
        WHEN 'length' THEN length
      END
    ) AS value,
    CASE $metric
      WHEN 'stop_reason' THEN stop_reason
      WHEN 'model' THEN model
      WHEN 'errors' THEN CASE WHEN error IS NULL THEN 'ok' ELSE 'error' END
    END AS label
  FROM sample
  WHERE feature = $feature AND sampling_class <> 'feedback'
    AND (session_id IN (SELECT session_id FROM here) OR (session_id IS NULL AND ts >= $start_at AND ts < $end_at))
), vote AS (
  SELECT
    avg(
      CASE
        WHEN label IS NOT NULL THEN list_contains($labels::VARCHAR[], label) <> $others
        WHEN value IS NOT NULL THEN value >= $low OR value < $high
      END::INTEGER
    ) AS y,
    min({'ts': ts, 'sample_id': sample_id}) AS first
  FROM measured
  GROUP BY session_id, alone
), placed AS (
  SELECT y, vote.first.sample_id AS sample_id, vote.first.ts AS ts, count(*) OVER () AS votes
  FROM vote
  WHERE y IS NOT NULL AND vote.first.ts >= $start_at AND vote.first.ts < $end_at
  ORDER BY hash(sample_id, ts)
  LIMIT $most
)
SELECT
  $is_current, placed.votes, placed.y, sample.sample_id, sample.ts, coalesce(model, ''), coalesce(prompt_version, ''),
  coalesce(release, ''), 'nan'::DOUBLE, metadata
FROM placed
JOIN sample ON sample.sample_id = placed.sample_id AND sample.ts = placed.ts AND sample.feature = $feature
  AND sample.ts >= $start_at AND sample.ts < $end_at
ORDER BY placed.ts, placed.sample_id;

-- insert_requests: Which requests, one per session, stand for those of this window (of these hours of the day)?
-- Some of each of some quarter hours: then few blocks of texts need to be read.
INSERT INTO voted
WITH quarter AS (
  SELECT time_bucket(INTERVAL 15 minutes, ts) AS bucket, count(*) AS every, least(count(*), $each) AS n
  FROM sample
  WHERE feature = $feature AND ts >= $start_at AND ts < $end_at AND sampling_class <> 'feedback'
    AND list_contains($hours::INTEGER[], hour(ts))
  GROUP BY ALL
), chosen AS (
  SELECT bucket
  FROM quarter
  QUALIFY sum(n) OVER (ORDER BY hash(bucket), bucket ROWS UNBOUNDED PRECEDING) - n < $most
), session AS (
  SELECT
    coalesce(session_id, '') AS session_id,
    CASE WHEN session_id IS NULL THEN sample_id ELSE '' END AS alone,
    min({'ts': ts, 'sample_id': sample_id}) AS first
  FROM sample
  SEMI JOIN chosen ON chosen.bucket = time_bucket(INTERVAL 15 minutes, sample.ts)
  WHERE feature = $feature AND ts >= $start_at AND ts < $end_at AND sampling_class <> 'feedback'
  GROUP BY ALL
), picked AS (
  SELECT session.first.ts AS ts, session.first.sample_id AS sample_id
  FROM session
  QUALIFY row_number() OVER (
    PARTITION BY time_bucket(INTERVAL 15 minutes, session.first.ts) ORDER BY hash(session.first.sample_id)
  ) <= $each
)
SELECT
  $is_current, (SELECT sum(every) FROM quarter), 0, sample.sample_id, sample.ts, coalesce(model, ''),
  coalesce(prompt_version, ''), coalesce(release, ''),
  coalesce(prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens), 'nan'::DOUBLE), metadata
FROM picked
JOIN sample ON sample.sample_id = picked.sample_id AND sample.ts = picked.ts AND sample.feature = $feature
  AND sample.ts >= $start_at AND sample.ts < $end_at
ORDER BY sample.ts, sample.sample_id
LIMIT $most;

-- voted_columns: What are these votes, and what describes them?
SELECT is_current, votes, y, sample_id, ts, model, prompt_version, release, input_tokens FROM voted ORDER BY rowid;

-- voted_keys: Which metadata keys do they have, those of most votes first, and how many values?
WITH pair AS (
  SELECT unnest(map_entries(metadata)) AS entry FROM voted
)
SELECT pair.entry.key AS key, count(*) AS n, count(DISTINCT pair.entry.value) AS n_values
FROM pair
WHERE pair.entry.value <> ''
GROUP BY ALL
ORDER BY n DESC, key
LIMIT 1000;

-- voted_values: Which values have these keys, vote by vote?
WITH pair AS (
  SELECT rowid AS place, unnest(map_entries(metadata)) AS entry FROM voted
)
SELECT place, pair.entry.key AS key, left(pair.entry.value, 200) AS value
FROM pair
WHERE list_contains($keys::VARCHAR[], pair.entry.key) AND pair.entry.value <> '';

-- drop_voted: They have been read.
DROP TABLE IF EXISTS voted;

-- requests_of: What was asked in these samples of a time? Requests beyond so many bytes are left out.
SELECT request
FROM payload
WHERE ts BETWEEN $from_ts AND $until_ts AND sample_id IN (SELECT unnest($sample_ids::VARCHAR[]))
  AND strlen(request) <= $longest
ORDER BY ts, sample_id;
