-- usage_state: Up to which sample, verdict and row of traffic is usage counted, and which are the newest?
SELECT
  (SELECT seq FROM usage_watermark) AS seq,
  (SELECT traffic FROM usage_watermark) AS traffic,
  greatest(coalesce((SELECT max(seq) FROM verdict), 0), coalesce((SELECT max(seq) FROM sample), 0)) AS newest,
  coalesce((SELECT max(rowid) + 1 FROM traffic), 0) AS rows;

-- find_fresh_usage: In which quarter hours of which features did calls come that are not counted?
CREATE OR REPLACE TEMP TABLE fresh_usage AS
SELECT feature, time_bucket(INTERVAL 15 minutes, ts) AS bucket
FROM sample
WHERE seq > $seq OR (seq IS NULL AND $seq < 0)
UNION
SELECT feature, bucket FROM traffic WHERE rowid >= $traffic AND outcome IN ('rate', 'budget', 'no_content');

-- fresh_usage_span: How many such quarter hours are there, and from when to when?
SELECT count(*) AS n, min(bucket) AS from_ts, max(bucket) + INTERVAL 15 minutes AS until_ts FROM fresh_usage;

-- delete_fresh_usage: These quarter hours are about to be counted anew.
DELETE FROM usage USING fresh_usage WHERE fresh_usage.feature = usage.feature AND fresh_usage.bucket = usage.bucket;

-- insert_fresh_usage: What was used in them?
-- A sample that only bad feedback kept stands for no other. Amounts that cannot be are cut: none must stop the count.
INSERT INTO usage (
  feature, bucket, kept, not_kept, weight, errors, input_tokens, output_tokens, usd, unpriced
)
WITH here AS (
  SELECT
    feature, time_bucket(INTERVAL 15 minutes, ts) AS bucket, error IS NOT NULL AS failed, cost_usd,
    prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens) AS prompt, output_tokens AS output,
    CASE WHEN sampling_class <> 'feedback' THEN 1 / greatest(sampling_probability, 1e-6) ELSE 0 END AS w
  FROM sample
  WHERE ts >= $from_ts AND ts < $until_ts
), item AS (
  SELECT
    here.feature, here.bucket, 1 AS kept, 0 AS not_kept,
    w::DECIMAL(38, 6) AS weight,
    (w * failed::INTEGER)::DECIMAL(38, 6) AS errors,
    round(w * greatest(least(coalesce(prompt, 0), 1e9), 0))::HUGEINT AS input_tokens,
    round(w * greatest(least(coalesce(output, 0), 1e9), 0))::HUGEINT AS output_tokens,
    (CASE WHEN isfinite(cost_usd) THEN w * greatest(least(cost_usd, 1e5), 0) ELSE 0 END)::DECIMAL(38, 9) AS usd,
    (cost_usd IS NULL AND coalesce(prompt, output) IS NOT NULL)::INTEGER AS unpriced
  FROM here
  SEMI JOIN fresh_usage ON fresh_usage.feature = here.feature AND fresh_usage.bucket = here.bucket
  UNION ALL
  SELECT traffic.feature, traffic.bucket, 0, n, 0, 0, 0, 0, 0, 0
  FROM traffic
  SEMI JOIN fresh_usage ON fresh_usage.feature = traffic.feature AND fresh_usage.bucket = traffic.bucket
  WHERE traffic.bucket >= $from_ts AND traffic.bucket < $until_ts AND outcome IN ('rate', 'budget', 'no_content')
)
SELECT
  feature, bucket, sum(kept), sum(not_kept),
  least(sum(weight), 9e11::DECIMAL(38, 6)), least(sum(errors), 9e11::DECIMAL(38, 6)),
  least(sum(input_tokens), 9e17::HUGEINT), least(sum(output_tokens), 9e17::HUGEINT),
  least(sum(usd), 9e8::DECIMAL(38, 9)), sum(unpriced)
FROM item
GROUP BY feature, bucket
ORDER BY bucket, feature;

