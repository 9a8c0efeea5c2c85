-- find_silences: Which silences and maintenance windows are there, the newest first?
SELECT silence_id, kind, matchers, starts_at, ends_at, every, reason, created_at, created_by, ended_at, ended_by
FROM silence
ORDER BY created_at DESC, silence_id;

-- delete_silences: These silences are about to be written anew.
DELETE FROM silence WHERE list_contains($ids::VARCHAR[], silence_id);

-- insert_silences: These silences stand so.
INSERT INTO silence (
  silence_id, kind, matchers, starts_at, ends_at, every, reason, created_at, created_by, ended_at, ended_by
)
SELECT silence_id, kind, matchers, starts_at, ends_at, every, reason, created_at, created_by, ended_at, ended_by
FROM incoming;
