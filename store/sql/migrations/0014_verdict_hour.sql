-- Verdicts by the hours in which their samples came and in which they were judged: what is asked of millions of verdicts
-- is asked of these. Not those of feedback, which are few, and go when a newer word comes. `decided` have passed or failed,
-- `unpriced` have tokens and no price, `charged` have tokens or a price.
CREATE TABLE verdict_hour (
  ts TIMESTAMP NOT NULL,
  judged_at TIMESTAMP NOT NULL,
  feature VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  reason VARCHAR,
  has_vote BOOLEAN NOT NULL,
  n BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  passed BIGINT NOT NULL,
  unpriced BIGINT NOT NULL,
  charged BIGINT NOT NULL,
  usd DOUBLE
);
-- Up to which verdict.seq they are counted.
CREATE TABLE verdict_hour_watermark (
  seq BIGINT NOT NULL
);
INSERT INTO verdict_hour_watermark VALUES (-1);
-- All verdicts judged in [since, until), counted by the hour: those of whole hours from `first` to `last` as they were
-- counted, the rest one by one. Each part can leave out blocks by its bounds.
CREATE MACRO judged_between(since, until, first, last, watermark) AS TABLE
SELECT
  ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
FROM verdict_hour
WHERE judged_at >= first AND judged_at < last
UNION ALL
SELECT
  date_trunc('hour', ts), date_trunc('hour', judged_at), feature, judge, judge_version, kind, status, reason,
  sampling_class <> 'feedback', count(*), count(passed), count(*) FILTER (WHERE passed),
  count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens IS NOT NULL),
  count(*) FILTER (WHERE cost_usd > 0 OR input_tokens IS NOT NULL), sum(cost_usd)
FROM (
  FROM verdict WHERE judged_at >= since AND judged_at < first
  UNION ALL
  FROM verdict WHERE judged_at >= last AND judged_at < until
  UNION ALL
  FROM verdict WHERE seq > watermark AND judged_at >= first AND judged_at < last
  UNION ALL
  FROM verdict WHERE kind = 'feedback' AND seq <= watermark AND judged_at >= first AND judged_at < last
)
GROUP BY ALL;
-- The same of the verdicts on samples of [since, until).
CREATE MACRO sampled_between(since, until, first, last, watermark) AS TABLE
SELECT
  ts, judged_at, feature, judge, judge_version, kind, status, reason, has_vote, n, decided, passed, unpriced, charged, usd
FROM verdict_hour
WHERE ts >= first AND ts < last
UNION ALL
SELECT
  date_trunc('hour', ts), date_trunc('hour', judged_at), feature, judge, judge_version, kind, status, reason,
  sampling_class <> 'feedback', count(*), count(passed), count(*) FILTER (WHERE passed),
  count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens IS NOT NULL),
  count(*) FILTER (WHERE cost_usd > 0 OR input_tokens IS NOT NULL), sum(cost_usd)
FROM (
  FROM verdict WHERE ts >= since AND ts < first
  UNION ALL
  FROM verdict WHERE ts >= last AND ts < until
  UNION ALL
  FROM verdict WHERE seq > watermark AND ts >= first AND ts < last
  UNION ALL
  FROM verdict WHERE kind = 'feedback' AND seq <= watermark AND ts >= first AND ts < last
)
GROUP BY ALL;
