-- levels_of_windows: How many votes has each value or label of a series in these two windows?
-- Each window is read by itself: few blocks hold it, and what lies between the two is left alone.
WITH counted AS (
  SELECT value, label, votes AS before, 0 AS now
  FROM rollup_value
  WHERE feature = $feature AND metric = $metric AND judge = $judge AND judge_version = $judge_version
    AND bucket >= $before_at AND bucket < $before_end_at
  UNION ALL
  SELECT value, label, 0, votes
  FROM rollup_value
  WHERE feature = $feature AND metric = $metric AND judge = $judge AND judge_version = $judge_version
    AND bucket >= $now_at AND bucket < $now_end_at
)
SELECT value, label, round(sum(before), 9) AS before, round(sum(now), 9) AS now
FROM counted
GROUP BY value, label
ORDER BY value, label;

-- graded_by: By which metric, score or label, is this judge version counted beside pass and fail?
SELECT metric FROM graded_judge WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version;
