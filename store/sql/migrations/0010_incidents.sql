-- Alarms that began together are one incident, and are told together. `told_at`, `told_severity` and `told_drop` are what
-- its last message said, NULL when there was none; `withheld` says why (silenced, explained, past). `state` is firing,
-- acknowledged or resolved.
CREATE TABLE incident (
  incident_id VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  severity VARCHAR NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  resolved_at TIMESTAMP,
  acknowledged_at TIMESTAMP,
  acknowledged_by VARCHAR,
  assignee VARCHAR,
  told_at TIMESTAMP,
  told_severity VARCHAR,
  told_drop DOUBLE,
  updates INTEGER NOT NULL,
  withheld VARCHAR
);
-- Which incident an alert belongs to; `explained_by` is the alert (a broken judge, an outage) that accounts for it.
CREATE TABLE incident_member (
  alert_id VARCHAR NOT NULL,
  incident_id VARCHAR NOT NULL,
  joined_at TIMESTAMP NOT NULL,
  severity VARCHAR NOT NULL,
  explained_by VARCHAR
);
-- What is told: every attempt at every channel says the same.
CREATE TABLE notification (
  event_id VARCHAR NOT NULL,
  incident_id VARCHAR,
  event VARCHAR NOT NULL,
  occurred_at TIMESTAMP NOT NULL,
  data VARCHAR NOT NULL
);
-- `seq` is the order in which deliveries came to be owed.
ALTER TABLE delivery ADD COLUMN incident_id VARCHAR;
ALTER TABLE delivery ADD COLUMN seq BIGINT;
-- Nobody is told of what the matchers match (JSON: label to glob) from `starts_at` to `ends_at`. `every` (day, week) repeats
-- a maintenance window; `ended_at` is set when somebody ended it early.
CREATE TABLE silence (
  silence_id VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  matchers VARCHAR NOT NULL,
  starts_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  every VARCHAR,
  reason VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR NOT NULL,
  ended_at TIMESTAMP,
  ended_by VARCHAR
);
-- Who did what to what, people and Leadline itself. `via` is api, command, ui or leadline; `key` begins the hash of the API
-- key that was used.
CREATE TABLE audit (
  ts TIMESTAMP NOT NULL,
  seq BIGINT NOT NULL,
  actor VARCHAR NOT NULL,
  via VARCHAR NOT NULL,
  key VARCHAR,
  action VARCHAR NOT NULL,
  subject VARCHAR NOT NULL,
  subject_id VARCHAR NOT NULL,
  detail VARCHAR NOT NULL
);
-- Alerts from before there were incidents have one each, and what was said of them was said.
INSERT INTO incident (incident_id, state, severity, opened_at, resolved_at, told_at, updates)
SELECT 'inc_' || substr(alert_id, 7), state, 'warning', fired_at, resolved_at, fired_at, 0
FROM alert;
INSERT INTO incident_member (alert_id, incident_id, joined_at, severity)
SELECT alert_id, 'inc_' || substr(alert_id, 7), fired_at, 'warning' FROM alert;
UPDATE delivery SET incident_id = 'inc_' || substr(alert_id, 7);
UPDATE delivery SET seq = numbered.seq
FROM (
  SELECT event_id, channel, row_number() OVER (ORDER BY created_at, event_id, channel) AS seq FROM delivery
) AS numbered
WHERE delivery.event_id = numbered.event_id AND delivery.channel = numbered.channel;
INSERT INTO notification (event_id, incident_id, event, occurred_at, data)
SELECT
  event_id, 'inc_' || substr(alert_id, 7), event,
  CASE event WHEN 'resolved' THEN coalesce(resolved_at, fired_at) ELSE fired_at END,
  json_merge_patch(evidence, json_object(
    'alert_id', alert_id, 'state', event, 'fired_at', strftime(fired_at, '%Y-%m-%dT%H:%M:%SZ'),
    'resolved_at', CASE event WHEN 'resolved' THEN strftime(resolved_at, '%Y-%m-%dT%H:%M:%SZ') END
  ))
FROM (SELECT DISTINCT event_id, alert_id, event FROM delivery) AS owed
JOIN alert USING (alert_id);
