-- known_feedback: Which of these are stored already?
SELECT feedback_id FROM feedback SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS wanted) ON wanted = feedback_id;

-- insert_feedback: Somebody said this.
INSERT INTO feedback (
  feedback_id, received_at, given_at, judge, sample_id, trace_id, span_id, response_id, records, source, user_id, passed,
  score, label, comment
)
SELECT
  feedback_id, received_at, given_at, judge, sample_id, trace_id, span_id, response_id, records, source, user_id, passed,
  score, label, comment
FROM incoming;

-- oldest_waiting_feedback: When was the first of those given that wait for their sample?
SELECT min(given_at) AS given_at FROM feedback WHERE sample_ts IS NULL;

-- fresh_feedback: Which were never looked for?
SELECT feedback_id FROM feedback WHERE sample_ts IS NULL AND looked_at IS NULL LIMIT $limit;

-- feedback_matches: Which sample, of those that arrived since then, is meant by feedback that waits?
-- The sample's own id comes first, then its span, then a span of the call or above it, then the response. Only a trace,
-- or a span above several calls, stands for the last call before the feedback, once no call of the trace waits any more.
WITH waiting AS (
  SELECT feedback_id, given_at, sample_id, trace_id, span_id, response_id, records
  FROM feedback
  WHERE sample_ts IS NULL AND (looked_at IS NULL OR NOT $fresh)
), recent AS NOT MATERIALIZED (
  SELECT sample_id, ts, trace_id, span_id, response_id
  FROM sample
  WHERE received_at >= $since AND ts >= $from_ts
), whole AS (
  SELECT feedback_id, given_at, trace_id, span_id, response_id, records
  FROM waiting
  ANTI JOIN (SELECT group_id FROM part WHERE kind = 'call') AS otlp ON otlp.group_id = 't:' || waiting.trace_id
  ANTI JOIN (SELECT group_id FROM part WHERE kind = 'call') AS langfuse ON langfuse.group_id = 'lf:' || waiting.trace_id
  WHERE waiting.trace_id IS NOT NULL AND waiting.sample_id IS NULL
), named AS (
  SELECT feedback_id, given_at, unnest(records) AS record FROM whole
), match AS (
  SELECT feedback_id, given_at, 1 AS place, recent.sample_id AS sample_id, recent.ts AS ts
  FROM waiting JOIN recent ON recent.sample_id = waiting.sample_id
  UNION ALL
  SELECT feedback_id, given_at, 2 AS place, recent.sample_id AS sample_id, recent.ts AS ts
  FROM waiting JOIN recent ON recent.trace_id = waiting.trace_id AND recent.span_id = waiting.span_id
  UNION ALL
  SELECT feedback_id, given_at, 3 AS place, recent.sample_id AS sample_id, recent.ts AS ts
  FROM named
  JOIN settled ON settled.record = named.record
  JOIN recent ON recent.sample_id = settled.sample_id AND recent.ts = settled.ts
  UNION ALL
  SELECT feedback_id, given_at, 4 AS place, recent.sample_id AS sample_id, recent.ts AS ts
  FROM waiting JOIN recent ON recent.response_id = waiting.response_id
  UNION ALL
  SELECT feedback_id, given_at, 5 AS place, recent.sample_id AS sample_id, recent.ts AS ts
  FROM whole JOIN recent ON recent.trace_id = whole.trace_id
  WHERE whole.span_id IS NULL AND whole.response_id IS NULL
), best AS (
  SELECT feedback_id, sample_id, ts
  FROM match
  QUALIFY row_number() OVER (
    PARTITION BY feedback_id ORDER BY place, ts > given_at, abs(epoch(ts) - epoch(given_at)), sample_id
  ) = 1
  LIMIT $limit
)
SELECT
  best.feedback_id, best.sample_id, best.ts, sample.feature, sample.session_id, sample.sampling_class,
  sample.sampling_probability
FROM best JOIN sample ON sample.sample_id = best.sample_id AND sample.ts = best.ts;

-- mark_looked_for: These were looked for everywhere.
UPDATE feedback SET looked_at = $looked_at
FROM (SELECT unnest($ids::VARCHAR[]) AS wanted)
WHERE wanted = feedback_id;

-- attach_feedback: These belong to these samples.
UPDATE feedback
SET
  attached_to = incoming.sample_id,
  sample_ts = incoming.ts,
  comment = CASE WHEN incoming.comment_kept THEN comment END
FROM incoming
WHERE feedback.feedback_id = incoming.feedback_id;

-- newest_feedback: What was said last of these samples, by judge? A word that decides goes before one that does not.
SELECT attached_to AS sample_id, sample_ts AS ts, judge, given_at, passed, score, label, comment
FROM feedback
SEMI JOIN incoming ON incoming.sample_id = feedback.attached_to AND incoming.ts = feedback.sample_ts
QUALIFY row_number() OVER (
  PARTITION BY attached_to, sample_ts, judge ORDER BY passed IS NULL, given_at DESC, feedback_id DESC
) = 1
ORDER BY sample_ts, attached_to, judge;

-- delete_feedback_verdicts: These verdicts are about to be given anew.
DELETE FROM verdict
USING incoming
WHERE verdict.ts BETWEEN $from_ts AND $until_ts AND verdict.kind = 'feedback'
  AND verdict.sample_id = incoming.sample_id AND verdict.ts = incoming.ts
  AND verdict.judge = incoming.judge AND verdict.judge_version = incoming.judge_version;

-- negative_feedback: What are the samples called that somebody found bad before they came? The newest word counts.
WITH said AS (
  SELECT coalesce(sample_id, response_id, trace_id) AS name, passed
  FROM feedback
  WHERE sample_ts IS NULL
  QUALIFY row_number() OVER (
    PARTITION BY judge, sample_id, trace_id, span_id, response_id
    ORDER BY passed IS NULL, given_at DESC, feedback_id DESC
  ) = 1
)
SELECT DISTINCT name FROM said WHERE NOT passed LIMIT $limit;

-- drop_feedback: Nobody sent the sample of these.
DELETE FROM feedback WHERE sample_ts IS NULL AND received_at < $until;

-- forget_feedback: These are verdicts by now, and nobody sends them again.
DELETE FROM feedback WHERE received_at < $until;

-- feedback_names: Under which names has there been feedback?
SELECT judge FROM feedback UNION SELECT judge FROM verdict WHERE kind = 'feedback';
