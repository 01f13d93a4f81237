-- name: lock_datasource_named
-- The datasource of this name, kept from beginning a pass until this transaction ends.
SELECT id FROM datasource WHERE name = %(name)s AND deleted IS NULL FOR NO KEY UPDATE;

-- name: insert_queued
-- A run that waits for a worker; nothing where one of this datasource waits already.
INSERT INTO run (datasource_id, trigger, state, attempt)
VALUES (%(datasource_id)s, %(trigger)s, 'queued', %(attempt)s)
ON CONFLICT (datasource_id) WHERE state = 'queued' DO NOTHING
RETURNING id;

-- name: queued_run
-- The run of a datasource that waits.
SELECT id FROM run WHERE datasource_id = %(datasource_id)s AND state = 'queued';

-- name: lock_to_put_back
-- A run that its worker gives up, unless another pass has taken over: what made it, and whether anybody still wants it.
SELECT run.trigger, run.attempt, run.cancel_requested, datasource.deleted IS NOT NULL
FROM run JOIN datasource ON datasource.id = run.datasource_id
WHERE run.id = %(run_id)s AND run.state = 'running'
FOR NO KEY UPDATE OF datasource, run;

-- name: claim_queued
-- The oldest queued run whose datasource is free, locked against other workers. A lease that was renewed a moment ago
-- counts even where its session is gone: after a restart of the database its holder comes back.
SELECT run.id, run.datasource_id
FROM run JOIN datasource ON datasource.id = run.datasource_id
WHERE run.state = 'queued' AND datasource.deleted IS NULL AND NOT EXISTS (
  SELECT FROM lease WHERE lease.datasource_id = run.datasource_id
    AND (lease.expires > now() + make_interval(secs => %(fresh)s) OR lease.expires > now() AND EXISTS (
      SELECT FROM pg_stat_activity AS activity
      WHERE activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
    ))
)
ORDER BY run.id LIMIT 1
FOR NO KEY UPDATE OF datasource, run SKIP LOCKED;

-- name: any_queued
-- Whether a worker has anything to look at.
SELECT EXISTS (SELECT FROM run WHERE state = 'queued');

-- name: start_queued
-- A queued run begins.
UPDATE run SET state = 'running', started = now() WHERE id = %(run_id)s AND state = 'queued';

-- name: abandoned_runs
-- Runs from the queue whose worker is gone and has been silent for a while, locked for whoever looks first; the last
-- column says that nobody wants them any more.
SELECT run.id, run.datasource_id, datasource.name, run.trigger, run.attempt,
  run.cancel_requested IS NOT NULL OR datasource.deleted IS NOT NULL
FROM run JOIN datasource ON datasource.id = run.datasource_id
WHERE run.state = 'running' AND run.attempt IS NOT NULL AND NOT EXISTS (
  SELECT FROM lease WHERE lease.run_id = run.id
    AND (lease.expires > now() + make_interval(secs => %(fresh)s) OR lease.expires > now() AND EXISTS (
      SELECT FROM pg_stat_activity AS activity
      WHERE activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
    ))
)
ORDER BY run.id
FOR NO KEY UPDATE OF datasource, run SKIP LOCKED;

-- name: cancel_queued
-- What waits for a datasource that is being deleted never begins.
UPDATE run SET state = 'cancelled', finished = now(), error = %(error)s
WHERE datasource_id = %(datasource_id)s AND state = 'queued';

-- name: dismiss_holds
-- What the runs of a datasource that is being deleted hold back can be confirmed by nobody any more.
WITH dismissed AS (
  UPDATE run SET state = 'cancelled', error = %(held)s
  WHERE datasource_id = %(datasource_id)s AND state = 'held' RETURNING id
)
DELETE FROM held_removal USING dismissed WHERE held_removal.run_id = dismissed.id;
