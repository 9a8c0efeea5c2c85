-- What each feature used, by quarter hour: calls that were kept and that were not, and estimates for all of them, each call
-- that was kept by chance weighing 1 / its probability of being kept. Decimals add up to the same in any order.
-- No column is wider than 64 bits: wider decimals are slow. `unpriced` counts calls with tokens and no known price.
CREATE TABLE usage (
  feature VARCHAR NOT NULL,
  bucket TIMESTAMP NOT NULL,
  kept BIGINT NOT NULL,
  not_kept BIGINT NOT NULL,
  weight DECIMAL(18, 6) NOT NULL,
  errors DECIMAL(18, 6) NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  usd DECIMAL(18, 9) NOT NULL,
  unpriced BIGINT NOT NULL
);
-- What judging each feature cost, by the quarter hour in which it was judged. What people say is no judging. `reused` verdicts
-- were given again on equal content, `batched` ones came in batches and cost `batched_usd`.
CREATE TABLE spending (
  feature VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  bucket TIMESTAMP NOT NULL,
  verdicts BIGINT NOT NULL,
  reused BIGINT NOT NULL,
  batched BIGINT NOT NULL,
  usd DECIMAL(18, 12) NOT NULL,
  batched_usd DECIMAL(18, 12) NOT NULL,
  unpriced BIGINT NOT NULL
);
-- One row: the highest seq of samples and verdicts, and the rows of traffic, that are counted in these two.
CREATE TABLE usage_watermark (
  seq BIGINT NOT NULL,
  traffic BIGINT NOT NULL
);
INSERT INTO usage_watermark VALUES (-1, 0);
