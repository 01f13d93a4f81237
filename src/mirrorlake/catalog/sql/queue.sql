-- name: lock_datasource_named
-- The datasource with this name; no pass can start on it until this transaction ends.
SELECT id FROM datasource WHERE name = %(name)s AND deleted IS NULL FOR NO KEY UPDATE;

-- name: insert_queued
-- Queue a job, unless one of the same kind is queued for the same lock. If it names no pool, it is of that of its
-- datasource.
INSERT INTO job (
  kind, datasource_id, subject, args, requested_by, requester, lock, priority, state, attempt, max_attempts, pool
)
VALUES (
  %(kind)s, %(datasource_id)s, %(subject)s, %(args)s, %(requested_by)s, %(requester)s, %(lock)s, %(priority)s, 'queued',
  1, %(max_attempts)s, coalesce(
    nullif(%(pool)s, 'default'), (SELECT settings ->> 'pool' FROM datasource WHERE id = %(datasource_id)s), 'default'
  )
)
ON CONFLICT (kind, lock) WHERE state = 'queued' AND lock IS NOT NULL DO NOTHING
RETURNING id;

-- name: queued_job
-- The queued job of a kind and lock.
SELECT id FROM job WHERE kind = %(kind)s AND lock = %(lock)s AND state = 'queued';

-- name: same_job
-- A queued or running job of the same kind over the same datasource, with the same arguments.
SELECT id FROM job
WHERE kind = %(kind)s AND datasource_id = %(datasource_id)s AND args = %(args)s AND state IN ('queued', 'running')
  AND cancel_requested IS NULL
ORDER BY id DESC LIMIT 1;

-- name: end_retry_delay
-- Let a queued job that waits for another attempt start immediately.
UPDATE job SET not_before = NULL, retry_reason = NULL
WHERE kind = %(kind)s AND lock = %(lock)s AND state = 'queued' AND not_before > now()
RETURNING id;

-- name: any_queued
-- Whether a queued job of a pool can start now.
SELECT EXISTS (
  SELECT FROM job
  WHERE state = 'queued' AND (not_before IS NULL OR not_before <= now()) AND kind = ANY(%(kinds)s) AND pool = %(pool)s
);

-- name: claim_job
-- The next job of a pool whose lock is free, locked against other workers: the oldest of the highest priority. A lease that was
-- renewed recently counts as held even if its session has ended: after a restart of the database its holder reconnects.
SELECT job.id, job.kind, coalesce(job.lock, 'job:' || job.id), job.datasource_id, job.attempt, job.max_attempts, (
  SELECT lease.holder::text FROM lease WHERE lease.lock = coalesce(job.lock, 'job:' || job.id)
)
FROM job
WHERE job.state = 'queued' AND job.kind = ANY(%(kinds)s) AND job.pool = %(pool)s
  AND (job.not_before IS NULL OR job.not_before <= now())
  AND NOT EXISTS (
    SELECT FROM datasource
    WHERE datasource.id = job.datasource_id AND datasource.deleted IS NOT NULL AND job.kind <> 'purge'
  )
  AND NOT EXISTS (
    SELECT FROM lease WHERE lease.lock = coalesce(job.lock, 'job:' || job.id)
      AND (lease.expires > now() + make_interval(secs => %(fresh)s) OR lease.expires > now() AND EXISTS (
        SELECT FROM pg_stat_activity AS activity
        WHERE activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
      ))
  )
ORDER BY job.priority DESC, job.id LIMIT 1
FOR NO KEY UPDATE OF job SKIP LOCKED;

-- name: start_queued
-- Start a queued job.
UPDATE job SET state = 'running', started = now(), not_before = NULL, retry_reason = NULL
WHERE id = %(job_id)s AND state = 'queued';

-- name: abandoned_jobs
-- Queued jobs whose worker has exited or has sent no heartbeat for some time, locked for the first worker that reads
-- them; the last column is true if the job is no longer wanted.
SELECT job.id, coalesce(job.lock, 'job:' || job.id), job.kind, datasource.name, job.attempt < job.max_attempts,
  job.cancel_requested IS NOT NULL OR datasource.deleted IS NOT NULL AND job.kind <> 'purge'
