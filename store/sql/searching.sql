-- portion_of_samples: Which samples of this portion of time match, newest first? Branches that are not asked for vanish.
WITH alike AS NOT MATERIALIZED (
  SELECT sample_id, ts
  FROM sample
  WHERE ts >= $from_ts AND ts <= $after_ts AND (ts < $after_ts OR sample_id > $after_id)
    AND ($sample_id IS NULL OR starts_with(sample_id, $sample_id) OR sample_id = $sample_hash)
    AND ($session_ids::VARCHAR[] IS NULL OR list_contains($session_ids::VARCHAR[], session_id))
    AND ($user_ids::VARCHAR[] IS NULL OR list_contains($user_ids::VARCHAR[], user_id))
    AND ($feature IS NULL OR feature = $feature)
    AND ($environment IS NULL OR environment = $environment)
    AND ($model IS NULL OR model = $model)
    AND ($provider IS NULL OR provider = $provider)
    AND ($prompt_version IS NULL OR prompt_version = $prompt_version)
    AND ($release IS NULL OR release = $release)
    AND ($stop_reason IS NULL OR stop_reason = $stop_reason)
    AND ($has_error IS NULL OR (error IS NOT NULL) = $has_error)
    AND ($source IS NULL OR source = $source)
    AND ($sampling_class IS NULL OR sampling_class = $sampling_class)
    AND ($min_latency_ms IS NULL OR latency_ms >= $min_latency_ms)
    AND ($min_output_tokens IS NULL OR output_tokens >= $min_output_tokens)
    AND ($min_cost_usd IS NULL OR cost_usd >= $min_cost_usd)
    AND (len($keys::VARCHAR[]) = 0 OR len(list_filter(
      list_zip($keys::VARCHAR[], $texts::VARCHAR[]), lambda one: metadata[one[1]] IS DISTINCT FROM one[2]
    )) = 0)
), judged AS NOT MATERIALIZED (
  SELECT sample_id, ts FROM alike WHERE NOT $by_verdict
  UNION ALL
  SELECT alike.sample_id, alike.ts
  FROM alike
  SEMI JOIN verdict ON verdict.sample_id = alike.sample_id AND verdict.ts = alike.ts
    AND verdict.ts >= $from_ts AND verdict.ts <= $after_ts
    AND ($judge IS NULL OR verdict.judge = $judge)
    AND ($judge_version IS NULL OR verdict.judge_version = $judge_version)
    AND ($passed IS NULL OR verdict.passed = $passed)
    AND ($status IS NULL OR verdict.status = $status)
    AND ($label IS NULL OR verdict.label = $label)
  WHERE $by_verdict
)
SELECT sample_id, ts FROM judged WHERE len($words::VARCHAR[]) = 0
UNION ALL
SELECT judged.sample_id, judged.ts
FROM judged
SEMI JOIN payload ON payload.sample_id = judged.sample_id AND payload.ts = judged.ts
  AND payload.ts >= $from_ts AND payload.ts <= $after_ts
  AND len(list_filter(
    $words::VARCHAR[],
    lambda word: NOT contains(lower(coalesce(payload.request, '')), lower(word))
      AND NOT contains(lower(coalesce(payload.response, '')), lower(word))
  )) = 0
WHERE len($words::VARCHAR[]) > 0
ORDER BY ts DESC, sample_id
LIMIT $limit;

-- briefs_of_keys: What do lists show of the samples with these ids and times? Texts only up to so many bytes.
-- The times are listed too: samples that lie far apart would else have all texts between them unpacked.
SELECT
  sample.sample_id, sample.ts, feature, environment, session_id, model, prompt_version, release, stop_reason, error,
  metadata, text, incomplete,
  coalesce(strlen(request), 0) + coalesce(strlen(response), 0) + coalesce(strlen(reference), 0) AS size,
  CASE WHEN strlen(request) <= $longest THEN request END AS request,
  CASE WHEN strlen(response) <= $longest THEN response END AS response
