-- sample_keys_of_id: Which samples carry this id, newest first?
SELECT sample_id, ts FROM sample WHERE sample_id = $sample_id ORDER BY ts DESC;

-- came_since: Which number has the newest sample, and when was the first of those above this number received?
SELECT
  (SELECT coalesce(max(seq), -1) FROM sample) AS newest,
  (SELECT min(received_at) FROM sample WHERE seq > $seq) AS earliest,
  (SELECT count(*) > 0 FROM batch_item) AS in_batches;

-- newest_times: When was each of these ids used last?
SELECT sample_id, max(ts) AS ts
FROM sample
SEMI JOIN (SELECT unnest($sample_ids::VARCHAR[]) AS wanted) ON wanted = sample_id
GROUP BY sample_id;

-- sample_keys: Which are the newest samples of this feature and time?
SELECT sample_id, ts
FROM sample
WHERE ($feature IS NULL OR feature = $feature) AND ts >= $start_at AND ts < $end_at
ORDER BY ts DESC, sample_id
LIMIT $limit;

-- sample_keys_by_verdict: Which are the newest samples that got such a verdict?
SELECT DISTINCT verdict.sample_id, verdict.ts
FROM verdict
SEMI JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
WHERE ($feature IS NULL OR verdict.feature = $feature)
  AND ($judge IS NULL OR verdict.judge = $judge)
  AND ($judge_version IS NULL OR verdict.judge_version = $judge_version)
  AND ($passed IS NULL OR verdict.passed = $passed)
  AND ($status IS NULL OR verdict.status = $status)
  AND verdict.ts >= $start_at AND verdict.ts < $end_at
ORDER BY verdict.ts DESC, verdict.sample_id
LIMIT $limit;

-- samples_of_keys: What do the samples with these ids and times hold?
SELECT
  sample.sample_id, sample.ts, received_at, feature, environment, session_id, user_id, model, prompt_version, release,
  stop_reason, error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u, provider, stop_reason_raw, incomplete, text, text_hash, trace_id,
  span_id, response_id, length, cost_usd, request, response, reference
FROM sample
SEMI JOIN incoming ON incoming.sample_id = sample.sample_id AND incoming.ts = sample.ts
LEFT JOIN payload ON payload.sample_id = sample.sample_id AND payload.ts = sample.ts
  AND payload.ts BETWEEN $from_ts AND $until_ts
  AND ($times::TIMESTAMP[] IS NULL OR list_contains($times::TIMESTAMP[], payload.ts))
WHERE sample.ts BETWEEN $from_ts AND $until_ts;

-- sample_features: Which features have samples?
SELECT DISTINCT feature FROM sample ORDER BY feature;

-- sample_sources: Which kinds of clients sent samples of this time, by feature, and how many lack text?
SELECT
  feature,
  source,
  incomplete,
  count(*) AS n,
  count(*) FILTER (WHERE text = 'missing') AS without_text,
  max(received_at) AS last_at
FROM sample
WHERE received_at >= $since
GROUP BY feature, source, incomplete
ORDER BY feature, source, incomplete;
