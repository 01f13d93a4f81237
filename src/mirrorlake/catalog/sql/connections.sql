-- name: insert_connection
-- Insert a connection, unless its name is taken.
INSERT INTO connection
  (name, kind, settings, external_id, secret_names, secret_references, sealed_key, sealed, trusted)
VALUES (%(name)s, %(kind)s, %(settings)s, %(external_id)s, %(secret_names)s, %(secret_references)s, %(sealed_key)s,
  %(sealed)s, %(trusted)s)
ON CONFLICT (name) DO NOTHING
RETURNING id;

-- name: connections
-- Connections with the names of their datasources, ordered by name: all, or the one with this name or id.
SELECT id, name, kind, settings, external_id, secret_names, secret_references, trusted, health, created,
  ARRAY(SELECT datasource.name FROM datasource WHERE datasource.connection_id = connection.id ORDER BY datasource.name),
  sealed_key, sealed, role_proven
FROM connection
WHERE (%(name)s::text IS NULL OR name = %(name)s) AND (%(id)s::integer IS NULL OR id = %(id)s)
ORDER BY name;

-- name: lock_connection
-- Lock a connection against changes.
SELECT id FROM connection WHERE name = %(name)s FOR UPDATE;

-- name: update_connection
-- Change a connection; its name, kind and external id are kept. What was found about it no longer applies.
UPDATE connection
SET settings = %(settings)s, secret_names = %(secret_names)s, secret_references = %(secret_references)s,
  sealed_key = %(sealed_key)s, sealed = %(sealed)s, trusted = %(trusted)s, role_proven = false, health = NULL,
  paused = NULL
WHERE id = %(id)s;

-- name: lock_following
-- The datasources of a connection that have another endpoint than this one, locked against other changes.
SELECT id FROM datasource WHERE connection_id = %(id)s AND access -> 'endpoint' IS DISTINCT FROM %(endpoint)s
ORDER BY id FOR NO KEY UPDATE;

-- name: follow_endpoint
-- Let the datasources of a connection follow its endpoint, by which they are found.
UPDATE datasource SET access = jsonb_set(access, '{endpoint}', %(endpoint)s)
WHERE connection_id = %(id)s AND access -> 'endpoint' IS DISTINCT FROM %(endpoint)s;

-- name: delete_connection
-- Delete a connection that no datasource uses.
DELETE FROM connection WHERE id = %(id)s;

-- name: store_health
-- Store the result of a check. A role that passed it refuses callers without the ExternalId.
UPDATE connection SET health = %(health)s, checked = now(), paused = %(paused)s, role_proven = role_proven OR %(ok)s
WHERE name = %(name)s;

-- name: correct_region
-- Set the region of a connection to that of its bucket.
UPDATE connection SET settings = jsonb_set(settings, '{region}', to_jsonb(%(region)s::text)) WHERE id = %(id)s;

-- name: due_checks
-- Connections whose check is due: with a schedule and never checked, long ago, paused, or since a run failed.
SELECT id, name FROM connection
WHERE EXISTS (SELECT FROM datasource WHERE datasource.connection_id = connection.id AND datasource.deleted IS NULL)
  AND NOT EXISTS (
    SELECT FROM job WHERE job.lock = 'connection:' || connection.id AND job.state IN ('queued', 'running'))
  AND (
    checked IS NULL AND EXISTS (
      SELECT FROM datasource JOIN schedule ON schedule.datasource_id = datasource.id
      WHERE datasource.connection_id = connection.id AND datasource.deleted IS NULL)
    OR checked < %(now)s::timestamptz - make_interval(secs => %(every_s)s)
    OR paused IS NOT NULL AND checked < %(now)s::timestamptz - make_interval(secs => %(paused_s)s)
    OR EXISTS (
      SELECT FROM job JOIN datasource ON datasource.id = job.datasource_id
      WHERE datasource.connection_id = connection.id AND job.state = 'failed' AND job.finished > coalesce(
        checked, connection.created)))
ORDER BY id;

-- name: any_present_key
-- A key of a datasource whose object exists, as of the last run.
SELECT key FROM object WHERE datasource_id = %(datasource_id)s AND state = {known.present} LIMIT 1;

-- name: paused_datasources
-- The datasources whose schedules pause, and why.
SELECT datasource.id, connection.name, connection.paused
FROM datasource JOIN connection ON connection.id = datasource.connection_id WHERE connection.paused IS NOT NULL;

-- name: sealed_connections
-- The connections whose data keys can be rewrapped.
SELECT id, sealed_key, sealed FROM connection WHERE sealed IS NOT NULL ORDER BY id;

-- name: rewrap_connection
-- Replace the wrapped data key of a connection, unless it changed meanwhile.
UPDATE connection SET sealed_key = %(key)s WHERE id = %(id)s AND sealed_key = %(before)s;

-- name: any_sealed
-- Whether there are secrets that need a master key: of connections or of webhooks.
SELECT FROM connection WHERE sealed IS NOT NULL
UNION ALL SELECT FROM signing_secret LIMIT 1;

-- name: lock_rotation
-- Allow only one rotation of master keys at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('rotate secrets', 0));
