-- texts_before: Which samples of these features have text and arrived before then, first received first?
SELECT sample_id, ts
FROM sample
WHERE text = 'kept' AND received_at < $before AND list_contains($features::VARCHAR[], feature)
ORDER BY received_at, sample_id
LIMIT $limit;

-- texts_not_of_failures: Which samples of these features have text, and nobody found them bad? Which judges saw them?
-- A judge's error counts as found bad: somebody will want to see why. Of a person's words the last one counts.
WITH bad AS (
  SELECT DISTINCT unnest([attached_to, sample_id, trace_id, response_id]) AS name FROM feedback WHERE passed = FALSE
), candidate AS (
  SELECT
    sample.sample_id, sample.ts, sample.received_at, sample.feature, sample.session_id, sample.sampling_class,
    sample.sampling_u, sample.incomplete
  FROM sample
  ANTI JOIN (
    SELECT DISTINCT sample_id, ts FROM verdict WHERE passed = FALSE OR status = 'error'
  ) AS failed ON failed.sample_id = sample.sample_id AND failed.ts = sample.ts
  ANTI JOIN (
    SELECT DISTINCT sample_id, ts
    FROM (
      SELECT sample_id, ts, passed
      FROM label
      QUALIFY revision = max(revision) OVER (PARTITION BY sample_id, ts, judge, judge_version, lower(labeller))
    ) AS said
    WHERE passed = FALSE
  ) AS labelled ON labelled.sample_id = sample.sample_id AND labelled.ts = sample.ts
  ANTI JOIN bad AS by_id ON by_id.name = sample.sample_id
  ANTI JOIN bad AS by_trace ON by_trace.name = sample.trace_id
  ANTI JOIN bad AS by_response ON by_response.name = sample.response_id
  WHERE sample.text = 'kept' AND list_contains($features::VARCHAR[], sample.feature)
    AND (sample.received_at, sample.sample_id) > ($after_at, $after_id)
  ORDER BY sample.received_at, sample.sample_id
  LIMIT $limit
)
SELECT
  candidate.sample_id, candidate.ts, candidate.received_at, candidate.feature, candidate.session_id,
  candidate.sampling_class, candidate.sampling_u, candidate.incomplete,
  list(verdict.judge || chr(10) || verdict.judge_version) FILTER (WHERE verdict.judge IS NOT NULL) AS judged_by
FROM candidate
LEFT JOIN verdict ON verdict.sample_id = candidate.sample_id AND verdict.ts = candidate.ts
GROUP BY ALL
ORDER BY candidate.received_at, candidate.sample_id;

-- empty_payloads: The texts of these samples go.
-- Not deleted but emptied: the next checkpoint writes the column anew, while a deleted row's bytes would stay in it.
UPDATE payload SET request = NULL, response = NULL, reference = NULL
FROM incoming
WHERE incoming.sample_id = payload.sample_id AND incoming.ts = payload.ts AND payload.ts BETWEEN $from_ts AND $until_ts;

-- empty_explanations: What judges said of these samples may quote them.
UPDATE verdict SET explanation = NULL
FROM incoming
WHERE incoming.sample_id = verdict.sample_id AND incoming.ts = verdict.ts AND verdict.ts BETWEEN $from_ts AND $until_ts
  AND verdict.explanation IS NOT NULL;

-- empty_opinions: What single answers of judges said of these samples may quote them.
UPDATE opinion SET explanation = NULL
FROM incoming
WHERE incoming.sample_id = opinion.sample_id AND incoming.ts = opinion.ts AND opinion.ts BETWEEN $from_ts AND $until_ts
  AND opinion.explanation IS NOT NULL;

-- empty_comments: What people said of these samples may quote them.
UPDATE feedback SET comment = NULL
FROM incoming
WHERE incoming.sample_id = feedback.attached_to AND incoming.ts = feedback.sample_ts AND feedback.comment IS NOT NULL;

-- empty_notes: What people noted when they labelled these samples may quote them. What they decided stays.
UPDATE label SET note = NULL
FROM incoming
WHERE incoming.sample_id = label.sample_id AND incoming.ts = label.ts AND label.note IS NOT NULL;

-- mark_texts: These samples have no text any more.
UPDATE sample SET text = $state
FROM incoming
WHERE incoming.sample_id = sample.sample_id AND incoming.ts = sample.ts AND sample.ts BETWEEN $from_ts AND $until_ts
  AND sample.text = 'kept';

-- explanations_before: Which explanations of verdicts on these features are from before then?
SELECT seq
FROM verdict
WHERE explanation IS NOT NULL AND judged_at < $before AND list_contains($features::VARCHAR[], feature)
ORDER BY seq
LIMIT $limit;

-- empty_explanations_of: These explanations go.
UPDATE verdict SET explanation = NULL FROM incoming WHERE incoming.seq = verdict.seq;

-- empty_opinions_of: What the single answers behind these verdicts said goes.
UPDATE opinion SET explanation = NULL
FROM (SELECT verdict.sample_id, verdict.ts, judge, judge_version FROM verdict SEMI JOIN incoming USING (seq)) AS old
WHERE old.sample_id = opinion.sample_id AND old.ts = opinion.ts AND old.judge = opinion.judge
  AND old.judge_version = opinion.judge_version;

-- empty_comments_before: What people said before then goes.
UPDATE feedback SET comment = NULL WHERE comment IS NOT NULL AND received_at < $before;

-- samples_without_text: Which of these samples have no text any more?
SELECT sample.sample_id, sample.ts
FROM sample
SEMI JOIN incoming ON incoming.sample_id = sample.sample_id AND incoming.ts = sample.ts
WHERE sample.text IN ('withheld', 'expired');

-- alerts_with_examples: What do the alerts say?
SELECT alert_id, evidence FROM alert WHERE contains(evidence, '"examples":[{') ORDER BY alert_id;

-- set_evidence: This alert says so from now on.
UPDATE alert SET evidence = $evidence WHERE alert_id = $alert_id;

-- free_space: How many bytes of the file belong to nothing?
SELECT free_blocks * block_size AS free_bytes FROM pragma_database_size() WHERE database_name = 'leadline';

-- make_filler: Bytes without meaning are about to take the place of deleted ones.
CREATE TABLE IF NOT EXISTS filler (bytes BLOB);

-- insert_filler: So many bytes more.
INSERT INTO filler (bytes) SELECT bytes FROM incoming;

-- drop_filler: They took it; the space is free again.
DROP TABLE IF EXISTS filler;
