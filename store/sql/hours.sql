-- hour_state: Up to which hour, sample and row of traffic are hours counted, and which are the newest?
-- Traffic has no numbers, but no row is ever taken out: they keep their places.
SELECT
  (SELECT hour FROM hour_watermark) AS hour,
  (SELECT seq FROM hour_watermark) AS seq,
  (SELECT traffic FROM hour_watermark) AS traffic,
  coalesce((SELECT max(seq) FROM sample), 0) AS newest,
  coalesce((SELECT max(rowid) + 1 FROM traffic), 0) AS rows;

-- note_watched_hour: In this hour somebody could have received something.
INSERT INTO watched_hour (hour)
SELECT date_trunc('hour', $now::TIMESTAMP)
WHERE date_trunc('hour', $now::TIMESTAMP) NOT IN (SELECT hour FROM watched_hour);

-- find_fresh_hours: In which hours before `until` did something come that is not counted?
-- All hours since the last one that was counted, and older ones for which something came late.
CREATE OR REPLACE TEMP TABLE fresh_hour AS
SELECT feature, date_trunc('hour', ts) AS hour
FROM sample
WHERE (seq > $seq OR ($seq < 0 AND seq IS NULL)) AND ts < $until
UNION
SELECT feature, date_trunc('hour', ts) AS hour FROM sample WHERE ts >= $since AND ts < $until
UNION
SELECT feature, date_trunc('hour', bucket) AS hour
FROM traffic
WHERE (rowid >= $traffic OR bucket >= $since) AND bucket < $until AND outcome IN ('rate', 'budget', 'no_content');

-- fresh_hours: How many such hours are there, and from when to when?
SELECT count(*) AS n, min(hour) AS from_ts, max(hour) + INTERVAL 1 hour AS until_ts FROM fresh_hour;

-- find_heard: Since which hour has each feature been heard, and since which did we think so?
CREATE OR REPLACE TEMP TABLE heard AS
SELECT feature, min(hour) AS hour, min(hour) FILTER (WHERE is_known) AS before
FROM (
  SELECT feature, hour, TRUE AS is_known FROM heard_feature
  UNION ALL
  SELECT feature, hour, FALSE AS is_known FROM fresh_hour
)
GROUP BY feature;

-- forget_heard: The features are about to be noted anew.
DELETE FROM heard_feature;

-- note_heard: These features have been heard, first in these hours.
INSERT INTO heard_feature (feature, hour) SELECT feature, hour FROM heard ORDER BY feature;

-- find_dirty_hours: Which hours have another vote than is counted?
-- An hour that held something, or in which nothing came although we watched. Its vote lies in its last quarter, so
-- that a look sees it when the hour has ended.
CREATE OR REPLACE TEMP TABLE dirty_hour AS
WITH item AS (
  SELECT feature, date_trunc('hour', ts) AS hour, 1 AS n
  FROM sample
  WHERE ts >= $from_ts AND ts < $until_ts
  UNION ALL
  SELECT feature, date_trunc('hour', bucket) AS hour, n
  FROM traffic
  WHERE bucket >= $from_ts AND bucket < $until_ts AND outcome IN ('rate', 'budget', 'no_content')
), total AS (
  SELECT feature, hour, sum(n) AS n
  FROM item
  SEMI JOIN fresh_hour ON fresh_hour.feature = item.feature AND fresh_hour.hour = item.hour
  GROUP BY feature, hour
  UNION ALL
  SELECT heard.feature, watched_hour.hour, 0 AS n
  FROM heard
  JOIN watched_hour ON watched_hour.hour > heard.hour AND watched_hour.hour < $until
    AND (watched_hour.hour >= $since OR heard.before IS NULL OR watched_hour.hour < heard.before)
  ANTI JOIN fresh_hour ON fresh_hour.feature = heard.feature AND fresh_hour.hour = watched_hour.hour
), vote AS (
  SELECT feature, hour + INTERVAL 45 minutes AS bucket, bin_edge(n) AS value FROM total
)
SELECT vote.feature, vote.bucket, vote.value
FROM vote
LEFT JOIN rollup_value AS old ON old.metric = 'volume' AND old.feature = vote.feature AND old.bucket = vote.bucket
WHERE old.value IS DISTINCT FROM vote.value;

-- delete_dirty_hours: These hours are about to be counted anew.
DELETE FROM rollup_value
USING dirty_hour
WHERE rollup_value.metric = 'volume' AND rollup_value.feature = dirty_hour.feature
  AND rollup_value.bucket = dirty_hour.bucket;

-- insert_dirty_hours: How much traffic had each of these hours? An hour is one vote.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
SELECT feature, 'volume', '', '', bucket, '', hour(bucket) // 6, '', value, NULL, 1
FROM dirty_hour
ORDER BY bucket, feature;

-- dirty_hours: From which hour on has the traffic of each feature changed?
SELECT feature, min(bucket) AS bucket FROM dirty_hour GROUP BY feature ORDER BY feature;

-- set_hour_watermark: Hours are counted up to this one, with the samples and rows of traffic up to these.
UPDATE hour_watermark SET hour = $hour, seq = $seq, traffic = $traffic;

-- unscored_until: Up to which bucket is it counted for each judge version what it has not scored?
SELECT feature, judge, judge_version, max(bucket) AS bucket FROM rollup_value WHERE metric = 'unscored' GROUP BY ALL;

-- insert_unscored: Of what a judge was to score in these buckets, how much has it scored by now?
-- What somebody else counted in the meantime stays as it is.
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
SELECT feature, 'unscored', judge, judge_version, bucket, '', hour(bucket) // 6, '', NULL, label, sum(votes) AS votes
FROM incoming
ANTI JOIN (
  SELECT DISTINCT feature, judge, judge_version, bucket
  FROM rollup_value
  WHERE metric = 'unscored' AND bucket BETWEEN $from_ts AND $until_ts
) AS counted ON counted.feature = incoming.feature AND counted.judge = incoming.judge
  AND counted.judge_version = incoming.judge_version AND counted.bucket = incoming.bucket
GROUP BY feature, judge, judge_version, bucket, label
ORDER BY bucket, feature, judge, judge_version, label;
