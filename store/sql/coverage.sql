-- coverage_traffic: What became of the items of this time, by feature and day?
-- Kept samples are counted where they are kept, all others in traffic.
SELECT feature, time_bucket(INTERVAL 1 day, ts) AS start_at, outcome, sum(n)::BIGINT AS n
FROM (
  SELECT feature, bucket AS ts, outcome, n FROM traffic WHERE bucket >= $start_at AND bucket < $end_at
  UNION ALL
  SELECT feature, time_bucket(INTERVAL 1 day, ts) AS ts, 'accepted' AS outcome, count(*) AS n
  FROM sample
  WHERE sample.ts >= $start_at AND sample.ts < $end_at
  GROUP BY ALL
)
GROUP BY ALL
ORDER BY ALL;

-- coverage_features: Which features have samples of this time?
SELECT DISTINCT feature FROM sample WHERE ts >= $start_at AND ts < $end_at ORDER BY feature;

-- coverage_fates: What became of the kept samples of this time at one judge version, by feature and step of time?
-- All fates, or `only` these.
-- A verdict counts whatever the settings say by now. Without one, the first thing in the way is the fate. From each of
-- the moments on, the rate is multiplied by the factor of the same place. The join goes by a hash of the id, which is
-- faster; two ids of one moment with equal hashes are not to be expected.
-- A judge of conversations is asked about the last sample of a session; the others are no work of its, but those that
-- were the last when it judged.
WITH given AS MATERIALIZED (
  SELECT hash(sample_id) AS id, ts, status, reason
  FROM verdict
  WHERE judge = $judge AND judge_version = $judge_version AND ts >= $start_at AND ts < $end_at
), ending AS (
  SELECT feature, session_id, max_by(sample_id, (ts, sample_id)) AS sample_id, max(ts) AS ts
  FROM sample
  WHERE $conversations AND session_id IS NOT NULL AND ts >= $start_at
  GROUP BY feature, session_id
), mine AS (
  SELECT
    feature, session_id, sample_id, hash(sample_id) AS id, ts, received_at, sampling_u, sampling_probability,
    sampling_class <> 'feedback' AS has_vote,
    coalesce(map($classes::VARCHAR[], $rates::DOUBLE[])[sampling_class], $default_rate) AS rate,
    CASE
      WHEN text <> 'kept' THEN text
      WHEN incomplete IS NOT NULL AND NOT $incomplete THEN 'incomplete'
      WHEN NOT meets(
        $fields::VARCHAR[], $patterns::VARCHAR[], feature, model, stop_reason, error, environment, release,
        prompt_version, metadata
      ) THEN 'other'
    END AS lacking
  FROM sample
  WHERE ts >= $start_at AND ts < $end_at AND list_contains($features::VARCHAR[], feature)
), here AS (
  SELECT
    mine.feature, time_bucket(to_minutes($step_minutes), mine.ts) AS start_at, received_at, sampling_u,
    sampling_probability, has_vote, rate, coalesce(given.status, lacking) AS known, given.reason
  FROM mine
  LEFT JOIN given ON given.id = mine.id AND given.ts = mine.ts
  LEFT JOIN ending ON ending.feature = mine.feature AND ending.session_id = mine.session_id
  WHERE NOT $conversations OR given.id IS NOT NULL OR (mine.sample_id = ending.sample_id AND mine.ts = ending.ts)
), judged AS (
  SELECT
    feature, start_at, reason, has_vote,
    CASE
      WHEN known IS NOT NULL THEN known
      WHEN sampling_u >= rate THEN 'rate'
      WHEN len($moments::TIMESTAMP[]) > 0 AND sampling_u >= rate * coalesce(
        ($factors::DOUBLE[])[len(list_filter($moments::TIMESTAMP[], lambda moment: moment <= received_at))], 1
      ) THEN 'budget'
      WHEN received_at < $since THEN 'overdue'
      WHEN received_at > $quiet_before THEN 'talking'
      ELSE 'waiting'
    END AS fate,
    CASE WHEN sampling_probability > 0 THEN least(rate / sampling_probability, 1) ELSE 0 END AS chosen
  FROM here
)
SELECT
  feature, start_at, fate, reason,
  count(*) AS n,
  count(*) FILTER (WHERE has_vote) AS votes,
  sum(chosen) AS expected
FROM judged
WHERE len($only::VARCHAR[]) = 0 OR list_contains($only::VARCHAR[], fate)
GROUP BY ALL
ORDER BY ALL;

-- judge_figures: What did every version of the LLM judges' work of this time cost, and how noisy was it?
SELECT
  judge,
  judge_version,
  count(*) AS n,
  count(flipped) AS repeated,
  count(*) FILTER (WHERE flipped) AS flipped,
  count(*) FILTER (WHERE via = 'cache') AS reused,
  count(*) FILTER (WHERE escalated) AS escalated,
  avg(disagreement) AS disagreement,
  sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
  sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0))::BIGINT
    AS prompt_tokens,
  avg(cost_usd) AS usd_mean,
  quantile_cont(cost_usd, 0.95) AS usd_p95,
  quantile_disc(duration_ms::INTEGER, 0.5) FILTER (WHERE via = 'call')::DOUBLE AS ms_p50,
  quantile_disc(duration_ms::INTEGER, 0.95) FILTER (WHERE via = 'call')::DOUBLE AS ms_p95
FROM verdict
WHERE judged_at >= $since AND via IS NOT NULL
GROUP BY judge, judge_version;
