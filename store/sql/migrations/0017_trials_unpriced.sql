-- Of a trial of a rubric the price may not be known: its model has none, or no answer came in time. Its line in the audit
-- log tells what was paid as one of judging again does (`apart`); older lines have the price alone.
CREATE OR REPLACE MACRO spent_apart() AS TABLE
SELECT
  ts AS paid_at, NULL::VARCHAR AS feature, NULL::VARCHAR AS judge, json_extract(detail, '$.cost_usd')::DOUBLE AS usd
FROM audit
WHERE action = 'tried' AND json_extract(detail, '$.cost_usd')::DOUBLE > 0 AND NOT json_exists(detail, '$.apart')
UNION ALL
SELECT
  json_extract_string(detail, '$.apart.at')::TIMESTAMP, json_extract_string(detail, '$.feature'),
  json_extract_string(detail, '$.judge'), json_extract(detail, '$.apart.usd')::DOUBLE
FROM audit
WHERE action IN ('judged again', 'tried') AND json_exists(detail, '$.apart');
