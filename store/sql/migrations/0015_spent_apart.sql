-- Money that judging cost and no verdict holds, from the audit log: of trials of rubrics, which belong to no feature and
-- no judge, and of judging again (`apart`), which paid for an opinion beside a verdict or for a failure that was
-- replaced. `usd` is NULL where a price is not known.
CREATE MACRO spent_apart() AS TABLE
SELECT
  ts AS paid_at, NULL::VARCHAR AS feature, NULL::VARCHAR AS judge, json_extract(detail, '$.cost_usd')::DOUBLE AS usd
FROM audit
WHERE action = 'tried' AND json_extract(detail, '$.cost_usd')::DOUBLE > 0
UNION ALL
SELECT
  json_extract_string(detail, '$.apart.at')::TIMESTAMP, json_extract_string(detail, '$.feature'),
  json_extract_string(detail, '$.judge'), json_extract(detail, '$.apart.usd')::DOUBLE
FROM audit
WHERE action = 'judged again' AND json_exists(detail, '$.apart');
