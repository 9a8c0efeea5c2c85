-- chosen_segments: By which metadata keys (one per line) were features cut that nobody cut?
SELECT feature, keys FROM chosen_segment ORDER BY feature;

-- insert_chosen_segments: These features are cut so from now on. What was chosen stays.
INSERT INTO chosen_segment (feature, keys, chosen_at)
SELECT feature, keys, chosen_at FROM incoming WHERE feature NOT IN (SELECT feature FROM chosen_segment);

-- metadata_values: Which keys have few values among the samples of a window, and how many samples has each value?
WITH here AS (
  SELECT ts, metadata
  FROM sample
  WHERE feature = $feature AND ts >= $start_at AND ts < $end_at AND sampling_class <> 'feedback'
), pair AS (
  SELECT ts, unnest(map_entries(metadata)) AS entry FROM here
), counted AS (
  SELECT
    pair.entry.key AS key, pair.entry.value AS value, count(*) AS n, count(*) FILTER (WHERE ts < $middle_at) AS early
  FROM pair
  WHERE pair.entry.key <> ''
  GROUP BY ALL
)
SELECT key, value, n, early
FROM counted
QUALIFY count(*) OVER (PARTITION BY key) <= 20
UNION ALL
SELECT '' AS key, '' AS value, count(*) AS n, count(*) FILTER (WHERE ts < $middle_at) AS early FROM here
ORDER BY ALL;
