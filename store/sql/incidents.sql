-- find_incidents: Which are the newest incidents in this state?
SELECT
  incident_id, state, severity, opened_at, resolved_at, acknowledged_at, acknowledged_by, assignee,
  told_at, told_severity, told_drop, updates, withheld
FROM incident
WHERE $state IS NULL OR state = $state OR ($state = 'open' AND state <> 'resolved')
ORDER BY opened_at DESC, incident_id
LIMIT $limit;

-- unresolved_incidents: Which incidents are not over, the oldest first?
SELECT
  incident_id, state, severity, opened_at, resolved_at, acknowledged_at, acknowledged_by, assignee,
  told_at, told_severity, told_drop, updates, withheld
FROM incident
WHERE state <> 'resolved'
ORDER BY opened_at, incident_id;

-- incidents_of_ids: How do these incidents stand?
SELECT
  incident_id, state, severity, opened_at, resolved_at, acknowledged_at, acknowledged_by, assignee,
  told_at, told_severity, told_drop, updates, withheld
FROM incident
WHERE list_contains($ids::VARCHAR[], incident_id);

-- incidents_of_firing_alerts: Which incident does each firing alert belong to?
SELECT
  alert_id, incident_id, incident.state, incident.severity, opened_at, incident.resolved_at, acknowledged_at,
  acknowledged_by, assignee, told_at, told_severity, told_drop, updates, withheld
FROM alert
JOIN incident_member USING (alert_id)
JOIN incident USING (incident_id)
WHERE alert.state = 'firing';

-- delete_incidents: These incidents are about to be written anew.
DELETE FROM incident WHERE list_contains($ids::VARCHAR[], incident_id);

-- insert_incidents: These incidents stand so.
INSERT INTO incident (
  incident_id, state, severity, opened_at, resolved_at, acknowledged_at, acknowledged_by, assignee,
  told_at, told_severity, told_drop, updates, withheld
)
SELECT
  incident_id, state, severity, opened_at, resolved_at, acknowledged_at, acknowledged_by, assignee,
  told_at, told_severity, told_drop, updates, withheld
FROM incoming;

-- members_of_incidents: Which alerts belong to these incidents, the first to fire first?
SELECT incident_member.alert_id, incident_id, joined_at, severity, explained_by
FROM incident_member
JOIN alert USING (alert_id)
WHERE list_contains($ids::VARCHAR[], incident_id)
ORDER BY fired_at, incident_member.alert_id;

-- delete_members: These members are about to be written anew.
DELETE FROM incident_member WHERE list_contains($ids::VARCHAR[], alert_id);

-- insert_members: These alerts belong to these incidents.
INSERT INTO incident_member (alert_id, incident_id, joined_at, severity, explained_by)
SELECT alert_id, incident_id, joined_at, severity, explained_by FROM incoming;

-- alerts_without_incident: Which alerts has nobody put into an incident, the first to fire first?
SELECT alert_id FROM alert ANTI JOIN incident_member USING (alert_id) ORDER BY fired_at, alert_id;

-- traffic_of_features: How many samples came for each feature, kept or not?
WITH item AS (
  SELECT feature, count(*) AS n FROM sample WHERE ts >= $since AND ts < $until GROUP BY feature
  UNION ALL
  SELECT feature, sum(n) AS n
  FROM traffic
  WHERE bucket >= $since AND bucket < $until AND outcome IN ('rate', 'budget', 'no_content')
  GROUP BY feature
)
SELECT feature, sum(n)::DOUBLE AS n FROM item GROUP BY feature ORDER BY feature;

-- members_of_alerts: Which incident does each of these alerts belong to, and how?
SELECT alert_id, incident_id, joined_at, severity, explained_by
FROM incident_member
WHERE list_contains($ids::VARCHAR[], alert_id);
