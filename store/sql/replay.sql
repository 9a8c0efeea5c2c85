-- replay_start: When did the first fact become known?
SELECT least(
  (SELECT min(received_at) FROM sample),
  (SELECT min(bucket) + INTERVAL 15 minutes FROM traffic),
  (SELECT min(created_at) FROM marker WHERE origin <> 'seen'),
  (SELECT min(hour) FROM watched_hour)
) AS first_at;

-- replay_samples: Which samples (without texts) arrived in this time, in order of arrival?
SELECT
  received_at AS known_at,
  sample_id, ts, received_at, feature, environment, session_id, user_id, model, prompt_version, release, stop_reason,
  error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, latency_ms, metadata, source,
  sampling_class, sampling_probability, sampling_u, provider, stop_reason_raw, incomplete, text, text_hash, trace_id,
  span_id, response_id, length, cost_usd
FROM sample
WHERE received_at > $after AND received_at <= $until
ORDER BY received_at, ts, sample_id;

-- replay_verdicts: Which verdicts (without texts) became known in this time: judged, on a sample that had arrived?
-- Each half asks for a time that its own table is written in order of, so that most of the table is skipped.
SELECT known_at, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score, label, NULL AS explanation, reason, model, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_usd, duration_ms, via, provider, votes, disagreement, escalated, flipped,
  cut, NULL AS content_hash
FROM (
  SELECT judged_at AS known_at, verdict.sample_id, verdict.ts, judged_at, verdict.feature, verdict.session_id,
    verdict.sampling_class, judge, judge_version, kind, status, judge_probability, passed, score, label, reason,
    verdict.model, verdict.input_tokens, verdict.output_tokens, verdict.cache_read_tokens, verdict.cache_write_tokens,
    verdict.cost_usd, duration_ms, via, verdict.provider, votes, disagreement, escalated, flipped, cut
  FROM verdict
  JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
  WHERE judged_at > $after AND judged_at <= $until AND received_at <= judged_at
  UNION ALL
  SELECT received_at AS known_at, verdict.sample_id, verdict.ts, judged_at, verdict.feature, verdict.session_id,
    verdict.sampling_class, judge, judge_version, kind, status, judge_probability, passed, score, label, reason,
    verdict.model, verdict.input_tokens, verdict.output_tokens, verdict.cache_read_tokens, verdict.cache_write_tokens,
    verdict.cost_usd, duration_ms, via, verdict.provider, votes, disagreement, escalated, flipped, cut
  FROM verdict
  JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
  WHERE received_at > $after AND received_at <= $until AND received_at > judged_at
)
ORDER BY known_at, ts, sample_id, judge, judge_version;

-- replay_traffic: Which traffic was counted in this time?
SELECT
  bucket + INTERVAL 15 minutes AS known_at, bucket, feature, model, stop_reason, latency_bin, outcome, n
FROM traffic
WHERE bucket + INTERVAL 15 minutes > $after AND bucket + INTERVAL 15 minutes <= $until
ORDER BY bucket, feature, model, stop_reason, latency_bin, outcome;

-- replay_markers: Which markers were told in this time? Those that the traffic shows are noticed again.
SELECT created_at AS known_at, marker_id, ts, created_at, kind, name, feature, origin, note
FROM marker
WHERE created_at > $after AND created_at <= $until AND origin <> 'seen'
ORDER BY created_at, marker_id;

-- replay_late: Which series were told of a quarter hour, in this time, after a look that should have seen it?
-- $every and $origin are the looks' grid, in microseconds. A vote lies in the quarter hour of its session's first turn.
WITH arrival AS (
  SELECT feature, '' AS judge, '' AS judge_version, session_id, ts, received_at AS known_at
  FROM sample
  WHERE received_at > $after AND received_at <= $until
  UNION ALL
  SELECT verdict.feature, judge, judge_version, verdict.session_id, verdict.ts, judged_at
  FROM verdict
  JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
  WHERE judged_at > $after AND judged_at <= $until AND received_at <= judged_at
  UNION ALL
  SELECT verdict.feature, judge, judge_version, verdict.session_id, verdict.ts, received_at
  FROM verdict
  JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
  WHERE received_at > $after AND received_at <= $until AND received_at > judged_at
), begun AS (
  SELECT feature, session_id, min(ts) AS ts
  FROM sample
  SEMI JOIN arrival ON arrival.feature = sample.feature AND arrival.session_id = sample.session_id
  WHERE session_id IS NOT NULL
  GROUP BY feature, session_id
), timed AS (
  SELECT
    arrival.feature, judge, judge_version,
    epoch_us(time_bucket(INTERVAL 15 minutes, least(arrival.ts, coalesce(begun.ts, arrival.ts)))) + 900_000_000 AS ended,
    ((epoch_us(known_at) - 1 - $origin) // $every) * $every + $origin AS look
  FROM arrival
  LEFT JOIN begun ON begun.feature = arrival.feature AND begun.session_id = arrival.session_id
)
SELECT DISTINCT make_timestamp(look) AS look, feature, judge, judge_version
FROM timed
WHERE ended <= (look // 900_000_000) * 900_000_000
ORDER BY look, feature, judge, judge_version;

-- replay_firsts: When did each kind of fact first become known? A series, or a marker, begins with one.
SELECT feature, judge, judge_version, min(known_at) AS known_at, max(known_at) AS last_at, kind
FROM (
  SELECT
    sample.feature, '' AS judge, '' AS judge_version, received_at AS known_at, '' AS kind,
    {
      'figures': [
        latency_ms IS NULL, input_tokens IS NULL, output_tokens IS NULL, stop_reason IS NULL, length IS NULL,
        sample.cost_usd IS NULL
      ],
      'names': [sample.model, release, prompt_version]
    } AS told
  FROM sample
  UNION ALL
  SELECT
    verdict.feature, judge, judge_version, greatest(judged_at, received_at), kind,
    {
      'figures': [status = 'ok', status = 'error', passed IS NULL, score IN (0, 1), lower(label) IN ('pass', 'fail')],
      'names': NULL
    }
  FROM verdict
  JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
)
GROUP BY feature, judge, judge_version, kind, told
ORDER BY known_at, feature, judge, judge_version, kind;

-- replay_hours: In which hours of this time did somebody watch?
SELECT hour AS known_at, hour FROM watched_hour WHERE hour > $after AND hour <= $until ORDER BY hour;

-- replay_insert_hours: In these hours somebody watched.
INSERT INTO watched_hour (hour)
SELECT hour FROM incoming WHERE hour NOT IN (SELECT hour FROM watched_hour);

-- replay_unscored: What was counted as unscored in these quarter hours, when they had had their time?
SELECT feature, judge, judge_version, bucket, label, votes
FROM rollup_value
WHERE metric = 'unscored' AND bucket >= $from_at AND bucket < $until_at
ORDER BY bucket, feature, judge, judge_version, label;

-- replay_first_unscored: When was something first counted as unscored, by judge version and feature?
SELECT min(bucket) AS bucket FROM rollup_value WHERE metric = 'unscored' GROUP BY feature, judge, judge_version;

-- replay_commands: Which reference windows were chosen by command, and when?
-- A later first window was one too: a reset.
SELECT feature, judge, metric, start_at, end_at, baseline.created_at AS known_at, note
FROM baseline
JOIN monitor ON monitor.monitor_id = baseline.monitor_id
WHERE origin NOT IN ('first_window', 'config') OR (origin = 'first_window' AND version > 1)
GROUP BY ALL
ORDER BY known_at, feature, judge, metric;
