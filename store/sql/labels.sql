-- insert_labels: These people said this.
INSERT INTO label (
  label_id, sample_id, ts, feature, judge, judge_version, labeller, revision, labelled_at, passed, label, note, place,
  judged_at, verdict, key
)
SELECT
  label_id, sample_id, ts, feature, judge, judge_version, labeller, revision, labelled_at, passed, label, note, place,
  judged_at, verdict, key
FROM incoming;

-- find_labels: Which are the newest labels of this kind? Of each person and sample the last word, or every one.
SELECT
  label_id, sample_id, ts, feature, judge, judge_version, labeller, revision, labelled_at, passed, label, note, place,
  judged_at, verdict, key
FROM label
WHERE ($feature IS NULL OR feature = $feature)
  AND ($judge IS NULL OR judge = $judge)
  AND ($judge_version IS NULL OR judge_version = $judge_version)
  AND ($labeller IS NULL OR lower(labeller) = lower($labeller))
  AND ($sample_id IS NULL OR sample_id = $sample_id)
QUALIFY $history OR revision = max(revision) OVER (
  PARTITION BY sample_id, ts, judge, judge_version, lower(labeller)
)
ORDER BY labelled_at DESC, sample_id, judge, labeller, revision DESC
LIMIT $limit;

-- labelled_targets: By which judges' criteria were samples of which features labelled?
SELECT DISTINCT feature, judge, judge_version
FROM label
WHERE ($judge IS NULL OR judge = $judge) AND ($feature IS NULL OR feature = $feature)
ORDER BY feature, judge, judge_version;

-- newest_version: Which version of the judge judged this feature last?
SELECT arg_max(judge_version, judged_at) AS judge_version
FROM verdict
WHERE judge = $judge AND feature = $feature AND status = 'ok' AND kind <> 'feedback';

-- judged_features: Which features did this judge ever decide on?
SELECT DISTINCT feature FROM verdict WHERE judge = $judge AND status = 'ok' AND kind <> 'feedback' ORDER BY feature;

-- verdict_to_label: What did this judge decide on this sample, newest first?
SELECT feature, judge_version, judged_at, passed AS verdict, place_of(seq) AS place
FROM verdict
WHERE sample_id = $sample_id AND ts = $ts AND judge = $judge AND status = 'ok' AND passed IS NOT NULL
  AND kind <> 'feedback' AND sampling_class <> 'feedback' AND ($judge_version IS NULL OR judge_version = $judge_version)
ORDER BY judged_at DESC, judge_version
LIMIT 1;

-- fresh_to_label: Which samples that nobody labelled are next, of what was judged since then, and is their text there?
-- Passes and fails come in turn at random: a place counts as many steps as there are verdicts of its kind.
WITH judged AS (
  SELECT sample_id, ts, passed, place_of(seq) AS place
  FROM verdict
  WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
    AND status = 'ok' AND passed IS NOT NULL AND sampling_class <> 'feedback' AND judged_at >= $since
), size AS (
  SELECT passed, count(*) AS n FROM judged GROUP BY passed
), upcoming AS (
  SELECT judged.sample_id, judged.ts, judged.place * size.n AS turn
  FROM judged
  JOIN size ON size.passed = judged.passed
  ANTI JOIN (
    SELECT sample_id, ts FROM label WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
  ) AS drawn ON drawn.sample_id = judged.sample_id AND drawn.ts = judged.ts
  ANTI JOIN (SELECT unnest($elsewhere::VARCHAR[]) AS sample_id) AS busy ON busy.sample_id = judged.sample_id
  ORDER BY turn
  LIMIT $among
)
SELECT upcoming.sample_id, upcoming.ts
FROM upcoming
SEMI JOIN (SELECT sample_id, ts FROM sample WHERE text = 'kept') AS kept
  ON kept.sample_id = upcoming.sample_id AND kept.ts = upcoming.ts
ORDER BY turn
LIMIT 1;

-- second_to_label: Of which sample is a second person's word wanted?
-- Of a share of those that one other labelled, and of all that one other could not say anything about. What decides on
-- the share is the part of the place that the order hardly uses.
WITH said AS (
  SELECT sample_id, ts, place, lower(labeller) AS labeller, passed, labelled_at
  FROM label
  WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
  QUALIFY revision = max(revision) OVER (PARTITION BY sample_id, ts, lower(labeller))
), once AS (
  SELECT sample_id, ts, min(labelled_at) AS labelled_at
  FROM said
  GROUP BY sample_id, ts, place
  HAVING count(*) = 1 AND any_value(labeller) <> lower($labeller)
    AND (count(passed) = 0 OR place * 65536 - floor(place * 65536) < $share)
)
SELECT once.sample_id, once.ts
FROM once
SEMI JOIN (SELECT sample_id, ts FROM sample WHERE text = 'kept') AS kept
  ON kept.sample_id = once.sample_id AND kept.ts = once.ts
ANTI JOIN (SELECT unnest($elsewhere::VARCHAR[]) AS sample_id) AS busy ON busy.sample_id = once.sample_id
ORDER BY once.labelled_at, once.sample_id
LIMIT 1;

-- passed_over: Which verdicts of this time come before labelled ones in the order, and nobody labelled them?
-- Of those whose text is no longer kept too: with text.keep = "failures" it goes by the verdict, which must not decide.
SELECT place_of(seq) AS place, judged_at, passed AS verdict
FROM verdict
ANTI JOIN (
  SELECT sample_id, ts FROM label WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
) AS drawn ON drawn.sample_id = verdict.sample_id AND drawn.ts = verdict.ts
SEMI JOIN (
  SELECT sample_id, ts FROM sample WHERE text IN ('kept', 'expired', 'withheld')
) AS readable ON readable.sample_id = verdict.sample_id AND readable.ts = verdict.ts
WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
  AND status = 'ok' AND passed IS NOT NULL AND sampling_class <> 'feedback' AND judged_at >= $since
  AND place_of(seq) < CASE WHEN passed THEN $last_pass ELSE $last_fail END
ORDER BY judged_at
LIMIT $limit;

-- judged_between: How many samples did the judge decide on in this time, and how many passed?
-- Some were likelier to be judged than others where unequal is true.
SELECT
  count(*) AS n, count(*) FILTER (WHERE passed) AS passes,
  coalesce(min(judge_probability) < max(judge_probability), FALSE) AS unequal
FROM verdict
WHERE feature = $feature AND judge = $judge AND judge_version = $judge_version
  AND status = 'ok' AND passed IS NOT NULL AND sampling_class <> 'feedback'
  AND judged_at >= $start_at AND judged_at < $end_at;
