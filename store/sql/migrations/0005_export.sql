-- At most one row, and none while nothing is exported: up to which verdict.seq the user's own backend has them.
CREATE TABLE export_watermark (
  seq BIGINT NOT NULL
);
