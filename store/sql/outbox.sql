-- insert_notifications: This is told.
INSERT INTO notification (event_id, incident_id, event, occurred_at, data)
SELECT event_id, incident_id, event, occurred_at, data FROM incoming;

-- notification_of_event: What does this event say?
SELECT event_id, incident_id, event, occurred_at, data FROM notification WHERE event_id = $event_id;

-- find_notifications: Which are the newest events, of this incident or of all?
-- An incident is over last, also where a late look finds that it was over before it was told again.
SELECT event_id, incident_id, event, occurred_at, data
FROM notification
WHERE $incident_id IS NULL OR incident_id = $incident_id
ORDER BY
  CASE WHEN $incident_id IS NOT NULL THEN list_position(['firing', 'updated', 'resolved'], event) END DESC NULLS LAST,
  occurred_at DESC, event_id
LIMIT $limit;

-- next_delivery_seq: Which number does the next delivery get?
SELECT coalesce(max(seq), 0) + 1 AS seq FROM delivery;

-- insert_deliveries: These deliveries stand so.
INSERT INTO delivery (
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
)
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM incoming;

-- delete_delivery: This delivery is about to be written anew.
DELETE FROM delivery WHERE event_id = $event_id AND channel = $channel;

-- delivery_of_event: How far did this event get at this channel?
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM delivery
WHERE event_id = $event_id AND channel = $channel;

-- pending_deliveries: What is still owed, in the order in which it came to be owed?
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM delivery
WHERE state = 'pending' AND ($channel IS NULL OR channel = $channel)
ORDER BY seq;

-- deliveries_of_incident: What became of the deliveries of this incident?
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM delivery
WHERE incident_id = $incident_id
ORDER BY seq;

-- deliveries_of_incidents: What became of the deliveries of these incidents?
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM delivery
WHERE list_contains($ids::VARCHAR[], incident_id)
ORDER BY seq;

-- newest_notifications: What was told last of each of these incidents?
SELECT event_id, incident_id, event, occurred_at, data
FROM notification
WHERE list_contains($ids::VARCHAR[], incident_id)
QUALIFY row_number() OVER (PARTITION BY incident_id ORDER BY occurred_at DESC, event_id) = 1
ORDER BY incident_id;

-- find_deliveries: Which are the newest deliveries in this state?
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM delivery
WHERE $state IS NULL OR state = $state
ORDER BY seq DESC
LIMIT $limit;

-- newest_of_channels: Which delivery in this state, of these events or none of them, is the newest of each channel?
SELECT
  event_id, alert_id, channel, event, state, created_at, next_attempt_at, attempts, delivered_at, last_error,
  incident_id, seq
FROM delivery
WHERE ($state IS NULL OR state = $state) AND (event = 'test') = $tests
QUALIFY seq = max(seq) OVER (PARTITION BY channel);

-- arrived: How many messages did this channel take from then to then?
SELECT count(*) AS messages
FROM delivery
WHERE channel = $channel AND state = 'delivered' AND delivered_at BETWEEN $since AND $until;

-- owed_of_severity: Does this channel wait for anything so severe of this incident, or is this event of that severity?
SELECT event_id
FROM delivery AS d JOIN notification AS n USING (event_id)
WHERE d.channel = $channel AND d.state = 'pending' AND (d.event_id = $event_id OR d.incident_id = $incident_id)
  AND json_extract_string(n.data, '$.severity') = $severity
LIMIT 1;

-- delivered_later: Did this channel take anything that came to be owed later?
SELECT event_id FROM delivery WHERE channel = $channel AND seq > $seq AND state = 'delivered' LIMIT 1;

-- channel_traffic: How does every channel fare?
SELECT
  channel,
  count(*) FILTER (WHERE state = 'pending') AS waiting,
  min(created_at) FILTER (WHERE state = 'pending') AS oldest_at,
  count(*) FILTER (WHERE state = 'dead' AND event <> 'test') AS dead,
  count(*) FILTER (WHERE state = 'delivered' AND delivered_at >= $since) AS delivered,
  max(delivered_at) AS last_delivered_at
FROM delivery
GROUP BY channel
ORDER BY channel;
