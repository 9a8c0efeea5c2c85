-- known_samples: Which incoming samples are stored already?
SELECT DISTINCT incoming.place
FROM incoming
JOIN sample ON sample.sample_id = incoming.sample_id AND sample.ts BETWEEN incoming.from_ts AND incoming.until_ts
WHERE sample.ts BETWEEN $from_ts AND $until_ts;

-- insert_samples: These samples are new.
INSERT INTO sample (
  sample_id, ts, received_at, feature, environment, session_id, user_id, model, prompt_version, release, stop_reason,
  error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u
)
SELECT
  sample_id, ts, received_at, feature, environment, session_id, user_id, model, prompt_version, release, stop_reason,
  error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u
FROM incoming
WHERE NOT list_contains($known::BIGINT[], place);

-- insert_payloads: These are the texts of new samples.
INSERT INTO payload (sample_id, ts, request, response, reference)
SELECT sample_id, ts, request, response, reference
FROM incoming
WHERE NOT list_contains($known::BIGINT[], place);

-- insert_traffic: So many more items arrived.
INSERT INTO traffic (bucket, feature, model, stop_reason, latency_bin, outcome, n)
SELECT bucket, feature, model, stop_reason, latency_bin, outcome, sum(n) FROM incoming
GROUP BY bucket, feature, model, stop_reason, latency_bin, outcome;

-- known_verdicts: Which incoming verdicts has the same judge version given already?
SELECT DISTINCT incoming.place
FROM incoming
JOIN verdict ON verdict.sample_id = incoming.sample_id AND verdict.ts = incoming.ts
  AND verdict.judge = incoming.judge AND verdict.judge_version = incoming.judge_version
WHERE verdict.ts BETWEEN $from_ts AND $until_ts;

-- insert_verdicts: These verdicts are new.
INSERT INTO verdict (
  seq, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score, label, explanation, reason, model, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_usd, duration_ms
)
SELECT
  $after + 1 + place, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score, label, explanation, reason, model, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_usd, duration_ms
FROM incoming
WHERE NOT list_contains($known::BIGINT[], place);

-- last_seq: What is the highest number that a verdict has had?
SELECT greatest(
  coalesce((SELECT max(seq) FROM verdict), 0),
  coalesce((SELECT max(seq) FROM rollup_watermark), 0)
) AS seq;
