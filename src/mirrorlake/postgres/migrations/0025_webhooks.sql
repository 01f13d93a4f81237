-- Webhooks: addresses that are told when runs start and end.

CREATE TABLE webhook (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url text NOT NULL,
  events text[] NOT NULL,                    -- model.webhooks.WebhookEvent
  datasource_id integer REFERENCES datasource ON DELETE CASCADE, -- null: of all datasources
  created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE webhook_delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  webhook_id integer NOT NULL REFERENCES webhook ON DELETE CASCADE,
  run_id bigint REFERENCES run ON DELETE CASCADE, -- null: a test
  event text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts smallint NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT now(), -- of the next attempt
  status smallint,                           -- of the last response
  error text,                                -- of the last attempt
  created timestamptz NOT NULL DEFAULT now(),
  finished timestamptz,
  UNIQUE (webhook_id, run_id, event)
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (not_before) WHERE state = 'waiting';

-- In the transaction that changes the state of a run, so that no event is lost and a run waits for nothing. Runs that
-- check what events named are too many to be told of.
CREATE FUNCTION queue_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  happened text := CASE NEW.state
    WHEN 'running' THEN 'run.started' WHEN 'held' THEN 'run.held' WHEN 'succeeded' THEN 'run.finished'
    WHEN 'failed' THEN 'run.failed' END;
BEGIN
  IF happened IS NOT NULL AND EXISTS (SELECT FROM run WHERE run.id = NEW.id) THEN
    INSERT INTO webhook_delivery (webhook_id, run_id, event)
    SELECT webhook.id, NEW.id, happened FROM webhook
    WHERE happened = ANY(webhook.events) AND coalesce(webhook.datasource_id, NEW.datasource_id) = NEW.datasource_id
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER job_webhooks AFTER UPDATE OF state ON job FOR EACH ROW
WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.kind IN ('mirror', 'confirm', 'retry', 'purge', 'reapply'))
EXECUTE FUNCTION queue_webhooks();

-- A run in the process of its requester is running from its first row on.
CREATE FUNCTION queue_webhooks_of_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO webhook_delivery (webhook_id, run_id, event)
  SELECT webhook.id, NEW.id, 'run.started' FROM webhook JOIN job ON job.id = NEW.id
  WHERE job.state = 'running' AND job.kind IN ('mirror', 'confirm', 'retry', 'purge', 'reapply')
    AND 'run.started' = ANY(webhook.events) AND coalesce(webhook.datasource_id, job.datasource_id) = job.datasource_id
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER run_webhooks AFTER INSERT ON run FOR EACH ROW EXECUTE FUNCTION queue_webhooks_of_run();
