-- delete_dirty_values: The dirty buckets are about to be counted anew; what is counted once and for all stays.
DELETE FROM rollup_value
USING dirty
WHERE dirty.feature = rollup_value.feature AND dirty.judge = rollup_value.judge
  AND dirty.judge_version = rollup_value.judge_version AND dirty.bucket = rollup_value.bucket
  AND rollup_value.metric NOT IN ('volume', 'unscored');

-- insert_dirty_measures: How many votes has each value or label of what samples measure, in the dirty buckets?
-- A session has one vote per metric, where its first sample lies; its turns that measured something share it.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
WITH here AS (
  SELECT
    feature, session_id, ts, sample_id, sampling_class, metadata, latency_ms, input_tokens, cache_read_tokens,
    cache_write_tokens, output_tokens, cost_usd, length, stop_reason, model, error
  FROM sample
  SEMI JOIN dirty ON dirty.judge = '' AND dirty.feature = sample.feature
    AND dirty.bucket = time_bucket(INTERVAL 15 minutes, sample.ts)
  WHERE ts >= $from_ts AND ts < $until_ts AND sampling_class <> 'feedback'
), turn AS (
  SELECT
    feature, session_id, ts, sample_id, sampling_class, metadata, latency_ms, input_tokens, cache_read_tokens,
    cache_write_tokens, output_tokens, cost_usd, length, stop_reason, model, error
  FROM sample
  SEMI JOIN here ON here.feature = sample.feature AND here.session_id = sample.session_id
  WHERE sampling_class <> 'feedback'
), session AS (
  SELECT
    feature, session_id,
    min({'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class, 'metadata': metadata}) AS first,
    count(latency_ms) AS latency_turns,
    count(prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens)) AS input_turns,
    count(output_tokens) AS output_turns,
    count(cost_usd) AS cost_turns,
    count(length) AS length_turns,
    count(stop_reason) AS stop_turns,
    count(model) AS model_turns,
    count(*) AS turns
  FROM turn
  GROUP BY feature, session_id
), vote AS (
  SELECT
    turn.feature, session.first, latency_turns, input_turns, output_turns, cost_turns, length_turns, stop_turns,
    model_turns, session.turns, latency_ms, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
    cost_usd, length, stop_reason, model, error
  FROM turn
  JOIN session ON session.feature = turn.feature AND session.session_id = turn.session_id
  UNION ALL
  SELECT
    feature, {'ts': ts, 'sample_id': sample_id, 'sampling_class': sampling_class, 'metadata': metadata} AS first,
    1, 1, 1, 1, 1, 1, 1, 1, latency_ms, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost_usd,
    length, stop_reason, model, error
  FROM here
  WHERE session_id IS NULL
), placed AS (
  SELECT
    feature, vote.first AS first, time_bucket(INTERVAL 15 minutes, vote.first.ts) AS bucket,
    unnest([
      {'metric': 'latency_ms', 'value': bin_edge(latency_ms), 'label': NULL::VARCHAR, 'turns': latency_turns},
      {
        'metric': 'input_tokens',
        'value': bin_edge(prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens)),
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
        'turns': turns
      }
    ], recursive := TRUE)
  FROM vote
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
