-- write_one_counted: A row that no query asks for, so that DuckDB does not lose the next ones (store/counted.py).
INSERT INTO rollup_value (
  feature, metric, judge, judge_version, bucket, segment, hour_block, sampling_class, value, label, votes
)
VALUES ('', '', '', '', TIMESTAMP '1970-01-01', '', 0, '', NULL, NULL, 0);

-- delete_one_counted: That row has served.
DELETE FROM rollup_value WHERE metric = '' AND bucket = TIMESTAMP '1970-01-01';
