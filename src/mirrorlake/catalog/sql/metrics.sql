-- name: runs_by_state
-- How many runs of this workspace are in each state.
SELECT job.state, count(*) FROM run JOIN job ON job.id = run.id GROUP BY job.state ORDER BY job.state;

-- name: waiting_by_pool
-- How many jobs are queued in each pool, and since when the first of them could have begun; null if none could yet.
SELECT pool, count(*), min(greatest(started, not_before)) FILTER (WHERE not_before IS NULL OR not_before <= now())
FROM job WHERE state = 'queued' GROUP BY pool ORDER BY pool;
