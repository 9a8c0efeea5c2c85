-- find_alerts: Which are the newest alerts in this state and of this monitor?
SELECT alert_id, monitor_id, state, fired_at, resolved_at, evidence
FROM alert
LEFT JOIN (
  SELECT alert_id, 'acknowledged' AS seen_to
  FROM incident_member
  JOIN incident USING (incident_id)
  WHERE incident.state = 'acknowledged'
) AS known USING (alert_id)
WHERE ($state IS NULL OR $state = CASE state WHEN 'firing' THEN coalesce(seen_to, state) ELSE state END)
  AND ($monitor_id IS NULL OR monitor_id = $monitor_id)
ORDER BY fired_at DESC, alert_id
LIMIT $limit;

-- firing_alerts: Which alerts fire now?
SELECT alert_id, monitor_id, state, fired_at, resolved_at, evidence
FROM alert
WHERE state = 'firing'
ORDER BY fired_at DESC, alert_id;

-- alert_of_id: What does this alert say?
SELECT alert_id, monitor_id, state, fired_at, resolved_at, evidence FROM alert WHERE alert_id = $alert_id;

-- delete_alert: This alert is about to be written anew.
DELETE FROM alert WHERE alert_id = $alert_id;

-- insert_alerts: This alert stands so.
INSERT INTO alert (alert_id, monitor_id, state, fired_at, resolved_at, evidence)
SELECT alert_id, monitor_id, state, fired_at, resolved_at, evidence FROM incoming;

-- alerts_of_ids: What do these alerts say?
SELECT alert_id, monitor_id, state, fired_at, resolved_at, evidence
FROM alert
WHERE list_contains($ids::VARCHAR[], alert_id)
ORDER BY fired_at, alert_id;
