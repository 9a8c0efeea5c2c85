-- requests_over: How many requests of each quarter hour have this figure, and how many of them are above the limit?
-- Both also by what they stand for: one kept by a rate of 1 in 10 stands for 10; those kept for bad feedback say nothing.
SELECT
  time_bucket(INTERVAL 15 minutes, ts) AS start_at,
  count(*) AS n,
  sum(1 / sampling_probability ORDER BY ts, sample_id) AS weight,
  coalesce(sum(1 / sampling_probability ORDER BY ts, sample_id) FILTER (WHERE figure > $limit), 0) AS bad
FROM (
  SELECT ts, sample_id, sampling_probability, CASE $figure
    WHEN 'errors' THEN (error IS NOT NULL)::INTEGER
    WHEN 'latency_ms' THEN latency_ms
    WHEN 'input_tokens' THEN prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens)
    WHEN 'output_tokens' THEN output_tokens
  END AS figure
  FROM sample
  WHERE feature = $feature AND ts >= $from_at AND ts < $until_at
    AND sampling_class <> 'feedback' AND sampling_probability > 0
)
WHERE figure IS NOT NULL
GROUP BY start_at
ORDER BY start_at;

-- requests_quantile: What is the quantile of this figure over the requests of this time, weighted as above?
SELECT min(figure) AS value
FROM (
  SELECT figure, sum(weight) OVER (ORDER BY figure) AS below, sum(weight) OVER () AS total
  FROM (
    SELECT 1 / sampling_probability AS weight, CASE $figure
      WHEN 'latency_ms' THEN latency_ms
      WHEN 'input_tokens' THEN prompt_tokens(input_tokens, cache_read_tokens, cache_write_tokens)
      WHEN 'output_tokens' THEN output_tokens
    END AS figure
    FROM sample
    WHERE feature = $feature AND ts >= $from_at AND ts < $until_at
      AND sampling_class <> 'feedback' AND sampling_probability > 0
  )
  WHERE figure IS NOT NULL
)
WHERE below >= $quantile * total * (1 - 1e-12);
