-- name: lock_datasource
-- Allow only one command at a time to decide about the lease of a datasource; commits of a pass continue meanwhile.
SELECT name, deleted IS NOT NULL FROM datasource WHERE id = %(datasource_id)s FOR NO KEY UPDATE;

-- name: revive_datasource
-- Restore a deleted datasource that was kept for its assets, because its address is mirrored again.
UPDATE datasource SET deleted = NULL WHERE id = %(datasource_id)s AND deleted IS NOT NULL;

-- name: insert_run
-- Insert the counts of a job that is a run.
INSERT INTO run (id, trigger) VALUES (%(job_id)s, %(trigger)s);

-- name: dismiss_held
-- Delete the list of held removals of a cancelled run: they can no longer be confirmed.
DELETE FROM held_removal WHERE run_id = %(run_id)s;

-- name: update_live_counts
-- Write the counts of a running run with its heartbeat.
UPDATE run SET counts = %(counts)s, requests = %(requests)s, bytes_read = %(bytes_read)s
WHERE id = %(job_id)s AND EXISTS (SELECT FROM job WHERE job.id = run.id AND job.state = 'running');

-- name: finish_counts
-- Write the final counts and the notes of a run, and the server of its source.
UPDATE run SET counts = %(counts)s, requests = %(requests)s, bytes_read = %(bytes_read)s, server = %(server)s,
  notes = %(notes)s, limited_by = %(limited_by)s
WHERE id = %(job_id)s;

-- name: run_columns
-- Fragment: the columns of a Run. A run whose process has exited is shown as failed, although its row is not updated
-- yet. Of a running one also its progress, what the preceding run listed, and what its heartbeat last reported.
SELECT run.id, datasource.name, run.trigger,
  CASE WHEN gone THEN 'failed' ELSE job.state END AS state,
  job.started, job.finished, run.counts, run.requests, run.bytes_read, run.server,
  CASE WHEN gone THEN %(interrupted)s ELSE job.error END AS error, run.notes, run.limited_by,
  CASE WHEN job.state = 'running' AND NOT gone THEN job.progress END AS progress,
  CASE WHEN job.state = 'running' AND job.kind = 'mirror' THEN (
    SELECT (preceding.counts ->> 'listed')::bigint FROM job AS ended JOIN run AS preceding ON preceding.id = ended.id
    WHERE ended.datasource_id = job.datasource_id AND ended.finished IS NOT NULL AND ended.kind = 'mirror'
      AND ended.state IN ('held', 'succeeded')
    ORDER BY ended.finished DESC, ended.id DESC LIMIT 1
  ) END AS expected,
  holder.moved, holder.unmoved_s, holder.silent_s, coalesce(holder.retrying, false) AS retrying,
  run.confirms, hold.reason, hold.count, hold.by_prefix, hold.plan_hash, hold.confirmed_by,
  CASE WHEN hold.run_id IS NOT NULL AND job.state = 'held' THEN (
    SELECT later.id FROM job AS later
    WHERE later.datasource_id = job.datasource_id AND (later.started, later.id) > (job.started, job.id)
      AND later.state IN ('held', 'succeeded') AND later.kind = 'mirror'
    ORDER BY later.started DESC, later.id DESC LIMIT 1
  ) END AS superseded_by
FROM run JOIN job ON job.id = run.id JOIN datasource ON datasource.id = job.datasource_id
LEFT JOIN hold ON hold.run_id = run.id
LEFT JOIN LATERAL (
  SELECT lease.moved, extract(epoch FROM now() - lease.moved)::float8 AS unmoved_s,
    extract(epoch FROM now() - lease.expires)::float8 + %(lease_s)s AS silent_s, lease.retrying
  FROM lease JOIN pg_stat_activity AS activity
    ON activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
  WHERE job.state = 'running' AND lease.job_id = job.id
  LIMIT 1
) AS holder ON true
CROSS JOIN LATERAL (SELECT job.state = 'running' AND holder.moved IS NULL AS gone) AS process;

-- name: list_runs
-- Fragment after run_columns: newest first, of one datasource or of all, optionally only those in one state, or older
-- than `before`.
WHERE (%(datasource)s::text IS NULL OR datasource.name = %(datasource)s)
  AND (%(state)s::text IS NULL OR CASE WHEN gone THEN 'failed' ELSE job.state END = %(state)s)
  AND (%(before)s::bigint IS NULL OR run.id < %(before)s)
ORDER BY run.id DESC LIMIT %(limit)s;

-- name: one_run
-- Fragment after run_columns: one run.
WHERE run.id = %(run_id)s;

-- name: last_runs
-- Fragment after run_columns: the newest run of each datasource.
JOIN LATERAL (
  SELECT other.id FROM job AS other JOIN run AS of_run ON of_run.id = other.id
  WHERE other.datasource_id = datasource.id ORDER BY other.started DESC, other.id DESC LIMIT 1
) AS newest ON newest.id = run.id;

-- name: last_passes
-- Fragment after run_columns: the most recently ended pass of each datasource, or of one.
JOIN LATERAL (
  SELECT id FROM job AS ended
  WHERE ended.datasource_id = datasource.id AND ended.finished IS NOT NULL AND ended.kind = 'mirror'
  ORDER BY ended.finished DESC, ended.id DESC LIMIT 1
) AS newest ON newest.id = run.id
WHERE %(datasource_id)s::integer IS NULL OR datasource.id = %(datasource_id)s;

-- name: runs_at_work
-- Fragment after run_columns: queued and running runs of each datasource, or of one; the running one is last. Runs that
-- check what events named are so short and so many that no other run is refused for them: it waits for its turn.
WHERE job.kind <> 'events' AND (job.state = 'queued' OR job.state = 'running' AND NOT gone)
  AND (%(datasource_id)s::integer IS NULL OR datasource.id = %(datasource_id)s)
ORDER BY job.state, job.priority, job.id DESC;

-- name: count_failed
-- How many objects failed in a run, without folders that could not be listed and label files.
SELECT count(*) FROM outcome WHERE run_id = %(run_id)s AND kind = {outcome.failed} AND coalesce(stage, '') NOT IN ('list', 'labels');

-- name: failed_keys
-- The next keys of objects that failed in a run, in byte order.
SELECT key FROM outcome
WHERE run_id = %(run_id)s AND kind = {outcome.failed} AND coalesce(stage, '') NOT IN ('list', 'labels') AND key > %(after)s
ORDER BY key LIMIT %(limit)s;

-- name: record_gaps
-- Record folders that could not be listed.
INSERT INTO outcome (run_id, key, kind, stage, reason)
SELECT %(run_id)s, key, {outcome.failed}, 'list', reason
FROM unnest(%(keys)s::text[], %(reasons)s::text[]) AS gap (key, reason)
ON CONFLICT (run_id, key) DO NOTHING;

-- name: list_outcomes
-- The outcomes of a run by key; for held removals also their result in a later run.
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
