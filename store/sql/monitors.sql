-- monitors: What is being watched?
SELECT monitor_id, feature, judge, judge_version, metric, kind, created_at, state, checked_until, restart_at
FROM monitor
ORDER BY feature, judge, created_at, judge_version;

-- last_look: Up to when was anything looked at?
SELECT max(checked_until) AS until FROM monitor;

-- current_monitors: How do these monitors stand, and which baseline does each have?
WITH newest AS (
  SELECT monitor_id, max(version) AS version
  FROM baseline
  WHERE list_contains($monitor_ids::VARCHAR[], monitor_id)
  GROUP BY monitor_id
)
SELECT
  monitor.monitor_id, feature, judge, judge_version, metric, kind, created_at, state, checked_until, restart_at, version
FROM monitor
LEFT JOIN newest ON newest.monitor_id = monitor.monitor_id
WHERE list_contains($monitor_ids::VARCHAR[], monitor.monitor_id);

-- delete_monitors: These monitors are about to be written anew.
DELETE FROM monitor WHERE list_contains($monitor_ids::VARCHAR[], monitor_id);

-- insert_monitors: These monitors stand so.
INSERT INTO monitor (monitor_id, feature, judge, judge_version, metric, kind, created_at, state, checked_until, restart_at)
SELECT monitor_id, feature, judge, judge_version, metric, kind, created_at, state, checked_until, restart_at FROM incoming;

-- newest_baselines: Which reference window counts for each of these monitors, or of all?
SELECT monitor_id, version, origin, start_at, end_at, created_at, note
FROM baseline
WHERE $ids IS NULL OR list_contains($ids::VARCHAR[], monitor_id)
QUALIFY row_number() OVER (PARTITION BY monitor_id ORDER BY version DESC, created_at DESC) = 1
ORDER BY monitor_id;

-- every_baseline: Which reference windows counted ever, the newest of each monitor first?
SELECT monitor_id, version, origin, start_at, end_at, created_at, note
FROM baseline
ORDER BY monitor_id, version DESC, created_at DESC;

-- insert_baselines: This reference window counts from now on.
INSERT INTO baseline (monitor_id, version, origin, start_at, end_at, created_at, note)
SELECT monitor_id, version, origin, start_at, end_at, created_at, note FROM incoming;

-- delete_checks: These looks, of each monitor from one on, are about to be taken anew.
DELETE FROM drift_check USING incoming
WHERE incoming.monitor_id = drift_check.monitor_id AND drift_check.looked_at >= incoming.looked_at;

-- insert_checks: These looks were taken.
INSERT INTO drift_check (
  monitor_id, looked_at, state, reason, votes, log_evidence, log_threshold, p_ref, p_now, drop_size, drop_lo, drop_hi,
  onset_at, onset_lo_at, onset_hi_at, flags, reading, says, share
)
SELECT
  monitor_id, looked_at, state, reason, votes, log_evidence, log_threshold, p_ref, p_now, drop_size, drop_lo, drop_hi,
  onset_at, onset_lo_at, onset_hi_at, flags, reading, says, share
FROM incoming;

-- last_checks: What did the newest look at each monitor say?
-- It is the one that was stored last: what is stored takes the place of looks of the same time and later.
WITH newest AS (
  SELECT max(rowid) AS place
  FROM drift_check
  WHERE $ids IS NULL OR list_contains($ids::VARCHAR[], monitor_id)
  GROUP BY monitor_id
)
SELECT
  monitor_id, looked_at, state, reason, votes, log_evidence, log_threshold, p_ref, p_now, drop_size, drop_lo, drop_hi,
  onset_at, onset_lo_at, onset_hi_at, flags, reading, says, share
FROM drift_check
SEMI JOIN newest ON newest.place = drift_check.rowid
ORDER BY monitor_id;

-- checks: What did the looks at this monitor say, oldest first?
SELECT
  monitor_id, looked_at, state, reason, votes, log_evidence, log_threshold, p_ref, p_now, drop_size, drop_lo, drop_hi,
  onset_at, onset_lo_at, onset_hi_at, flags, reading, says, share
FROM drift_check
WHERE monitor_id = $monitor_id AND looked_at >= $start_at
ORDER BY looked_at, rowid;
