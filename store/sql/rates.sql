-- rate_changes: By how much was each judge's rate multiplied, and since when?
SELECT judge, since, factor, reason FROM judge_rate ORDER BY judge, since;

-- insert_rate_changes: From now on the rates of these judges are multiplied so.
INSERT INTO judge_rate (judge, since, factor, reason) SELECT judge, since, factor, reason FROM incoming;

-- judging_pace: What did each judge spend in this time, and on how many verdicts that were paid for?
SELECT judge, sum(cost_usd) AS usd, count(*) AS paid
FROM verdict
WHERE judged_at >= $since AND cost_usd > 0
GROUP BY judge
ORDER BY judge;

-- spent_by_day: What did each judge spend on each UTC day since then, as far as prices are known?
SELECT judged_at::DATE AS day, judge, sum(cost_usd) AS usd
FROM verdict
WHERE judged_at >= $since AND cost_usd > 0
GROUP BY day, judge
UNION ALL
SELECT paid_at::DATE AS day, coalesce(judge, $trials) AS judge, sum(usd) AS usd
FROM spent_apart()
WHERE paid_at >= $since AND usd > 0
GROUP BY ALL
ORDER BY day, judge;

-- trial_spending: What did trials of rubrics cost since each of these moments?
SELECT started.since, sum(usd) AS usd
FROM spent_apart()
JOIN (SELECT DISTINCT unnest($since::TIMESTAMP[]) AS since) AS started ON paid_at >= started.since
WHERE judge IS NULL
GROUP BY started.since
ORDER BY started.since;
