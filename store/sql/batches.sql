-- insert_batches: These batches are about to be submitted.
INSERT INTO batch (batch_key, judge, judge_version, state, provider, submitted_at, requests, bytes, estimate_usd)
SELECT batch_key, judge, judge_version, state, provider, submitted_at, requests, bytes, estimate_usd FROM incoming;

-- insert_batch_items: For which votes on which samples are these requests?
INSERT INTO batch_item (batch_key, position, sample_id, ts, vote, tries, cut, content_hash, outcome, opinion)
SELECT batch_key, position, sample_id, ts, vote, tries, cut, content_hash, outcome, opinion FROM incoming;

-- delete_undone_items: What batches that ended left undone of these samples is done, or another batch took it over.
DELETE FROM batch_item USING incoming
WHERE batch_item.sample_id = incoming.sample_id AND batch_item.ts = incoming.ts
  AND batch_item.batch_key IN (
    SELECT batch_key FROM batch
    WHERE judge = $judge AND judge_version = $judge_version AND NOT list_contains($open::VARCHAR[], state)
  );

-- batch_submitted: The provider has this batch, under this id.
UPDATE batch SET state = $state, provider_id = $provider_id WHERE batch_key = $batch_key;

-- end_batch: This batch is over, and this is how it ended.
UPDATE batch
SET
  state = $state, ended_at = $ended_at, spent_usd = $spent_usd, succeeded = $succeeded, errored = $errored,
  expired = $expired, canceled = $canceled, reason = $reason
WHERE batch_key = $batch_key;

-- batch_troubled: Why could this batch not be asked about?
UPDATE batch SET reason = $reason WHERE batch_key = $batch_key;

-- delete_batch: The provider never got this batch.
DELETE FROM batch WHERE batch_key = $batch_key;

-- delete_batch_items: Nothing of this batch is owed any more.
DELETE FROM batch_item WHERE batch_key = $batch_key;

-- delete_old_items: What batches of that age left undone is not waited for any more.
DELETE FROM batch_item
WHERE batch_key IN (
  SELECT batch_key FROM batch WHERE ended_at < $before AND NOT list_contains($open::VARCHAR[], state)
);

-- batches_in_states: Which batches are in one of these states, oldest first?
SELECT
  batch_key, judge, judge_version, state, provider, provider_id, submitted_at, ended_at, requests, bytes, estimate_usd,
  spent_usd, succeeded, errored, expired, canceled, reason
FROM batch
WHERE list_contains($states::VARCHAR[], state)
ORDER BY submitted_at, batch_key;

-- newest_batches: Which are the last batches, newest first?
SELECT
  batch_key, judge, judge_version, state, provider, provider_id, submitted_at, ended_at, requests, bytes, estimate_usd,
  spent_usd, succeeded, errored, expired, canceled, reason
FROM batch
ORDER BY submitted_at DESC, batch_key
LIMIT $limit;

-- batch_provider_ids: Under which ids does the provider have batches of ours?
SELECT provider_id FROM batch WHERE provider_id IS NOT NULL;

-- batch_items: For which votes on which samples is this batch?
SELECT batch_key, position, sample_id, ts, vote, tries, cut, content_hash, outcome, opinion
FROM batch_item
WHERE batch_key = $batch_key
ORDER BY ts, sample_id, vote;

-- undone_items: What have batches that ended left undone of these samples, for this judge version?
SELECT batch_key, position, sample_id, ts, vote, tries, cut, content_hash, outcome, opinion
FROM batch_item
SEMI JOIN incoming ON incoming.sample_id = batch_item.sample_id AND incoming.ts = batch_item.ts
WHERE batch_key IN (
  SELECT batch_key FROM batch
  WHERE judge = $judge AND judge_version = $judge_version AND NOT list_contains($open::VARCHAR[], state)
)
ORDER BY ts, sample_id, vote;

-- samples_owed_again: Which samples have batches of this judge version left undone, but for these outcomes?
-- Not those that are in a batch again.
SELECT sample_id, ts
FROM batch_item
WHERE batch_key IN (
    SELECT batch_key FROM batch
    WHERE judge = $judge AND judge_version = $judge_version AND NOT list_contains($open::VARCHAR[], state)
  )
  AND (sample_id, ts) NOT IN (
    SELECT (under_way.sample_id, under_way.ts)
    FROM batch_item AS under_way
    JOIN batch USING (batch_key)
    WHERE judge = $judge AND judge_version = $judge_version AND list_contains($open::VARCHAR[], state)
  )
GROUP BY sample_id, ts
HAVING NOT bool_or(list_contains($but::VARCHAR[], outcome))
ORDER BY ts, sample_id;

-- samples_left_since: Which samples have batches of this judge version, submitted since then, left with this outcome?
SELECT DISTINCT batch_item.sample_id, batch_item.ts
FROM batch_item
JOIN batch USING (batch_key)
WHERE batch.judge = $judge AND batch.judge_version = $judge_version AND batch.submitted_at >= $since
  AND NOT list_contains($open::VARCHAR[], batch.state) AND batch_item.outcome = $outcome;

-- samples_under_way: Which of these samples are in batches that have not ended, and of which judge version?
SELECT DISTINCT batch_item.sample_id, batch_item.ts, batch.judge, batch.judge_version
FROM batch_item
JOIN batch USING (batch_key)
SEMI JOIN incoming ON incoming.sample_id = batch_item.sample_id AND incoming.ts = batch_item.ts
WHERE list_contains($open::VARCHAR[], batch.state) AND batch_item.ts BETWEEN $from_ts AND $until_ts;

-- contents_under_way: Which contents are being judged in batches of this judge version?
SELECT DISTINCT batch_item.content_hash
FROM batch_item
JOIN batch USING (batch_key)
WHERE batch.judge = $judge AND batch.judge_version = $judge_version AND list_contains($open::VARCHAR[], batch.state);

-- open_batch_items: How many samples wait in batches, by judge?
SELECT batch.judge, count(DISTINCT (batch_item.sample_id, batch_item.ts)) AS n
FROM batch
JOIN batch_item USING (batch_key)
WHERE list_contains($open::VARCHAR[], batch.state)
GROUP BY batch.judge
ORDER BY batch.judge;
