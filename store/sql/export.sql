-- export_watermark: Up to which number were verdicts exported?
SELECT max(seq) AS seq FROM export_watermark;

-- begin_export: Verdicts after this number are to be exported, unless that had begun before.
INSERT INTO export_watermark (seq) SELECT $seq WHERE NOT EXISTS (SELECT 1 FROM export_watermark);

-- advance_export: Verdicts up to this number were exported.
UPDATE export_watermark SET seq = greatest(seq, $seq);

-- end_export: Nothing is exported any more.
DELETE FROM export_watermark;

-- next_verdicts: Which verdicts come after this number, lowest first?
SELECT
  seq, sample_id, ts, judged_at, feature, session_id, judge, judge_version, kind, status, passed, score, label,
  explanation, reason, model, cost_usd
FROM verdict
WHERE seq > $after
ORDER BY seq
LIMIT $limit;

-- names_of_calls: How did their clients call these samples?
SELECT sample.sample_id, sample.ts, sample.trace_id, sample.span_id, sample.response_id
FROM sample
SEMI JOIN incoming ON incoming.sample_id = sample.sample_id AND incoming.ts = sample.ts
WHERE sample.ts BETWEEN $from_ts AND $until_ts;

-- waiting_verdicts: How many verdicts come after this number, and when was the oldest of them given?
SELECT count(*) AS n, min(judged_at) AS oldest FROM verdict WHERE seq > $after;
