-- due_groups: Which groups can be settled, longest waiting first, and how much is each?
-- A group is due when it is quiet and nothing of it is open, when it has been quiet for long, or when it has waited
-- longest in any case. Open is a span above that has not arrived, and a call whose end was not told. Text alone is due
-- when it has just become quiet (its call may be settled already) and when it is given up.
WITH waiting AS (
  SELECT
    group_id, min(received_at) AS first_at, max(received_at) AS last_at, min(expires_at) AS expires_at,
    bool_or(kind = 'call') AS has_call
  FROM part
  WHERE kind <> 'context'
  GROUP BY group_id
), ripe AS (
  SELECT group_id, first_at, NOT has_call OR first_at <= $longest_before AS in_any_case
  FROM waiting
  WHERE CASE
    WHEN has_call THEN last_at <= $settled_before OR first_at <= $longest_before
    ELSE last_at BETWEEN $settled_before - INTERVAL 5 seconds AND $settled_before OR expires_at <= $now
  END
), here AS (
  SELECT group_id, kind, span_id, parent_id, ended_at, received_at, size
  FROM part
  SEMI JOIN ripe ON ripe.group_id = part.group_id
), span AS (
  SELECT group_id, span_id, bool_or(kind = 'call') AND max(ended_at) IS NULL AS runs
  FROM here
  WHERE kind <> 'content' AND span_id IS NOT NULL
  GROUP BY group_id, span_id
), open AS (
  SELECT here.group_id
  FROM here
  ANTI JOIN span ON span.group_id = here.group_id AND span.span_id = here.parent_id
  WHERE here.parent_id IS NOT NULL
  UNION
  SELECT group_id FROM span WHERE runs
), whole AS (
  SELECT group_id, count(*) AS n, sum(size)::BIGINT AS size, max(size) AS largest, max(received_at) AS last_at
  FROM here
  GROUP BY group_id
)
SELECT whole.group_id, n, whole.size, largest
FROM whole
JOIN ripe ON ripe.group_id = whole.group_id
LEFT JOIN open ON open.group_id = whole.group_id
WHERE in_any_case OR open.group_id IS NULL OR whole.last_at <= $open_before
ORDER BY first_at, whole.group_id
LIMIT $limit;

-- parts_of_groups: What do these groups hold that can be settled, and what could it inherit from?
SELECT seq, received_at, expires_at, withheld, body
FROM part
SEMI JOIN incoming ON incoming.group_id = part.group_id
WHERE received_at <= $until OR kind = 'context';

-- parts_of_group: What does this large group hold that can be settled, calls first, then texts, and what is above?
SELECT seq, received_at, expires_at, withheld, body
FROM part
WHERE group_id = $group_id AND (received_at <= $until OR kind = 'context')
QUALIFY row_number() OVER (
  PARTITION BY kind = 'context' ORDER BY CASE kind WHEN 'call' THEN 0 ELSE 1 END, seq
) <= $limit
ORDER BY CASE kind WHEN 'call' THEN 0 WHEN 'content' THEN 1 ELSE 2 END, seq;

-- count_orphans: How many texts wait that name no span?
SELECT count(*) AS n FROM part WHERE kind = 'content' AND span_id IS NULL;

-- orphans: Which texts that name no span were told while one of these calls ran?
SELECT seq, received_at, expires_at, withheld, body
FROM part
SEMI JOIN incoming ON incoming.instance = part.instance
  AND coalesce(part.started_at, part.ended_at) BETWEEN incoming.started_at AND incoming.ended_at
WHERE kind = 'content' AND span_id IS NULL
ORDER BY seq
LIMIT $limit;

-- rivals: Which calls of other groups have no text, and ran at the same time in the same process?
WITH silent AS (
  SELECT group_id, instance, started_at, ended_at
  FROM part
  WHERE kind = 'call' AND started_at IS NOT NULL AND ended_at IS NOT NULL
    AND instance IN (SELECT instance FROM incoming)
    AND group_id NOT IN (SELECT group_id FROM part WHERE has_text)
)
SELECT group_id, instance, started_at, ended_at
FROM silent
SEMI JOIN incoming ON incoming.instance = silent.instance AND incoming.group_id <> silent.group_id
  AND silent.started_at <= incoming.ended_at AND silent.ended_at >= incoming.started_at
LIMIT $limit;

-- known_records: Which of these names are settled?
SELECT record, sample_id, ts
FROM settled
SEMI JOIN incoming ON incoming.record = settled.record;

-- insert_settled: These names became these samples.
INSERT INTO settled (record, sample_id, ts, settled_at)
SELECT record, sample_id, ts, settled_at FROM incoming;

-- delete_parts: These parts are dealt with.
DELETE FROM part USING incoming WHERE part.seq = incoming.seq AND part.seq BETWEEN $first AND $last;

-- delete_expired_context: What lies above calls is too old to be inherited.
DELETE FROM part WHERE kind = 'context' AND expires_at <= $now;

-- delete_settled: What was settled so long ago is not expected again.
DELETE FROM settled WHERE settled_at < $before;

-- parts_waiting: How many records of calls wait to be settled, and since when?
SELECT count(*) AS n, min(received_at) AS oldest FROM part WHERE kind <> 'context';

-- complete_payloads: The texts of samples that were stored without came later.
UPDATE payload SET request = incoming.request, response = incoming.response
FROM incoming
WHERE payload.sample_id = incoming.sample_id AND payload.ts = incoming.ts
  AND payload.ts BETWEEN $from_ts AND $until_ts;

-- complete_samples: These samples have their text now.
UPDATE sample
SET
  text = incoming.text, text_hash = incoming.text_hash, incomplete = incoming.incomplete,
  stop_reason = incoming.stop_reason, stop_reason_raw = incoming.stop_reason_raw, length = incoming.length,
  seq = incoming.seq
FROM incoming
WHERE sample.sample_id = incoming.sample_id AND sample.ts = incoming.ts AND sample.ts BETWEEN $from_ts AND $until_ts;
