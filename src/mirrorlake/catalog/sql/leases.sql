-- name: current_lease
-- Who holds a lock, and whether that session still exists and has kept its lease.
SELECT lease.job_id, job.started, lease.holder::text,
  lease.expires > now() AND EXISTS (
    SELECT FROM pg_stat_activity
    WHERE pid = lease.backend_pid AND pg_stat_activity.backend_start = lease.backend_start
  ) AS alive
FROM lease JOIN job ON job.id = lease.job_id
WHERE lease.lock = %(lock)s;

-- name: take_lease
-- The lease goes to this session, unless somebody took it since its holder was seen; a commit in flight of that holder
-- is waited for.
INSERT INTO lease (lock, job_id, holder, backend_pid, backend_start, expires)
SELECT %(lock)s, %(job_id)s, %(holder)s, pid, backend_start, now() + make_interval(secs => %(seconds)s)
FROM pg_stat_activity WHERE pid = pg_backend_pid()
ON CONFLICT (lock) DO UPDATE SET
  job_id = excluded.job_id, holder = excluded.holder, backend_pid = excluded.backend_pid,
  backend_start = excluded.backend_start, expires = excluded.expires
WHERE lease.holder = %(before)s::uuid;

-- name: renew_lease
-- The holder is alive, in this session.
UPDATE lease SET expires = now() + make_interval(secs => %(seconds)s), backend_pid = pid, backend_start = activity.backend_start
FROM pg_stat_activity AS activity
WHERE holder = %(holder)s AND lock = %(lock)s AND activity.pid = pg_backend_pid();

-- name: release_lease
-- The lock is free for the next job.
DELETE FROM lease WHERE lock = %(lock)s AND holder = %(holder)s;

-- name: cancel_requested
-- Who asked that a job end, if anybody did.
SELECT cancel_requested FROM job WHERE id = %(job_id)s;

-- name: write_progress
-- Progress of a job at work, with its heartbeat.
UPDATE job SET progress = %(progress)s WHERE id = %(job_id)s AND state = 'running';

-- name: fail_interrupted
-- Jobs that a gone holder of a lock left behind.
UPDATE job SET state = 'failed', finished = now(), error = %(error)s WHERE lock = %(lock)s AND state = 'running';

-- name: insert_running
-- A job that begins at once, in the process of whoever asked for it.
INSERT INTO job (kind, datasource_id, subject, args, requested_by, lock, state)
VALUES (%(kind)s, %(datasource_id)s, %(subject)s, %(args)s, %(requested_by)s, %(lock)s, 'running')
RETURNING id, started;

-- name: finish_job
-- A job ends; nothing where another process took over and ended it.
UPDATE job SET state = %(state)s, finished = now(), error = %(error)s, result = %(result)s
WHERE id = %(job_id)s AND state = 'running';
