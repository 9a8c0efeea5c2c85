-- pending_features: Which features had samples arrive since then, and from what time are those?
SELECT feature, min(ts) AS from_ts, max(ts) AS until_ts
FROM sample
WHERE received_at >= $since
GROUP BY feature
ORDER BY feature;

-- pending: Which samples does this judge version still owe a verdict, first received first?
-- Not those in a batch that has not ended.
-- The rate is the one in force when the sample arrived: where a budget bites, judge_rate lowers it.
WITH owed AS (
  SELECT
    sample.sample_id, sample.ts, sample.received_at, sample.sampling_u,
    coalesce(map($classes::VARCHAR[], $rates::DOUBLE[])[sample.sampling_class], $default_rate) AS rate
  FROM sample
  ANTI JOIN verdict ON verdict.sample_id = sample.sample_id AND verdict.ts = sample.ts
    AND verdict.judge = $judge AND verdict.judge_version = $judge_version
    AND verdict.ts BETWEEN $from_ts AND $until_ts
  ANTI JOIN (
    SELECT batch_item.sample_id, batch_item.ts
    FROM batch_item JOIN batch USING (batch_key)
    WHERE batch.judge = $judge AND batch.judge_version = $judge_version AND batch.state IN ('submitting', 'in_progress')
  ) AS in_batch ON in_batch.sample_id = sample.sample_id AND in_batch.ts = sample.ts
  WHERE sample.received_at >= $since
    AND sample.ts BETWEEN $from_ts AND $until_ts
    AND list_contains($features::VARCHAR[], sample.feature)
    AND sample.text = 'kept' AND ($incomplete OR sample.incomplete IS NULL)
    AND sample.sampling_u < coalesce(map($classes::VARCHAR[], $rates::DOUBLE[])[sample.sampling_class], $default_rate)
    AND meets(
      $fields::VARCHAR[], $patterns::VARCHAR[], sample.feature, sample.model, sample.stop_reason, sample.error,
      sample.environment, sample.release, sample.prompt_version, sample.metadata
    )
)
SELECT owed.sample_id, owed.ts
FROM owed
ASOF LEFT JOIN (SELECT since, factor FROM judge_rate WHERE judge = $judge) AS thinned ON owed.received_at >= since
WHERE owed.sampling_u < owed.rate * coalesce(factor, 1)
ORDER BY owed.received_at, owed.ts, owed.sample_id
LIMIT $limit;

-- pending_count: How many samples does this judge version owe a verdict, and how long has the oldest waited?
-- Not those in a batch that has not ended.
WITH owed AS (
  SELECT
    sample.sample_id, sample.ts, sample.received_at, sample.sampling_u,
    coalesce(map($classes::VARCHAR[], $rates::DOUBLE[])[sample.sampling_class], $default_rate) AS rate
  FROM sample
  ANTI JOIN verdict ON verdict.sample_id = sample.sample_id AND verdict.ts = sample.ts
    AND verdict.judge = $judge AND verdict.judge_version = $judge_version
    AND verdict.ts BETWEEN $from_ts AND $until_ts
  ANTI JOIN (
    SELECT batch_item.sample_id, batch_item.ts
    FROM batch_item JOIN batch USING (batch_key)
    WHERE batch.judge = $judge AND batch.judge_version = $judge_version AND batch.state IN ('submitting', 'in_progress')
  ) AS in_batch ON in_batch.sample_id = sample.sample_id AND in_batch.ts = sample.ts
  WHERE sample.received_at >= $since
    AND sample.ts BETWEEN $from_ts AND $until_ts
    AND list_contains($features::VARCHAR[], sample.feature)
    AND sample.text = 'kept' AND ($incomplete OR sample.incomplete IS NULL)
    AND sample.sampling_u < coalesce(map($classes::VARCHAR[], $rates::DOUBLE[])[sample.sampling_class], $default_rate)
    AND meets(
      $fields::VARCHAR[], $patterns::VARCHAR[], sample.feature, sample.model, sample.stop_reason, sample.error,
      sample.environment, sample.release, sample.prompt_version, sample.metadata
    )
)
SELECT count(*) AS n, min(owed.received_at) AS oldest
FROM owed
ASOF LEFT JOIN (SELECT since, factor FROM judge_rate WHERE judge = $judge) AS thinned ON owed.received_at >= since
WHERE owed.sampling_u < owed.rate * coalesce(factor, 1);

