-- example_keys_of_judge: Which are the newest samples of this time and slice with this outcome, and what describes them?
-- The outcome is that of the votes (votes.sql); a key of a slice is metadata, or what was deployed.
SELECT
  verdict.sample_id, verdict.ts, verdict.session_id, verdict.score AS value, verdict.label, sample.metadata
FROM verdict
JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
WHERE verdict.feature = $feature AND judge = $judge AND judge_version = $judge_version
  AND verdict.ts >= $start_at AND verdict.ts < $end_at AND sample.ts >= $start_at AND sample.ts < $end_at
  AND sample.feature = $feature AND verdict.sampling_class <> 'feedback' AND status IN ('ok', 'error')
  AND CASE $metric
    WHEN 'judge_errors' THEN status = 'error'
    WHEN 'score' THEN status = 'ok' AND (round(score, 2) >= $low OR round(score, 2) < $high)
    WHEN 'label' THEN
      CASE WHEN status = 'ok' AND label IS NOT NULL THEN list_contains($labels::VARCHAR[], label) <> $others END
    ELSE CASE WHEN status = 'ok' THEN passed END
  END = $holds
  AND len(list_filter(
    list_zip($keys::VARCHAR[], $values::VARCHAR[]),
    lambda pair: coalesce(
      CASE pair[1]
        WHEN 'model' THEN sample.model
        WHEN 'prompt_version' THEN sample.prompt_version
        WHEN 'release' THEN sample.release
        ELSE left(sample.metadata[regexp_replace(pair[1], '^metadata[.](model|prompt_version|release)$', '\1')], 200)
      END, ''
    ) <> pair[2]
  )) = 0
ORDER BY verdict.ts DESC, verdict.sample_id
LIMIT $limit;

-- example_keys_of_samples: The same where the outcome is what the sample measures.
WITH measured AS (
  SELECT
    sample_id, ts, session_id, model, prompt_version, release, metadata,
    CASE $metric
      WHEN 'latency_ms' THEN latency_ms
      WHEN 'input_tokens' THEN prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens)
      WHEN 'output_tokens' THEN output_tokens
      WHEN 'cost_usd' THEN cost_usd
      WHEN 'length' THEN length
    END AS value,
    CASE $metric
      WHEN 'stop_reason' THEN stop_reason
      WHEN 'model' THEN model
      WHEN 'errors' THEN CASE WHEN error IS NULL THEN 'ok' ELSE 'error' END
    END AS label
  FROM sample
  WHERE feature = $feature AND ts >= $start_at AND ts < $end_at AND sampling_class <> 'feedback'
)
SELECT sample_id, ts, session_id, value::DOUBLE AS value, label, metadata
FROM measured
WHERE CASE
    WHEN label IS NOT NULL THEN list_contains($labels::VARCHAR[], label) <> $others
    WHEN value IS NOT NULL THEN bin_edge(value) >= $low OR bin_edge(value) < $high
  END = $holds
  AND len(list_filter(
    list_zip($keys::VARCHAR[], $values::VARCHAR[]),
    lambda pair: coalesce(
      CASE pair[1]
        WHEN 'model' THEN model
        WHEN 'prompt_version' THEN prompt_version
        WHEN 'release' THEN release
        ELSE left(metadata[regexp_replace(pair[1], '^metadata[.](model|prompt_version|release)$', '\1')], 200)
      END, ''
    ) <> pair[2]
  )) = 0
ORDER BY ts DESC, sample_id
LIMIT $limit;
