-- value_span: From when to when were there samples of this feature with this value, and which newer value came first?
WITH named AS (
  SELECT
    ts,
    CASE $kind WHEN 'release' THEN release WHEN 'model' THEN model WHEN 'prompt_version' THEN prompt_version END AS name
  FROM sample
  WHERE feature = $feature
), own AS (
  SELECT min(ts) AS first_at, max(ts) AS last_at FROM named WHERE name = $name
), later AS (
  SELECT name, min(ts) AS ts FROM named WHERE name <> '' GROUP BY name HAVING min(ts) > (SELECT first_at FROM own)
)
SELECT
  first_at,
  last_at,
  (SELECT min(ts) FROM later) AS next_at,
  (SELECT min(name ORDER BY ts, name) FROM later WHERE ts = (SELECT min(ts) FROM later)) AS next_name
FROM own;

-- value_share: How many samples of the feature lie in this time, and how many of them have the value?
SELECT
  count(*) AS n,
  count(*) FILTER (
    WHERE $name = CASE $kind
      WHEN 'release' THEN release WHEN 'model' THEN model WHEN 'prompt_version' THEN prompt_version
    END
  ) AS own
FROM sample
WHERE feature = $feature AND ts >= $start_at AND ts < $end_at;

-- newest_values: Which values of this kind did the feature have last?
WITH named AS (
  SELECT
    ts,
    CASE $kind WHEN 'release' THEN release WHEN 'model' THEN model WHEN 'prompt_version' THEN prompt_version END AS name
  FROM sample
  WHERE feature = $feature
)
SELECT name FROM named WHERE name <> '' GROUP BY name ORDER BY max(ts) DESC, name LIMIT $limit;

-- version_spans: From when to when did each version of these judges vote on these features, up to a time?
WITH voted AS (
  SELECT feature, judge, judge_version, bucket FROM rollup
  UNION ALL
  SELECT feature, judge, judge_version, bucket FROM rollup_value WHERE metric IN ('score', 'label')
)
SELECT feature, judge, judge_version, min(bucket) AS first_at, max(bucket) + INTERVAL 15 minutes AS last_at
FROM voted
SEMI JOIN incoming ON incoming.feature = voted.feature AND incoming.judge = voted.judge
WHERE bucket < $until
GROUP BY feature, judge, judge_version
ORDER BY feature, judge, first_at, judge_version;

-- version_models: Of which kind were these judges' versions lately, and which model did each ask most often?
SELECT judge, judge_version, min(kind) AS kind, mode(model) AS model
FROM verdict
WHERE ts >= $from_ts AND list_contains($judges::VARCHAR[], judge)
GROUP BY judge, judge_version
ORDER BY judge, judge_version;