-- find_fresh_spending: What did the verdicts since then cost, with what is counted of the same quarter hours?
CREATE OR REPLACE TEMP TABLE fresh_spending AS
WITH given AS (
  SELECT
    feature, judge, judged_at, via, input_tokens, cost_usd,
    (CASE WHEN isfinite(cost_usd) THEN greatest(least(cost_usd, 1e4), 0) ELSE 0 END)::DECIMAL(38, 12) AS usd
  FROM verdict
  WHERE seq > $seq AND kind <> 'feedback'
), fresh AS (
  SELECT
    feature, judge, time_bucket(INTERVAL 15 minutes, judged_at) AS bucket,
    count(*) AS verdicts,
    count(*) FILTER (WHERE via = 'cache') AS reused,
    count(*) FILTER (WHERE via = 'batch') AS batched,
    sum(usd) AS usd,
    coalesce(sum(usd) FILTER (WHERE via = 'batch'), 0) AS batched_usd,
    count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens IS NOT NULL) AS unpriced
  FROM given
  GROUP BY ALL
)
SELECT
  feature, judge, bucket, sum(verdicts) AS verdicts, sum(reused) AS reused, sum(batched) AS batched,
  least(sum(usd), 9e5::DECIMAL(38, 12)) AS usd, least(sum(batched_usd), 9e5::DECIMAL(38, 12)) AS batched_usd,
  sum(unpriced) AS unpriced
FROM (
  SELECT feature, judge, bucket, verdicts, reused, batched, usd, batched_usd, unpriced
  FROM fresh
  UNION ALL
  SELECT feature, judge, bucket, verdicts, reused, batched, usd, batched_usd, unpriced
  FROM spending
  SEMI JOIN fresh ON fresh.feature = spending.feature AND fresh.judge = spending.judge
    AND fresh.bucket = spending.bucket
)
GROUP BY ALL;

-- delete_fresh_spending: These quarter hours get more.
DELETE FROM spending
USING fresh_spending
WHERE fresh_spending.feature = spending.feature AND fresh_spending.judge = spending.judge
  AND fresh_spending.bucket = spending.bucket;

-- insert_fresh_spending: So much they have by now.
INSERT INTO spending (
  feature, judge, bucket, verdicts, reused, batched, usd, batched_usd, unpriced
)
SELECT feature, judge, bucket, verdicts, reused, batched, usd, batched_usd, unpriced
FROM fresh_spending
ORDER BY bucket, feature, judge;

-- delete_counted_spending: A verdict that was counted in this quarter hour is gone.
DELETE FROM spending
WHERE feature = $feature AND judge = $judge AND bucket = time_bucket(INTERVAL 15 minutes, $judged_at::TIMESTAMP);

-- insert_counted_spending: So much did the counted verdicts of this quarter hour cost without it.
INSERT INTO spending (
  feature, judge, bucket, verdicts, reused, batched, usd, batched_usd, unpriced
)
WITH given AS (
  SELECT
    feature, judge, time_bucket(INTERVAL 15 minutes, judged_at) AS bucket, via, input_tokens, cost_usd,
    (CASE WHEN isfinite(cost_usd) THEN greatest(least(cost_usd, 1e4), 0) ELSE 0 END)::DECIMAL(38, 12) AS usd
  FROM verdict
  WHERE seq <= (SELECT seq FROM usage_watermark) AND kind <> 'feedback' AND feature = $feature AND judge = $judge
    AND judged_at >= time_bucket(INTERVAL 15 minutes, $judged_at::TIMESTAMP)
    AND judged_at < time_bucket(INTERVAL 15 minutes, $judged_at::TIMESTAMP) + INTERVAL 15 minutes
)
SELECT
  feature, judge, bucket, count(*), count(*) FILTER (WHERE via = 'cache'), count(*) FILTER (WHERE via = 'batch'),
  least(sum(usd), 9e5::DECIMAL(38, 12)),
  least(coalesce(sum(usd) FILTER (WHERE via = 'batch'), 0), 9e5::DECIMAL(38, 12)),
  count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens IS NOT NULL)
FROM given
GROUP BY ALL;

-- set_usage_watermark: Usage is counted up to this sample, verdict and row of traffic.
UPDATE usage_watermark SET seq = $seq, traffic = $traffic;

-- used: What did each feature use from one of these moments to the next?
SELECT
  feature, incoming.start_at AS start_at, sum(kept)::BIGINT AS kept, sum(not_kept)::BIGINT AS not_kept,
  sum(errors)::DOUBLE AS errors, sum(input_tokens)::DOUBLE AS input_tokens,
  sum(output_tokens)::DOUBLE AS output_tokens, sum(usd)::DOUBLE AS usd, sum(unpriced)::BIGINT AS unpriced
