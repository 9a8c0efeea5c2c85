-- alerts_by_state: How many alerts are in each state?
SELECT state, count(*) AS n FROM alert GROUP BY state ORDER BY state;

-- incidents_by_state: How many incidents are in each state, by severity?
SELECT state, severity, count(*) AS n FROM incident GROUP BY state, severity ORDER BY state, severity;

-- failing_channels: Which channels refused a message and have taken none since that came to be owed later?
SELECT channel
FROM delivery
GROUP BY channel
HAVING
  max(seq) FILTER (WHERE state = 'dead' OR (state = 'pending' AND attempts > 0))
  > coalesce(max(seq) FILTER (WHERE state = 'delivered'), -1)
ORDER BY channel;

-- due_since: Since when has each channel kept a message waiting that it refused, or that is due?
SELECT channel, min(CASE WHEN attempts > 0 THEN created_at ELSE next_attempt_at END) AS since
FROM delivery
WHERE state = 'pending' AND (attempts > 0 OR next_attempt_at <= $now)
GROUP BY channel
ORDER BY channel;
