-- name: insert_webhook
-- Add a webhook.
INSERT INTO webhook (url, events, datasource_id) VALUES (%(url)s, %(events)s, %(datasource_id)s) RETURNING id;

-- name: list_webhooks
-- All webhooks or one of them, with what became of the newest delivery.
SELECT webhook.id, webhook.url, webhook.events, datasource.name, webhook.created,
  (SELECT count(*) FROM webhook_delivery AS one WHERE one.webhook_id = webhook.id AND one.state = 'waiting'),
  newest.state, newest.status, newest.error
FROM webhook LEFT JOIN datasource ON datasource.id = webhook.datasource_id
LEFT JOIN LATERAL (
  SELECT state, status, error FROM webhook_delivery
  WHERE webhook_id = webhook.id AND attempts > 0 ORDER BY id DESC LIMIT 1
) AS newest ON true
WHERE %(id)s::integer IS NULL OR webhook.id = %(id)s
ORDER BY webhook.id;

-- name: delete_webhook
-- Delete a webhook with its deliveries.
DELETE FROM webhook WHERE id = %(id)s;

-- name: list_deliveries
-- The newest deliveries of a webhook.
SELECT id, event, run_id, state, attempts, status, error, created, finished,
  CASE WHEN state = 'waiting' THEN not_before END
FROM webhook_delivery WHERE webhook_id = %(id)s ORDER BY id DESC LIMIT %(limit)s;

-- name: insert_test_delivery
-- Add a test to the deliveries of a webhook. The request in progress sends it: no worker does before its time.
INSERT INTO webhook_delivery (webhook_id, event, not_before)
VALUES (%(id)s, 'test', now() + interval '1 hour') RETURNING id;

-- name: due_deliveries
-- The deliveries whose time has come, oldest first.
SELECT webhook_delivery.id, webhook.id, webhook.url, webhook_delivery.event, webhook_delivery.run_id,
  webhook_delivery.attempts
FROM webhook_delivery JOIN webhook ON webhook.id = webhook_delivery.webhook_id
WHERE webhook_delivery.state = 'waiting' AND webhook_delivery.not_before <= now()
ORDER BY webhook_delivery.not_before, webhook_delivery.id LIMIT %(limit)s;

-- name: any_delivery_due
-- Whether a delivery can be sent now.
SELECT EXISTS (SELECT FROM webhook_delivery WHERE state = 'waiting' AND not_before <= now());

-- name: record_delivery
-- Record an attempt: delivered, failed for good, or to be repeated after some seconds.
UPDATE webhook_delivery SET state = %(state)s, attempts = attempts + 1, status = %(status)s, error = %(error)s,
  not_before = now() + make_interval(secs => %(wait_s)s),
  finished = CASE WHEN %(state)s <> 'waiting' THEN now() END
WHERE id = %(id)s AND state = 'waiting';

-- name: prune_deliveries
-- Delete deliveries that ended long ago.
DELETE FROM webhook_delivery WHERE finished < now() - make_interval(days => %(days)s);
