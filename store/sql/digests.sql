-- last_digest: Until when did the last report tell?
SELECT max(occurred_at) AS until FROM notification WHERE event = 'digest';
