-- quiet_sessions: Of which quiet sessions does this judge version owe a verdict, by their last sample, oldest first?
WITH quiet AS (
  SELECT feature, session_id, max_by({'sample_id': sample_id, 'ts': ts}, (ts, sample_id)) AS last
  FROM sample
  WHERE received_at >= $since AND session_id IS NOT NULL AND list_contains($features::VARCHAR[], feature)
  GROUP BY feature, session_id
  HAVING max(received_at) <= $quiet_before
)
SELECT sample.sample_id, sample.ts, sample.received_at
FROM quiet
JOIN sample ON sample.sample_id = quiet.last.sample_id AND sample.ts = quiet.last.ts
ANTI JOIN verdict ON verdict.sample_id = sample.sample_id AND verdict.ts = sample.ts
  AND verdict.judge = $judge AND verdict.judge_version = $judge_version
ASOF LEFT JOIN (SELECT since, factor FROM judge_rate WHERE judge = $judge) AS thinned
  ON sample.received_at >= thinned.since
WHERE sample.text = 'kept' AND ($incomplete OR sample.incomplete IS NULL)
  AND meets(
    $fields::VARCHAR[], $patterns::VARCHAR[], sample.feature, sample.model, sample.stop_reason, sample.error,
    sample.environment, sample.release, sample.prompt_version, sample.metadata
  )
  AND sample.sampling_u < coalesce(factor, 1)
    * coalesce(map($classes::VARCHAR[], $rates::DOUBLE[])[sample.sampling_class], $default_rate)
ORDER BY sample.received_at, sample.ts, sample.sample_id
LIMIT $limit;

-- samples_of_session: Which are the last samples of this session up to then, oldest first?
SELECT sample_id, ts
FROM sample
WHERE feature = $feature AND session_id = $session_id AND ts <= $until_ts
QUALIFY row_number() OVER (ORDER BY ts DESC, sample_id DESC) <= $limit
ORDER BY ts, sample_id;
