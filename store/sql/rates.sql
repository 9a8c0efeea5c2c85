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
ORDER BY day, judge;
