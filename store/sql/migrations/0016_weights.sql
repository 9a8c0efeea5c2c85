-- A verdict's probability is that of its sample being kept and judged, in one: weights had the first of them twice. Each
-- sum is multiplied by what that makes of it, told from the verdicts. Turns of one session share a vote and are taken
-- singly here, so that sums of sessions that were kept at several rates are near to a full count, not equal to it.
UPDATE rollup
SET
  weight = weight * coalesce(told.w, 1),
  weight_sq = weight_sq * coalesce(told.w_sq, 1),
  weight_pass = weight_pass * coalesce(told.w_pass, 1),
  weight_sq_pass = weight_sq_pass * coalesce(told.w_sq_pass, 1),
  weight_sq_pass_sq = weight_sq_pass_sq * coalesce(told.w_sq_pass, 1)
FROM (
  SELECT
    feature, judge, judge_version, bucket, sampling_class,
    sum(w) / sum(twice) AS w,
    sum(w * w) / sum(twice * twice) AS w_sq,
    sum(w) FILTER (WHERE passed) / sum(twice) FILTER (WHERE passed) AS w_pass,
    sum(w * w) FILTER (WHERE passed) / sum(twice * twice) FILTER (WHERE passed) AS w_sq_pass
  FROM (
    SELECT
      verdict.feature, judge, judge_version, time_bucket(INTERVAL 15 minutes, verdict.ts) AS bucket,
      verdict.sampling_class, passed,
      1 / greatest(judge_probability, 1e-6) AS w,
      1 / greatest(judge_probability * coalesce(sample.sampling_probability, 1), 1e-6) AS twice
    FROM verdict
    LEFT JOIN sample ON sample.sample_id = verdict.sample_id AND sample.ts = verdict.ts
    WHERE status = 'ok' AND passed IS NOT NULL
  )
  GROUP BY ALL
  HAVING sum(w) < sum(twice)
) AS told
WHERE told.feature = rollup.feature AND told.judge = rollup.judge AND told.judge_version = rollup.judge_version
  AND told.bucket = rollup.bucket AND told.sampling_class = rollup.sampling_class;
