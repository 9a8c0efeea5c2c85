-- known_markers: Which of these markers are stored already?
SELECT marker_id FROM marker WHERE list_contains($ids::VARCHAR[], marker_id);

-- insert_markers: These things happened.
INSERT INTO marker (marker_id, ts, created_at, kind, name, feature, origin, note)
SELECT marker_id, ts, created_at, kind, name, feature, origin, note FROM incoming;

-- markers_extent: How many markers are there, and which at what time?
SELECT count(*) AS n, bit_xor(hash(marker_id, ts)) AS which FROM marker;

-- find_markers: Which are the newest markers of this time, for this feature or for all of them?
SELECT marker_id, ts, created_at, kind, name, feature, origin, note
FROM marker
WHERE ($feature IS NULL OR feature IS NULL OR feature = $feature) AND ts >= $start_at AND ts < $end_at
ORDER BY ts DESC, marker_id
LIMIT $limit;

-- seen_watermark: Up to which sample were the values noticed, and which is the newest?
SELECT
  (SELECT seq FROM first_seen_watermark) AS watermark,
  (SELECT coalesce(max(seq), 0) FROM sample) AS newest;

-- find_fresh_values: Which values in the samples since then are new to their feature, or older than was known?
CREATE OR REPLACE TEMP TABLE fresh_value AS
WITH seen AS (
  SELECT feature, model, release, prompt_version, min(ts) AS ts, arg_min(received_at, ts) AS received_at
  FROM sample
  WHERE seq > $watermark OR $watermark < 0
  GROUP BY ALL
), listed AS (
  SELECT feature, 'model' AS kind, model AS name, ts, received_at FROM seen
  UNION ALL
  SELECT feature, 'release' AS kind, release AS name, ts, received_at FROM seen
  UNION ALL
  SELECT feature, 'prompt_version' AS kind, prompt_version AS name, ts, received_at FROM seen
), first_of AS (
  SELECT feature, kind, name, min(ts) AS ts, arg_min(received_at, ts) AS received_at
  FROM listed
  WHERE name <> ''
  GROUP BY feature, kind, name
)
SELECT feature, kind, name, ts, received_at
FROM first_of
ANTI JOIN first_seen ON first_seen.feature = first_of.feature AND first_seen.kind = first_of.kind
  AND first_seen.name = first_of.name AND first_seen.ts <= first_of.ts;

-- fresh_values: How many such values are there?
SELECT count(*) AS n FROM fresh_value;

-- delete_first_seen: The fresh values are about to be written anew.
DELETE FROM first_seen
USING fresh_value
WHERE fresh_value.feature = first_seen.feature AND fresh_value.kind = first_seen.kind
  AND fresh_value.name = first_seen.name;

-- insert_first_seen: The fresh values appeared then.
INSERT INTO first_seen (feature, kind, name, ts, received_at)
SELECT feature, kind, name, ts, received_at FROM fresh_value;

-- set_seen_watermark: The values of the samples up to this one were noticed.
UPDATE first_seen_watermark SET seq = $seq;

-- first_appearances: Which first appearances are markers, and since when could each be known?
-- A feature's first value changed nothing; one of many of its day is an id, no version.
SELECT feature, kind, name, ts, received_at AS created_at
FROM first_seen
QUALIFY row_number() OVER (PARTITION BY feature, kind ORDER BY ts, name) > 1
  AND count(*) OVER (PARTITION BY feature, kind, ts::DATE) <= $most_a_day
ORDER BY ts, feature, kind, name;

-- seen_markers: Which markers were made of the traffic?
SELECT marker_id, ts, created_at, kind, name, feature, origin, note FROM marker WHERE origin = 'seen';

-- delete_markers: These markers are about to be written anew.
DELETE FROM marker WHERE list_contains($ids::VARCHAR[], marker_id);
