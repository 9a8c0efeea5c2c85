-- judge_definitions: What was each version of these judges (of all: NULL), the oldest first?
SELECT judge, judge_version, kind, model, definition, first_seen_at
FROM judge_version
WHERE $judge IS NULL OR judge = $judge
ORDER BY first_seen_at, judge, judge_version;

-- insert_judge_versions: These versions judge from now on.
INSERT INTO judge_version (judge, judge_version, kind, model, definition, first_seen_at)
SELECT judge, judge_version, kind, model, definition, first_seen_at
FROM incoming;

-- judge_version_work: What has each version of this judge done in all time?
-- What is said of its work is what judge_figures says, of verdicts of a model alone. Whole
-- milliseconds take half the time.
SELECT
  judge_version,
  any_value(kind) AS kind,
  any_value(model) AS model,
  min(judged_at) AS first_at,
  max(judged_at) AS last_at,
  count(*) FILTER (WHERE status = 'ok') AS ok,
  count(*) FILTER (WHERE status = 'error') AS errors,
  count(*) FILTER (WHERE status = 'skipped') AS skipped,
  count(passed) AS decided,
  count(*) FILTER (WHERE passed) AS passed,
  CASE WHEN bool_or(cost_usd IS NULL AND input_tokens IS NOT NULL) THEN NULL ELSE sum(cost_usd) END AS usd,
  count(via) AS n,
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
WHERE judge = $judge
GROUP BY judge_version
ORDER BY first_at, judge_version;
