-- next_audit_seq: Which number does the next entry of the audit log get?
SELECT coalesce(max(seq), 0) + 1 AS seq FROM audit;

-- insert_audit: These things were done.
INSERT INTO audit (ts, seq, actor, via, key, action, subject, subject_id, detail)
SELECT ts, seq, actor, via, key, action, subject, subject_id, detail FROM incoming;

-- find_audit: Which are the newest entries about this subject, or about all of them?
SELECT ts, actor, via, key, action, subject, subject_id, detail
FROM audit
WHERE ($subject IS NULL OR subject = $subject) AND ($subject_id IS NULL OR subject_id = $subject_id)
ORDER BY seq DESC
LIMIT $limit;

-- last_done: When was this done last to each of these?
SELECT ts, actor, via, key, action, subject, subject_id, detail
FROM audit
WHERE action = $action AND subject = $subject AND list_contains($ids::VARCHAR[], subject_id)
QUALIFY seq = max(seq) OVER (PARTITION BY subject_id);