-- verdicts_of_samples: What did the judges say of these samples?
SELECT
  sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status, judge_probability,
  passed, score, label, explanation, reason, model, input_tokens, output_tokens, cache_read_tokens,
  cache_write_tokens, cost_usd, duration_ms, via, provider, votes, disagreement, escalated, flipped, cut, content_hash
FROM verdict
SEMI JOIN (SELECT unnest($sample_ids::VARCHAR[]) AS wanted) ON wanted = sample_id
WHERE ts BETWEEN $from_ts AND $until_ts
ORDER BY sample_id, judge, judged_at, judge_version;

-- opinions_of_samples: Which single answers stand behind the verdicts on these samples?
SELECT
  sample_id, ts, judge, judge_version, role, via, provider, model, status, passed, score, label, explanation, reason,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
FROM opinion
SEMI JOIN (SELECT unnest($sample_ids::VARCHAR[]) AS wanted) ON wanted = sample_id
WHERE ts BETWEEN $from_ts AND $until_ts
ORDER BY sample_id, ts, judge, judge_version, position;

-- find_verdicts: Which are the newest verdicts of this kind?
SELECT
  sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status, judge_probability,
  passed, score, label, explanation, reason, model, input_tokens, output_tokens, cache_read_tokens,
  cache_write_tokens, cost_usd, duration_ms, via, provider, votes, disagreement, escalated, flipped, cut, content_hash
FROM verdict
WHERE ($sample_id IS NULL OR sample_id = $sample_id)
  AND ($feature IS NULL OR feature = $feature)
  AND ($judge IS NULL OR judge = $judge)
  AND ($judge_version IS NULL OR judge_version = $judge_version)
  AND ($passed IS NULL OR passed = $passed)
  AND ($status IS NULL OR status = $status)
  AND ts >= $start_at AND ts < $end_at
ORDER BY ts DESC, sample_id, judge, judge_version
LIMIT $limit;

-- first_judged: When did this judge version judge for the first time?
SELECT min(judged_at) AS judged_at FROM verdict WHERE judge = $judge AND judge_version = $judge_version;

-- reusable_verdicts: Which verdicts of these judge versions can be given again on equal content, oldest first?
SELECT judge_version, content_hash, passed, score, label, explanation, model, provider, votes, disagreement, escalated, cut
FROM verdict
WHERE list_contains($versions::VARCHAR[], judge_version) AND content_hash IS NOT NULL AND status = 'ok'
QUALIFY row_number() OVER (ORDER BY seq DESC) <= $limit
ORDER BY seq;

-- judge_habits: How long are this judge's single answers, how often is a stronger one asked or a verdict given again?
WITH judged AS (
  SELECT via, output_tokens, votes, escalated, flipped
  FROM verdict
  WHERE judge = $judge AND judged_at >= $since AND via IS NOT NULL
), answers AS (
  SELECT output_tokens FROM opinion
  WHERE judge = $judge AND judged_at >= $since AND role = 'vote' AND output_tokens IS NOT NULL
  UNION ALL
  SELECT output_tokens FROM judged
  WHERE via <> 'cache' AND votes IS NULL AND escalated IS NULL AND flipped IS NULL AND output_tokens IS NOT NULL
)
SELECT
  (SELECT count(*) FROM answers) AS answers,
  (SELECT avg(output_tokens) FROM answers) AS output_tokens,
  (SELECT stddev_samp(output_tokens) FROM answers) AS output_spread,
  count(*) AS verdicts,
  count(*) FILTER (WHERE via = 'cache') AS reused,
  count(*) FILTER (WHERE via <> 'cache' AND escalated IS NOT NULL) AS escalated
FROM judged;