FROM usage
ASOF JOIN incoming ON usage.bucket >= incoming.start_at
WHERE bucket >= $first AND bucket < $last
GROUP BY ALL
ORDER BY ALL;

-- spent: What did judging each feature cost from one of these moments to the next?
WITH item AS (
  SELECT feature, bucket, verdicts, usd, unpriced FROM spending
  UNION ALL
  SELECT
    feature, time_bucket(INTERVAL 15 minutes, paid_at), 0, coalesce(usd::DECIMAL(38, 12), 0), (usd IS NULL)::INTEGER
  FROM spent_apart()
  WHERE feature IS NOT NULL
)
SELECT
  feature, incoming.start_at AS start_at, sum(verdicts)::BIGINT AS verdicts, sum(usd)::DOUBLE AS usd,
  sum(unpriced)::BIGINT AS unpriced
FROM item
ASOF JOIN incoming ON item.bucket >= incoming.start_at
WHERE bucket >= $first AND bucket < $last
GROUP BY ALL
ORDER BY ALL;

-- judging_costs: What was spent by UTC day, feature and judge, with what is not counted yet?
-- A verdict with tokens but no price makes the sum unknown; the rest is known. `paid` leaves out what asks no model.
SELECT
  strftime(bucket::DATE, '%Y-%m-%d') AS day, feature, judge, sum(verdicts)::BIGINT AS verdicts,
  sum(reused)::BIGINT AS reused, sum(batched)::BIGINT AS batched,
  CASE WHEN sum(unpriced) > 0 THEN NULL ELSE sum(usd)::DOUBLE END AS usd,
  sum(batched_usd)::DOUBLE AS batched_usd, sum(unpriced)::BIGINT AS unpriced, sum(usd)::DOUBLE AS known_usd
FROM (
  SELECT bucket, feature, judge, verdicts, reused, batched, usd, batched_usd, unpriced
  FROM spending
  WHERE bucket >= $first AND bucket < $last
  UNION ALL
  SELECT
    time_bucket(INTERVAL 15 minutes, judged_at), feature, judge, 1, coalesce(via = 'cache', FALSE)::INTEGER,
    coalesce(via = 'batch', FALSE)::INTEGER, known, CASE WHEN via = 'batch' THEN known ELSE 0 END,
    (cost_usd IS NULL AND input_tokens IS NOT NULL)::INTEGER
  FROM (
    SELECT
      judged_at, feature, judge, via, cost_usd, input_tokens,
      (CASE WHEN isfinite(cost_usd) THEN greatest(least(cost_usd, 1e4), 0) ELSE 0 END)::DECIMAL(38, 12) AS known
    FROM verdict
    WHERE seq > (SELECT seq FROM usage_watermark) AND kind <> 'feedback' AND judged_at >= $first AND judged_at < $last
  )
  UNION ALL
  SELECT
    time_bucket(INTERVAL 15 minutes, paid_at), coalesce(feature, ''), coalesce(judge, $trials), 0, 0, 0,
    coalesce(usd::DECIMAL(38, 12), 0), 0, (usd IS NULL)::INTEGER
  FROM spent_apart()
  WHERE paid_at >= $first AND paid_at < $last
)
GROUP BY ALL
HAVING NOT $paid OR sum(usd) > 0 OR sum(unpriced) > 0 OR sum(reused) > 0
ORDER BY day, feature, judge;

-- latencies: How long did the kept calls of this time take, at the median and the 95th percentile?
SELECT feature, quantile_cont(latency_ms, 0.5) AS p50, quantile_cont(latency_ms, 0.95) AS p95
FROM sample
WHERE ts >= $start_at AND ts < $end_at AND latency_ms IS NOT NULL
GROUP BY feature;

-- pass_votes: What are the votes of each judge version on each feature in this time?
SELECT
  feature, judge, judge_version,
  round(sum(votes), 9) AS votes,
  round(sum(passes), 9) AS passes,
  round(sum(errors), 9) AS errors,
  round(sum(weight), 6) AS weight,
  round(sum(weight_sq), 6) AS weight_sq,
  round(sum(weight_pass), 6) AS weight_pass,
  round(sum(weight_sq_pass), 6) AS weight_sq_pass,
  round(sum(weight_sq_pass_sq), 6) AS weight_sq_pass_sq
FROM rollup
WHERE bucket >= $start_at AND bucket < $end_at
GROUP BY feature, judge, judge_version;
