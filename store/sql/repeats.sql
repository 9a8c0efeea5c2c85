-- delete_verdict: This verdict is about to be given anew.
DELETE FROM verdict
WHERE sample_id = $sample_id AND ts = $ts AND judge = $judge AND judge_version = $judge_version;

-- delete_opinions: So are the single answers behind it.
DELETE FROM opinion
WHERE sample_id = $sample_id AND ts = $ts AND judge = $judge AND judge_version = $judge_version;

-- next_opinion: Which place does the next single answer behind this verdict have?
SELECT coalesce(max(position), -1) + 1 AS place
FROM opinion
WHERE sample_id = $sample_id AND ts = $ts AND judge = $judge AND judge_version = $judge_version;
