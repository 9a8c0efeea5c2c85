-- side_series: Which judge versions judged samples of this side, and how many of them?
SELECT verdict.feature, judge, judge_version, any_value(kind) AS kind, max(judged_at) AS judged_at, count(*) AS n
FROM verdict
JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
WHERE ($feature IS NULL OR verdict.feature = $feature)
  AND ($release IS NULL OR sample.release = $release)
  AND ($prompt_version IS NULL OR sample.prompt_version = $prompt_version)
  AND ($model IS NULL OR sample.model = $model)
  AND verdict.ts >= $start_at AND verdict.ts < $end_at AND sample.ts >= $start_at AND sample.ts < $end_at
  AND verdict.sampling_class <> 'feedback' AND status <> 'skipped'
GROUP BY verdict.feature, judge, judge_version
ORDER BY verdict.feature, judge, judge_version;

-- side_verdicts: What did this judge version say of the newest samples of this side, oldest first?
SELECT
  sample.sample_id, sample.ts, sample.session_id, status, passed, sample.model, sample.stop_reason, sample.error,
  sample.environment, sample.release, sample.prompt_version, sample.metadata
FROM verdict
JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
WHERE verdict.feature = $feature AND judge = $judge AND judge_version = $judge_version
  AND ($release IS NULL OR sample.release = $release)
  AND ($prompt_version IS NULL OR sample.prompt_version = $prompt_version)
  AND ($model IS NULL OR sample.model = $model)
  AND verdict.ts >= $start_at AND verdict.ts < $end_at AND sample.ts >= $start_at AND sample.ts < $end_at
  AND verdict.sampling_class <> 'feedback' AND status <> 'skipped'
QUALIFY row_number() OVER (ORDER BY sample.ts DESC, sample.sample_id DESC) <= $limit
ORDER BY sample.ts, sample.sample_id;

-- side_requests: Which of these samples were asked the same, by a hash of the conversation without its system prompt?
SELECT payload.sample_id, payload.ts, md5(json_extract(payload.request, '$.messages')::VARCHAR) AS asked
FROM payload
SEMI JOIN incoming ON incoming.sample_id = payload.sample_id AND incoming.ts = payload.ts
WHERE payload.ts BETWEEN $from_ts AND $until_ts;
