-- Something that may have caused a change: a deploy, a new prompt, another model. `feature` is NULL when it concerns all of
-- them; `origin` is api or command when somebody told us, seen when a value first appeared in the traffic.
CREATE TABLE marker (
  marker_id VARCHAR NOT NULL,
  ts TIMESTAMP NOT NULL,
  created_at TIMESTAMP NOT NULL,
  kind VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  feature VARCHAR,
  origin VARCHAR NOT NULL,
  note VARCHAR NOT NULL
);
