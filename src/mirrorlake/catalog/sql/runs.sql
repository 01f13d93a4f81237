-- name: lock_datasource
-- Lets only one command at a time decide about a datasource's lease; commits of a pass go on meanwhile.
SELECT name, deleted IS NOT NULL FROM datasource WHERE id = %(datasource_id)s FOR NO KEY UPDATE;

-- name: standing_lease
-- Who works on a datasource, and whether that session still exists and has kept its lease.
SELECT lease.run_id, run.started,
  lease.expires > now() AND EXISTS (
    SELECT FROM pg_stat_activity
    WHERE pid = lease.backend_pid AND pg_stat_activity.backend_start = lease.backend_start
  ) AS alive
FROM lease JOIN run ON run.id = lease.run_id
WHERE lease.datasource_id = %(datasource_id)s;

-- name: fail_interrupted
-- The run that a gone holder left behind.
UPDATE run SET state = 'failed', finished = now(), error = %(error)s
WHERE datasource_id = %(datasource_id)s AND state = 'running';

-- name: revive_datasource
-- A deleted datasource that was kept for its assets is mirrored again, by its address.
UPDATE datasource SET deleted = NULL WHERE id = %(datasource_id)s AND deleted IS NOT NULL;

-- name: insert_run
-- A run begins.
INSERT INTO run (datasource_id, trigger, state) VALUES (%(datasource_id)s, %(trigger)s, 'running')
RETURNING id, started;

-- name: take_lease
-- The lease goes to this session; a commit in flight of the former holder is waited for.
INSERT INTO lease (datasource_id, run_id, holder, backend_pid, backend_start, expires)
SELECT %(datasource_id)s, %(run_id)s, %(holder)s, pid, backend_start, now() + make_interval(secs => %(seconds)s)
FROM pg_stat_activity WHERE pid = pg_backend_pid()
ON CONFLICT (datasource_id) DO UPDATE SET
  run_id = excluded.run_id, holder = excluded.holder, backend_pid = excluded.backend_pid,
  backend_start = excluded.backend_start, expires = excluded.expires;

-- name: renew_lease
-- The holder is alive, in this session.
UPDATE lease SET expires = now() + make_interval(secs => %(seconds)s), backend_pid = pid, backend_start = activity.backend_start
FROM pg_stat_activity AS activity
WHERE holder = %(holder)s AND datasource_id = %(datasource_id)s AND activity.pid = pg_backend_pid();

-- name: cancel_requested
-- Who asked that a run end, if anybody did.
SELECT cancel_requested FROM run WHERE id = %(run_id)s;

-- name: request_cancel
-- Ask the process that works on a run to end it. Who asked first is remembered.
UPDATE run SET cancel_requested = coalesce(cancel_requested, %(by)s) WHERE id = %(run_id)s AND state = 'running';

-- name: end_waiting
-- A run that waits for its turn, or for a person's consent, ends as cancelled.
UPDATE run SET state = 'cancelled', finished = coalesce(finished, now()), cancel_requested = %(by)s, error = %(error)s
WHERE id = %(run_id)s AND state = %(state)s;

-- name: dismiss_held
-- What a run held back is dismissed: nobody can confirm it any more.
DELETE FROM held_removal WHERE run_id = %(run_id)s;

-- name: datasource_of_run
-- Whose run it is.
SELECT datasource_id FROM run WHERE id = %(run_id)s;

-- name: update_live_counts
-- How far a run is.
UPDATE run SET counts = %(counts)s, requests = %(requests)s, bytes_read = %(bytes_read)s
WHERE id = %(run_id)s AND state = 'running';

-- name: finish_run
-- A run ends; nothing where another pass took over and ended it.
UPDATE run SET state = %(state)s, finished = now(), counts = %(counts)s, requests = %(requests)s,
  bytes_read = %(bytes_read)s, error = %(error)s
WHERE id = %(run_id)s AND state = 'running';

-- name: give_lease_back
-- The datasource is free for the next pass.
DELETE FROM lease WHERE datasource_id = %(datasource_id)s AND holder = %(holder)s;

