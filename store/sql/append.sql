-- known_samples: At which times in this span are these ids stored?
SELECT sample.sample_id, ts
FROM sample
SEMI JOIN incoming ON incoming.sample_id = sample.sample_id
WHERE ts BETWEEN $from_ts AND $until_ts;

-- insert_samples: These samples are new.
INSERT INTO sample (
  sample_id, ts, received_at, feature, environment, session_id, user_id, model, prompt_version, release, stop_reason,
  error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u, provider, stop_reason_raw, incomplete, text, text_hash, trace_id,
  span_id, response_id, length, cost_usd, seq
)
SELECT
  sample_id, ts, received_at, feature, environment, session_id, user_id, model, prompt_version, release, stop_reason,
  error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u, provider, stop_reason_raw, incomplete, text, text_hash, trace_id,
  span_id, response_id, length, cost_usd, seq
FROM incoming;

-- insert_payloads: These are the texts of new samples.
INSERT INTO payload (sample_id, ts, request, response, reference)
SELECT sample_id, ts, request, response, reference FROM incoming;

-- insert_traffic: So many more items arrived.
INSERT INTO traffic (bucket, feature, model, stop_reason, latency_bin, outcome, n)
SELECT bucket, feature, model, stop_reason, latency_bin, outcome, sum(n) FROM incoming
GROUP BY bucket, feature, model, stop_reason, latency_bin, outcome;

-- known_verdicts: Which judge versions have judged these samples of this span?
SELECT verdict.sample_id, verdict.ts, judge, judge_version
FROM verdict
SEMI JOIN incoming ON incoming.sample_id = verdict.sample_id AND incoming.ts = verdict.ts
WHERE verdict.ts BETWEEN $from_ts AND $until_ts;

-- insert_verdicts: These verdicts are new.
INSERT INTO verdict (
  seq, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score, label, explanation, reason, model, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_usd, duration_ms, via, provider, votes, disagreement, escalated, flipped,
  cut, content_hash
)
SELECT
  seq, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score, label, explanation, reason, model, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_usd, duration_ms, via, provider, votes, disagreement, escalated, flipped,
  cut, content_hash
FROM incoming;

-- insert_opinions: These are the single answers behind new verdicts.
INSERT INTO opinion (
  sample_id, ts, judged_at, judge, judge_version, position, role, via, provider, model, status, passed, score, label,
  explanation, reason, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
)
SELECT
  sample_id, ts, judged_at, judge, judge_version, position, role, via, provider, model, status, passed, score, label,
  explanation, reason, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
FROM incoming;

-- insert_parts: These parts of calls were acknowledged.
INSERT INTO part (
  seq, group_id, part_id, received_at, expires_at, kind, span_id, parent_id, instance, started_at, ended_at, has_text,
  withheld, size, body
)
SELECT
  seq, group_id, part_id, received_at, expires_at, kind, span_id, parent_id, instance, started_at, ended_at, has_text,
  withheld, size, body
FROM incoming;

-- last_seq: What is the highest number that a sample, a verdict or a part has had?
SELECT greatest(
  coalesce((SELECT max(seq) FROM sample), 0),
  coalesce((SELECT max(seq) FROM verdict), 0),
  coalesce((SELECT max(seq) FROM part), 0),
  coalesce((SELECT max(seq) FROM rollup_watermark), 0),
  coalesce((SELECT max(seq) FROM export_watermark), 0)
) AS seq;

-- make_incoming: What are the rows that several queries are about?
CREATE OR REPLACE TEMPORARY TABLE incoming AS FROM arriving;

-- drop_incoming: Those rows are dealt with.
DROP TABLE incoming;
