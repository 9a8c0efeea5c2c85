-- When each model, release and prompt version first appeared in each feature's traffic, up to the sample of that seq.
CREATE TABLE first_seen (
  feature VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  received_at TIMESTAMP NOT NULL
);
CREATE TABLE first_seen_watermark (seq BIGINT NOT NULL);
INSERT INTO first_seen_watermark VALUES (-1);
