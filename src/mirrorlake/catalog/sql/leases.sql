-- name: current_lease
-- Who holds a lock, and whether that session still exists and its lease is valid.
SELECT lease.job_id, job.started, lease.holder::text,
  lease.expires > now() AND EXISTS (
    SELECT FROM pg_stat_activity
    WHERE pid = lease.backend_pid AND pg_stat_activity.backend_start = lease.backend_start
  ) AS alive
FROM lease JOIN job ON job.id = lease.job_id
WHERE lease.lock = %(lock)s;

-- name: take_lease
-- Take the lease for this session, unless another session has taken it since its holder was read. Waits for a commit in
-- progress of that holder.
INSERT INTO lease (lock, job_id, holder, backend_pid, backend_start, expires)
SELECT %(lock)s, %(job_id)s, %(holder)s, pid, backend_start, now() + make_interval(secs => %(seconds)s)
FROM pg_stat_activity WHERE pid = pg_backend_pid()
ON CONFLICT (lock) DO UPDATE SET
  job_id = excluded.job_id, holder = excluded.holder, backend_pid = excluded.backend_pid,
  backend_start = excluded.backend_start, expires = excluded.expires, moved = now(), retrying = false
WHERE lease.holder = %(before)s::uuid;

-- name: renew_lease
-- Renew the lease of its holder, in this session, with whether its work has moved since and whether it retries requests.
UPDATE lease SET expires = now() + make_interval(secs => %(seconds)s), backend_pid = pid, backend_start = activity.backend_start,
  moved = CASE WHEN %(moved)s THEN now() ELSE moved END, retrying = %(retrying)s
FROM pg_stat_activity AS activity
WHERE holder = %(holder)s AND lock = %(lock)s AND activity.pid = pg_backend_pid();

-- name: release_lease
-- Release the lock for the next job.
DELETE FROM lease WHERE lock = %(lock)s AND holder = %(holder)s;

-- name: cancel_requested
-- The user who requested that a job be cancelled, if any.
SELECT cancel_requested FROM job WHERE id = %(job_id)s;

-- name: write_progress
-- Write the progress of a running job with its heartbeat.
UPDATE job SET progress = %(progress)s WHERE id = %(job_id)s AND state = 'running';

-- name: fail_interrupted
-- Fail the jobs whose process held this lock and has exited.
UPDATE job SET state = 'failed', finished = now(), error = %(error)s WHERE lock = %(lock)s AND state = 'running'
RETURNING id;

-- name: count_committed
-- Count what runs had committed when their process exited. Each object has one outcome, and so have label files, which
-- are not counted: held ones have no asset. The listing is as it was last reported, which counted images as unchanged
-- whose labels have changed since.
UPDATE run SET counts = run.counts || counted.counts || jsonb_build_object('unchanged', greatest(0,
    coalesce((run.counts ->> 'unchanged')::bigint, 0) + coalesce((run.counts ->> 'labels_changed')::bigint, 0)
      - (counted.counts ->> 'labels_changed')::bigint))
FROM unnest(%(ids)s::bigint[]) AS ended (id) CROSS JOIN LATERAL (
  SELECT jsonb_object_agg(kinds.kind, coalesce(found.objects, 0)) AS counts
  FROM unnest(%(kinds)s::text[]) AS kinds (kind) LEFT JOIN (
    SELECT kind, count(*) AS objects FROM outcome
    WHERE run_id = ended.id AND coalesce(stage, '') NOT IN ('list', 'labels') AND NOT (held AND asset_id IS NULL)
    GROUP BY kind
  ) AS found ON found.kind = kinds.kind
) AS counted
WHERE run.id = ended.id;

-- name: insert_running
-- Insert a job that starts immediately in the process that requested it.
INSERT INTO job (kind, datasource_id, subject, args, requested_by, requester, lock, pool, state)
VALUES (
  %(kind)s, %(datasource_id)s, %(subject)s, %(args)s, %(requested_by)s, %(requester)s, %(lock)s, %(pool)s, 'running'
)
RETURNING id, started;

-- name: finish_job
-- End a job, unless another process has taken it over and ended it.
UPDATE job SET state = %(state)s, finished = now(), error = %(error)s, result = %(result)s
WHERE id = %(job_id)s AND state = 'running';