-- name: run_columns
-- Fragment: what makes a Run. One whose holder is gone is shown as what it is, though nobody has written it yet.
SELECT run.id, datasource.name, run.trigger,
  CASE WHEN gone THEN 'failed' ELSE run.state END AS state,
  run.started, run.finished, run.counts, run.requests, run.bytes_read,
  CASE WHEN gone THEN %(interrupted)s ELSE run.error END AS error,
  run.confirms, hold.reason, hold.count, hold.by_prefix, hold.plan_hash, hold.confirmed_by,
  CASE WHEN hold.run_id IS NOT NULL AND run.state = 'held' THEN (
    SELECT later.id FROM run AS later
    WHERE later.datasource_id = run.datasource_id AND (later.started, later.id) > (run.started, run.id)
      AND later.state IN ('held', 'succeeded') AND later.trigger NOT IN ('confirm', 'reapply', 'retry', 'purge')
    ORDER BY later.started DESC, later.id DESC LIMIT 1
  ) END AS superseded_by
FROM run JOIN datasource ON datasource.id = run.datasource_id LEFT JOIN hold ON hold.run_id = run.id
CROSS JOIN LATERAL (
  SELECT run.state = 'running' AND NOT EXISTS (
    SELECT FROM lease JOIN pg_stat_activity AS activity
      ON activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
    WHERE lease.run_id = run.id
  ) AS gone
) AS holder;

-- name: list_runs
-- Fragment after run_columns: the newest first, of one datasource or of all, those older than `before` where it is given.
WHERE (%(datasource)s::text IS NULL OR datasource.name = %(datasource)s)
  AND (%(before)s::bigint IS NULL OR run.id < %(before)s)
ORDER BY run.id DESC LIMIT %(limit)s;

-- name: one_run
-- Fragment after run_columns: one run.
WHERE run.id = %(run_id)s;

-- name: last_runs
-- Fragment after run_columns: the newest run of each datasource.
JOIN LATERAL (
  SELECT id FROM run AS other WHERE other.datasource_id = datasource.id ORDER BY started DESC, id DESC LIMIT 1
) AS newest ON newest.id = run.id;

-- name: last_passes
-- Fragment after run_columns: the pass of each datasource, or of one, that ended last.
JOIN LATERAL (
  SELECT id FROM run AS ended
  WHERE ended.datasource_id = datasource.id AND ended.finished IS NOT NULL AND ended.trigger = ANY(%(passes)s)
  ORDER BY ended.finished DESC, ended.id DESC LIMIT 1
) AS newest ON newest.id = run.id
WHERE %(datasource_id)s::integer IS NULL OR datasource.id = %(datasource_id)s;

-- name: runs_at_work
-- Fragment after run_columns: what waits or is at work, of each datasource or of one; what runs comes last.
WHERE (run.state = 'queued' OR run.state = 'running' AND NOT gone)
  AND (%(datasource_id)s::integer IS NULL OR datasource.id = %(datasource_id)s)
ORDER BY run.state;

-- name: count_failed
-- How many objects failed in a run; folders that could not be listed are none.
SELECT count(*) FROM outcome WHERE run_id = %(run_id)s AND kind = {outcome.failed} AND stage IS DISTINCT FROM 'list';

-- name: failed_keys
-- The next keys of objects that failed in a run, in byte order.
SELECT key FROM outcome
WHERE run_id = %(run_id)s AND kind = {outcome.failed} AND stage IS DISTINCT FROM 'list' AND key > %(after)s
ORDER BY key LIMIT %(limit)s;

-- name: tell_gaps
-- Folders that could not be listed.
INSERT INTO outcome (run_id, key, kind, stage, reason)
SELECT %(run_id)s, key, {outcome.failed}, 'list', reason
FROM unnest(%(keys)s::text[], %(reasons)s::text[]) AS gap (key, reason)
ON CONFLICT (run_id, key) DO NOTHING;

-- name: list_outcomes
-- What happened to single objects in a run, by key; of a removal that was held, also what came of it in a later run.
SELECT one.key, one.kind, one.stage, one.reason, one.asset_id, one.held, done.run_id, done.reason
FROM (
  SELECT key, kind, stage, reason, asset_id, held FROM outcome
  WHERE run_id = %(run_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(after)s::text IS NULL OR key > %(after)s)
  ORDER BY key LIMIT %(limit)s OFFSET %(offset)s
) AS one LEFT JOIN LATERAL (
  SELECT outcome.run_id, outcome.reason FROM run JOIN outcome ON outcome.run_id = run.id
  WHERE one.held AND run.confirms = %(run_id)s AND outcome.key = one.key
  ORDER BY run.id DESC LIMIT 1
) AS done ON true
ORDER BY one.key;
