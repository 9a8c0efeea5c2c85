-- find_alerts: Which are the newest alerts in this state and of this monitor?
SELECT alert_id, monitor_id, state, fired_at, resolved_at, evidence
FROM alert
WHERE ($state IS NULL OR state = $state) AND ($monitor_id IS NULL OR monitor_id = $monitor_id)
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

-- delete_delivery: This delivery is about to be written anew.
DELETE FROM delivery WHERE event_id = $event_id AND channel = $channel;

-- insert_deliveries: This delivery stands so.
INSERT INTO delivery (
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error
)
SELECT event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error
FROM incoming;

-- due_deliveries: Which deliveries are to be tried now, oldest first?
SELECT event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error
FROM delivery
WHERE state = 'pending' AND next_attempt_at <= $now
ORDER BY next_attempt_at, created_at, event_id, channel;

-- deliveries_of_alert: What became of the deliveries of this alert?
SELECT event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error
FROM delivery
WHERE alert_id = $alert_id
ORDER BY created_at, event_id, channel;
