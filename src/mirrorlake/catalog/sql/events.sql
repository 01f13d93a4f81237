-- name: set_event_receiver
-- Set where the events of a datasource come from. The counts begin again.
INSERT INTO event_receiver (datasource_id, kind, address, trusted)
VALUES (%(datasource_id)s, %(kind)s, %(address)s, %(trusted)s)
ON CONFLICT (datasource_id) DO UPDATE SET kind = excluded.kind, address = excluded.address,
  trusted = excluded.trusted,
  received = 0, "foreign" = 0, tests = 0, unreadable = 0, last_event = NULL, last_poll = NULL, last_error = NULL,
  last_warning = NULL;

-- name: drop_event_receiver
-- Receive no more events of a datasource.
DELETE FROM event_receiver WHERE datasource_id = %(datasource_id)s;

-- name: drop_event_hints
-- Forget the keys of a datasource that wait to be checked.
DELETE FROM event_hint WHERE datasource_id = %(datasource_id)s;

-- name: event_receiver
-- Where the events of a datasource come from, and what has arrived.
SELECT kind, address, trusted, received, "foreign", tests, unreadable, last_event, last_poll, last_error, last_warning,
  (SELECT count(*) FROM event_hint WHERE event_hint.datasource_id = event_receiver.datasource_id)
FROM event_receiver WHERE datasource_id = %(datasource_id)s;

-- name: polled_receivers
-- The datasources whose events are in a queue, without those whose queue somebody polls or is about to poll.
SELECT event_receiver.datasource_id, datasource.name
FROM event_receiver JOIN datasource ON datasource.id = event_receiver.datasource_id
WHERE event_receiver.kind <> 'webhook' AND datasource.deleted IS NULL AND NOT EXISTS (
  SELECT FROM job WHERE job.kind = 'receive' AND job.datasource_id = datasource.id AND job.state IN ('queued', 'running')
)
ORDER BY event_receiver.datasource_id;

-- name: add_event_hints
-- Add the keys of events. One that waits already gets a new version, so that the check in progress does not settle it.
INSERT INTO event_hint (datasource_id, key)
SELECT %(datasource_id)s, key FROM unnest(%(keys)s::text[]) AS named (key) ORDER BY key
ON CONFLICT (datasource_id, key) DO UPDATE SET version = DEFAULT, attempts = 0;

-- name: count_events
-- Add what a message contained to the counts of its datasource.
UPDATE event_receiver SET received = received + %(received)s, "foreign" = "foreign" + %(foreign)s,
  tests = tests + %(tests)s, unreadable = unreadable + %(unreadable)s,
  last_event = CASE WHEN %(received)s + %(foreign)s > 0 THEN now() ELSE last_event END,
  last_warning = coalesce(%(warning)s, last_warning)
WHERE datasource_id = %(datasource_id)s;

-- name: record_poll
-- Record that a queue was asked, and the error if there was one.
UPDATE event_receiver SET last_poll = now(), last_error = %(error)s WHERE datasource_id = %(datasource_id)s;

-- name: take_event_hints
-- The keys that have waited longest, with their versions.
SELECT key, version FROM event_hint WHERE datasource_id = %(datasource_id)s ORDER BY version LIMIT %(limit)s;

-- name: settle_event_hints
-- Forget keys that were checked, unless they were named again meanwhile.
DELETE FROM event_hint USING unnest(%(keys)s::text[], %(versions)s::bigint[]) AS checked (key, version)
WHERE event_hint.datasource_id = %(datasource_id)s AND event_hint.key = checked.key
  AND event_hint.version = checked.version;

-- name: postpone_event_hints
-- Let keys wait for another check; one that was checked too often is left to the next run over everything.
WITH counted AS (
  UPDATE event_hint SET attempts = attempts + 1, version = DEFAULT
  WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) RETURNING key, attempts
), tired AS (
  SELECT key FROM counted WHERE attempts >= %(attempts)s
)
SELECT key FROM tired;

-- name: forget_event_hints
-- Forget these keys.
DELETE FROM event_hint WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]);

-- name: datasources_with_hints
-- The datasources with keys that wait to be checked, and no queued run that will check them.
SELECT DISTINCT event_hint.datasource_id, datasource.name
FROM event_hint JOIN datasource ON datasource.id = event_hint.datasource_id
WHERE datasource.deleted IS NULL AND NOT EXISTS (
  SELECT FROM job WHERE job.kind = 'events' AND job.datasource_id = datasource.id AND job.state = 'queued'
);

-- name: check_failed_lately
-- Whether the last run that checked the keys of a datasource has failed within ten minutes: its source is left alone.
SELECT FROM (
  SELECT state, finished FROM job
  WHERE datasource_id = %(datasource_id)s AND kind = 'events' AND finished IS NOT NULL
  ORDER BY finished DESC, id DESC LIMIT 1
) AS newest WHERE state = 'failed' AND finished > now() - interval '10 minutes';
