-- verdict_hour_state: Up to which verdict are the hours counted, and which is the newest?
SELECT
  (SELECT max(seq) FROM verdict_hour_watermark) AS watermark,
  (SELECT coalesce(max(seq), -1) FROM verdict) AS newest;

-- count_fresh_verdicts: What do the verdicts since the watermark add, and what was there in the hours that they touch?
CREATE OR REPLACE TEMP TABLE verdict_hour_anew AS
WITH fresh AS (
  SELECT
    date_trunc('hour', ts) AS ts, date_trunc('hour', judged_at) AS judged_at, feature, judge, judge_version, kind, status,
    reason, sampling_class <> 'feedback' AS has_vote, count(*) AS n, count(passed) AS decided,
    count(*) FILTER (WHERE passed) AS passed,
    count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens IS NOT NULL) AS unpriced,
    count(*) FILTER (WHERE cost_usd > 0 OR input_tokens IS NOT NULL) AS charged,
    sum(cost_usd) AS usd
  FROM verdict
  WHERE seq > $watermark AND kind <> 'feedback'
  GROUP BY ALL
), touched AS (
  SELECT DISTINCT ts, judged_at FROM fresh
)
SELECT
  ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, sum(n)::BIGINT AS n,
  sum(decided)::BIGINT AS decided, sum(passed)::BIGINT AS passed, sum(unpriced)::BIGINT AS unpriced,
  sum(charged)::BIGINT AS charged, sum(usd) AS usd
FROM (
  SELECT
    ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
  FROM fresh
  UNION ALL
  SELECT
    ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
  FROM verdict_hour
  SEMI JOIN touched USING (ts, judged_at)
)
GROUP BY ALL;

-- delete_touched_hours: These hours are about to be written anew.
DELETE FROM verdict_hour
USING (SELECT DISTINCT ts, judged_at FROM verdict_hour_anew) AS touched
WHERE touched.ts = verdict_hour.ts AND touched.judged_at = verdict_hour.judged_at;

-- insert_touched_hours: So many verdicts belong to these hours now.
INSERT INTO verdict_hour (
  ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
)
SELECT
  ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
FROM verdict_hour_anew
ORDER BY judged_at, ts, feature, judge;

-- delete_counted_hour: A verdict that was counted in these hours is gone.
DELETE FROM verdict_hour
WHERE ts = date_trunc('hour', $ts::TIMESTAMP) AND judged_at = date_trunc('hour', $judged_at::TIMESTAMP);

-- insert_counted_hour: So many of the counted verdicts belong to these hours without it.
INSERT INTO verdict_hour (
  ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
)
SELECT
  date_trunc('hour', ts), date_trunc('hour', judged_at), feature, judge, judge_version, kind, status, reason,
  sampling_class <> 'feedback' AS has_vote, count(*), count(passed), count(*) FILTER (WHERE passed),
  count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens IS NOT NULL),
  count(*) FILTER (WHERE cost_usd > 0 OR input_tokens IS NOT NULL), sum(cost_usd)
FROM verdict
WHERE seq <= (SELECT max(seq) FROM verdict_hour_watermark) AND kind <> 'feedback'
  AND ts >= date_trunc('hour', $ts::TIMESTAMP) AND ts < date_trunc('hour', $ts::TIMESTAMP) + INTERVAL 1 hour
  AND judged_at >= date_trunc('hour', $judged_at::TIMESTAMP)
  AND judged_at < date_trunc('hour', $judged_at::TIMESTAMP) + INTERVAL 1 hour
GROUP BY ALL;

-- set_verdict_hour_watermark: The hours hold the verdicts up to this one.
UPDATE verdict_hour_watermark SET seq = $seq;

-- verdict_counts: How did the judgements on samples of this time end?
SELECT feature, judge, judge_version, kind, status, reason, sum(n)::BIGINT AS n
FROM sampled_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
GROUP BY feature, judge, judge_version, kind, status, reason
ORDER BY feature, judge, judge_version, kind, status, reason;

-- verdicts_by_judge: How has every judge judged in all time?
SELECT judge, status, sum(n)::BIGINT AS n
FROM judged_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
GROUP BY judge, status;

-- verdict_costs: What was spent by day, feature and judge? A verdict with tokens but no price makes the sum unknown.
SELECT
  strftime(judged_at::DATE, '%Y-%m-%d') AS day,
  feature,
  judge,
  sum(n)::BIGINT AS verdicts,
  CASE WHEN sum(unpriced) > 0 THEN NULL ELSE sum(usd) END AS usd
FROM (
  SELECT judged_at, feature, judge, n, unpriced, usd
  FROM judged_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
  UNION ALL
  SELECT paid_at, feature, judge, 0, (usd IS NULL)::INTEGER, usd
  FROM spent_apart()
  WHERE judge IS NOT NULL AND paid_at >= $since AND paid_at < $until
)
GROUP BY ALL
ORDER BY day, feature, judge;

-- judge_spending: What did every judge spend since then?
SELECT judge, CASE WHEN sum(unpriced) > 0 THEN NULL ELSE sum(usd) END AS usd
FROM (
  SELECT judge, unpriced, charged, usd
  FROM judged_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
  UNION ALL
  SELECT judge, (usd IS NULL)::INTEGER, 1, usd
  FROM spent_apart()
  WHERE judge IS NOT NULL AND paid_at >= $since AND paid_at < $until
)
GROUP BY judge
HAVING sum(charged) > 0
ORDER BY judge;

-- judge_errors: Why did every judge version fail or skip in this time?
SELECT judge, judge_version, status, coalesce(reason, '') AS reason, sum(n)::BIGINT AS n
FROM judged_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
WHERE status <> 'ok'
GROUP BY ALL
ORDER BY n DESC, reason;

-- verdict_summary: How do the judges see these features, counted by sample? Not by those chosen for bad feedback.
SELECT
  feature,
  judge,
  judge_version,
  any_value(kind) AS kind,
  sum(decided)::BIGINT AS n,
  sum(passed)::BIGINT AS passed,
  coalesce(sum(n) FILTER (WHERE status = 'error'), 0)::BIGINT AS errors,
  coalesce(sum(n) FILTER (WHERE status = 'skipped'), 0)::BIGINT AS skipped
FROM judged_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
WHERE ($features::VARCHAR[] IS NULL OR list_contains($features::VARCHAR[], feature)) AND has_vote
GROUP BY feature, judge, judge_version
ORDER BY feature, judge, judge_version;

-- verdict_kinds: Of which kind is each judge version on each feature?
SELECT feature, judge, judge_version, any_value(kind) AS kind
FROM judged_between($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
GROUP BY ALL;
