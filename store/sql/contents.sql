-- contents: Which rows are there that the judges' work is told of?
-- A text that comes is a row of payload or a new number of its sample; one that goes leaves its row. Asked as one row of
-- ten columns it takes ten times as long.
SELECT 'sample_seq' AS what, max(seq) AS n FROM sample
UNION ALL
SELECT 'samples', count(*) FROM sample
UNION ALL
SELECT 'verdict_seq', max(seq) FROM verdict
UNION ALL
SELECT 'verdicts', count(*) FROM verdict
UNION ALL
SELECT 'payloads', count(*) FROM payload
UNION ALL
SELECT 'batch_items', count(*) FROM batch_item
UNION ALL
SELECT 'batches_under_way', count(*) FROM batch WHERE state IN ('submitting', 'in_progress')
UNION ALL
SELECT 'batches', count(*) FROM batch
UNION ALL
SELECT 'rates', count(*) FROM judge_rate
UNION ALL
SELECT 'traffic', coalesce(sum(n), 0)::BIGINT FROM traffic
ORDER BY what;
