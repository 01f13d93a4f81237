-- name: job_columns
-- Fragment: the columns of a Job. A job whose process has exited and that will not be retried is shown as failed,
-- although its row is not updated yet. The result of a run is its counts.
SELECT job.id, job.kind, coalesce((SELECT workspace.name FROM access.workspace WHERE {rule.own_workspace}), job.workspace), datasource.name, job.subject, job.args, job.requested_by,
  CASE WHEN gone THEN 'failed' ELSE job.state END AS state,
  job.attempt, job.max_attempts, job.not_before, job.created,
  CASE WHEN job.state <> 'queued' THEN job.started END AS started, job.finished,
  job.progress,
  CASE WHEN run.id IS NULL THEN job.result ELSE jsonb_build_object(
    'counts', run.counts, 'requests', run.requests, 'bytes_read', run.bytes_read
  ) END AS result,
  CASE WHEN gone THEN %(interrupted)s ELSE job.error END AS error,
  job.cancel_requested, (SELECT max(later.id) FROM job AS later WHERE later.continues = job.id) AS continued_by,
  job.version, job.pool
FROM job LEFT JOIN datasource ON datasource.id = job.datasource_id LEFT JOIN run ON run.id = job.id
CROSS JOIN LATERAL (
  SELECT job.state = 'running' AND job.attempt IS NULL AND NOT EXISTS (
    SELECT FROM lease JOIN pg_stat_activity AS activity
      ON activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
    WHERE lease.job_id = job.id
  ) AS gone
) AS holder;

-- name: list_jobs
-- Fragment after job_columns: newest first, optionally of one kind, state or datasource, only runs or only others,
-- older than `before`, and not ended before `active_since`.
WHERE (%(datasource)s::text IS NULL OR datasource.name = %(datasource)s)
  AND (%(kind)s::text IS NULL OR job.kind = %(kind)s)
  AND (%(state)s::text IS NULL OR job.state = %(state)s)
  AND (%(runs)s::boolean IS NULL OR (run.id IS NOT NULL) = %(runs)s)
  AND (%(before)s::bigint IS NULL OR job.id < %(before)s)
  AND (%(active_since)s::timestamptz IS NULL OR job.id IN (
    SELECT id FROM job AS late WHERE late.finished IS NULL OR late.finished >= %(active_since)s
  ))
ORDER BY job.id DESC LIMIT %(limit)s;

-- name: one_job
-- Fragment after job_columns: one job.
WHERE job.id = %(job_id)s;

-- name: job_versions
-- The version of each of these jobs; it grows with every change.
SELECT id, version FROM job WHERE id = ANY(%(ids)s::bigint[]);

-- name: prune_jobs
-- Delete jobs of these kinds that ended long ago: nobody needs their results any more.
DELETE FROM job WHERE kind = ANY(%(kinds)s) AND finished < now() - make_interval(days => %(days)s);

-- name: fail_restored
-- Fail the jobs that were running when the backup was made that this catalog was restored from.
UPDATE job SET state = 'failed', finished = now(), error = %(error)s WHERE state = 'running';

-- name: cancel_restored
-- Cancel the jobs that were queued then: nothing that was requested before a restore starts after it.
UPDATE job SET state = 'cancelled', finished = now(), error = %(error)s WHERE state = 'queued';

-- name: requester_of_job
-- Who requested a job, and from where.
SELECT requester ->> 'kind', requester ->> 'address', requester ->> 'credential' FROM job WHERE id = %(job_id)s;
