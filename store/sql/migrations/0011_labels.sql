-- Where a verdict stands in the order in which people are asked, in [0, 1): its number, mixed by MurmurHash3's last step.
-- The order is the same for everybody and for ever, and knows nothing of what was asked, answered or judged.
CREATE MACRO xored(h, bits) AS xor(h, h >> bits);
CREATE MACRO place_of(seq) AS
  xored(
    (xored((xored(seq::UBIGINT & 4294967295, 16) * 2246822507) & 4294967295, 13) * 3266489909) & 4294967295,
    16
  ) / 4294967296.0;
-- What one person said of one sample, by one judge's criterion; passed NULL: they could not say. Who says it anew adds a
-- row with the next revision, and that one counts. place, judged_at and verdict are those of the judge's verdict: its
-- place in the order, its time, and whether it passed. note may quote the sample, and goes when its text goes.
CREATE TABLE label (
  label_id VARCHAR NOT NULL,
  sample_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  feature VARCHAR NOT NULL,
  judge VARCHAR NOT NULL,
  judge_version VARCHAR NOT NULL,
  labeller VARCHAR NOT NULL,
  revision INTEGER NOT NULL,
  labelled_at TIMESTAMP NOT NULL,
  passed BOOLEAN,
  label VARCHAR,
  note VARCHAR,
  place DOUBLE NOT NULL,
  judged_at TIMESTAMP NOT NULL,
  verdict BOOLEAN NOT NULL,
  key VARCHAR
);