FROM job LEFT JOIN datasource ON datasource.id = job.datasource_id
WHERE job.state = 'running' AND job.attempt IS NOT NULL AND NOT EXISTS (
  SELECT FROM lease WHERE lease.job_id = job.id
    AND (lease.expires > now() + make_interval(secs => %(fresh)s) OR lease.expires > now() AND EXISTS (
      SELECT FROM pg_stat_activity AS activity
      WHERE activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
    ))
)
ORDER BY job.id
FOR NO KEY UPDATE OF job SKIP LOCKED;

-- name: lock_lease_of_job
-- The lease of a job, locked; none while a transaction under it is in progress.
SELECT lock FROM lease WHERE job_id = %(job_id)s FOR UPDATE SKIP LOCKED;

-- name: lease_of_job
-- The lease of a job.
SELECT lock FROM lease WHERE job_id = %(job_id)s;

-- name: job_to_continue
-- The facts that decide whether a job is continued later, unless another process has taken it over.
SELECT job.kind, job.attempt, job.max_attempts, job.cancel_requested,
  datasource.deleted IS NOT NULL AND job.kind <> 'purge'
FROM job LEFT JOIN datasource ON datasource.id = job.datasource_id
WHERE job.id = %(job_id)s AND job.state = 'running'
FOR NO KEY UPDATE OF job;

-- name: continue_run
-- Queue a job that continues a run which ended too early, unless one of the same kind is queued.
INSERT INTO job (
  kind, workspace, datasource_id, subject, args, requested_by, lock, priority, state, attempt, max_attempts,
  pool, not_before, retry_reason, continues
)
SELECT kind, workspace, datasource_id, subject, args, requested_by, lock, priority, 'queued', attempt + %(more)s,
  max_attempts, pool, now() + make_interval(secs => %(wait_s)s), %(reason)s, id
FROM job WHERE id = %(job_id)s
ON CONFLICT (kind, lock) WHERE state = 'queued' AND lock IS NOT NULL DO NOTHING
RETURNING id;

-- name: continuing_run
-- Insert the counts of the job that continues a run.
INSERT INTO run (id, trigger) SELECT %(again)s, trigger FROM run WHERE id = %(job_id)s;

-- name: queue_again
-- Queue a job that is not a run for another attempt, with the same id.
UPDATE job SET state = 'queued', attempt = attempt + %(more)s, progress = NULL,
  not_before = now() + make_interval(secs => %(wait_s)s), retry_reason = %(reason)s
WHERE id = %(job_id)s AND state = 'running';

-- name: cancel_queued
-- Cancel the queued jobs of a datasource that is being deleted.
UPDATE job SET state = 'cancelled', finished = now(), error = %(error)s
WHERE datasource_id = %(datasource_id)s AND state = 'queued';

-- name: dismiss_holds
-- Dismiss the held removals of a datasource that is being deleted: they can no longer be confirmed.
WITH dismissed AS (
  UPDATE job SET state = 'cancelled', error = %(held)s
  WHERE datasource_id = %(datasource_id)s AND state = 'held' RETURNING id
)
DELETE FROM held_removal USING dismissed WHERE held_removal.run_id = dismissed.id;

-- name: request_cancel
-- Request that the process of a job end it. The first user who requested this is stored.
UPDATE job SET cancel_requested = coalesce(cancel_requested, %(by)s) WHERE id = %(job_id)s AND state = 'running';

-- name: cancel_running
-- The same for all running jobs of datasources.
UPDATE job SET cancel_requested = coalesce(cancel_requested, %(by)s)
WHERE datasource_id = ANY(%(ids)s::integer[]) AND state = 'running';

-- name: end_waiting
-- Cancel a job that is queued or waits for confirmation.
UPDATE job SET state = 'cancelled', finished = coalesce(finished, now()), cancel_requested = %(by)s, error = %(error)s
WHERE id = %(job_id)s AND state = %(state)s;

-- name: datasource_of_job
-- The datasource of a job.
SELECT datasource_id FROM job WHERE id = %(job_id)s;
