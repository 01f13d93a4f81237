-- name: record_heartbeat
-- A worker is there.
INSERT INTO worker (id, host, pid) VALUES (%(id)s, %(host)s, %(pid)s)
ON CONFLICT (id) DO UPDATE SET seen = now(), ended = NULL;

-- name: end_worker
-- A worker says good-bye.
UPDATE worker SET seen = now(), ended = now() WHERE id = %(id)s;

-- name: prune_workers
-- Workers of long ago; the one that was seen last is remembered.
DELETE FROM worker WHERE seen < now() - interval '30 days' AND seen < (SELECT max(seen) FROM worker);

-- name: count_workers
-- How many workers are there now, and when one was last seen.
SELECT count(*) FILTER (WHERE ended IS NULL AND seen > now() - make_interval(secs => %(silent)s)), max(seen) FROM worker;

-- name: jobs_in_front
-- The job at work that each of these queued jobs waits for, and until when and why it waits for another attempt.
SELECT queued.id, max(busy.id), queued.not_before, queued.retry_reason, queued.datasource_id IS NOT NULL
FROM job AS queued LEFT JOIN job AS busy ON busy.lock = queued.lock AND busy.state = 'running'
WHERE queued.id = ANY(%(ids)s::bigint[]) GROUP BY queued.id;
