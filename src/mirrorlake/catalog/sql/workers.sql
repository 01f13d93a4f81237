-- name: record_heartbeat
-- Register a worker, or renew its registration.
INSERT INTO access.worker (id, host, pid, pool) VALUES (%(id)s, %(host)s, %(pid)s, %(pool)s)
ON CONFLICT (id) DO UPDATE SET seen = now(), ended = NULL;

-- name: end_worker
-- Record that a worker has ended.
UPDATE access.worker SET seen = now(), ended = now() WHERE id = %(id)s;

-- name: prune_workers
-- Delete workers of more than 30 days ago, except the one that was last registered.
DELETE FROM access.worker WHERE seen < now() - interval '30 days' AND seen < (SELECT max(seen) FROM access.worker);

-- name: count_workers
-- Of each of these pools, how many workers are running, and when one last sent a heartbeat.
SELECT named.pool, count(*) FILTER (WHERE ended IS NULL AND seen > now() - make_interval(secs => %(silent)s)), max(seen)
FROM unnest(%(pools)s::text[]) AS named (pool) LEFT JOIN access.worker ON worker.pool = named.pool GROUP BY named.pool;

-- name: workers_by_pool
-- The same for all pools that have had a worker within 30 days.
SELECT pool, count(*) FILTER (WHERE ended IS NULL AND seen > now() - make_interval(secs => %(silent)s)), max(seen)
FROM access.worker GROUP BY pool ORDER BY pool;

-- name: jobs_in_front
-- The running job that blocks each of these queued jobs, its pool, and the time and reason of a pending retry.
SELECT queued.id, max(busy.id), queued.not_before, queued.retry_reason, queued.datasource_id IS NOT NULL, queued.pool
FROM job AS queued LEFT JOIN job AS busy ON busy.lock = queued.lock AND busy.state = 'running'
WHERE queued.id = ANY(%(ids)s::bigint[]) GROUP BY queued.id;