FROM sample
SEMI JOIN incoming ON incoming.sample_id = sample.sample_id AND incoming.ts = sample.ts
LEFT JOIN payload ON payload.sample_id = sample.sample_id AND payload.ts = sample.ts
  AND payload.ts BETWEEN $from_ts AND $until_ts AND list_contains($times::TIMESTAMP[], payload.ts)
WHERE sample.ts BETWEEN $from_ts AND $until_ts;

-- sizes_of_keys: How many bytes of text do the samples with these ids and times hold?
SELECT
  payload.sample_id, payload.ts,
  coalesce(strlen(request), 0) + coalesce(strlen(response), 0) + coalesce(strlen(reference), 0) AS size
FROM payload
SEMI JOIN incoming ON incoming.sample_id = payload.sample_id AND incoming.ts = payload.ts
WHERE payload.ts BETWEEN $from_ts AND $until_ts AND list_contains($times::TIMESTAMP[], payload.ts);

-- samples_near: Which samples of this session lie nearest to this time? place: their place in all of it, from 1 to n.
SELECT sample_id, ts, row_number() OVER (ORDER BY ts, sample_id) AS place, count(*) OVER () AS n
FROM sample
WHERE list_contains($session_ids::VARCHAR[], session_id)
ORDER BY abs(epoch_us(ts) - epoch_us($near::TIMESTAMP)), ts, sample_id
LIMIT $limit;

-- marks_of_keys: How did the judgements on the samples with these ids and times end?
SELECT
  verdict.sample_id, verdict.ts, verdict.judge, verdict.judge_version, verdict.kind, verdict.status, verdict.passed,
  verdict.label, verdict.reason
FROM verdict
SEMI JOIN incoming ON incoming.sample_id = verdict.sample_id AND incoming.ts = verdict.ts
WHERE verdict.ts BETWEEN $from_ts AND $until_ts
ORDER BY verdict.judge, verdict.judged_at, verdict.judge_version;

-- judges_of_keys: Which judges spoke on the samples with these ids and times most often?
SELECT judge
FROM verdict
SEMI JOIN incoming ON incoming.sample_id = verdict.sample_id AND incoming.ts = verdict.ts
WHERE verdict.ts BETWEEN $from_ts AND $until_ts
GROUP BY judge
ORDER BY count(*) DESC, judge
LIMIT $most;

-- times_of_samples: When did the first and the last sample of this time happen?
SELECT min(ts) AS oldest, max(ts) AS newest FROM sample WHERE ts >= $start_at AND ts < $end_at;

-- count_of_samples: How many samples does this time hold?
SELECT count(*) AS n FROM sample WHERE ts >= $start_at AND ts < $end_at;

-- sample_facets: Which values of each dimension are the most frequent ones of this time?
WITH looked_at AS (
  SELECT feature, environment, model, provider, prompt_version, release, stop_reason, source, sampling_class
  FROM sample
  WHERE ts >= $start_at AND ts < $end_at
), counted AS (
  SELECT dimension, '' AS of, value, count(*) AS n
  FROM (UNPIVOT looked_at ON COLUMNS(*) INTO NAME dimension VALUE value) GROUP BY ALL
  UNION ALL
  SELECT 'metadata', entry.key, entry.value, count(*)
  FROM (SELECT unnest(map_entries(metadata)) AS entry FROM sample WHERE ts >= $start_at AND ts < $end_at) GROUP BY ALL
  UNION ALL
  SELECT 'judge', '', judge, count(*) FROM verdict WHERE ts >= $start_at AND ts < $end_at GROUP BY ALL
  UNION ALL
  SELECT 'judge_version', judge, judge_version, count(*) FROM verdict WHERE ts >= $start_at AND ts < $end_at GROUP BY ALL
  UNION ALL
  SELECT 'label', judge, label, count(*) FROM verdict WHERE ts >= $start_at AND ts < $end_at GROUP BY ALL
)
SELECT dimension, of, value
FROM counted
WHERE value IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY dimension, of ORDER BY n DESC, value) <= $most
  AND dense_rank() OVER (PARTITION BY dimension ORDER BY of) <= $most
ORDER BY dimension, of, n DESC, value;
