-- name: insert_function
-- Add a function.
INSERT INTO function (
  name, source, digest, entry, url, events, query, repeat, pool, timeout_s, memory_mb, attempts, by
)
VALUES (
  %(name)s, %(source)s, %(digest)s, %(entry)s, %(url)s, %(events)s, %(query)s, %(repeat)s, %(pool)s, %(timeout_s)s,
  %(memory_mb)s, %(attempts)s, %(by)s
)
ON CONFLICT (name) DO NOTHING RETURNING id;

-- name: replace_function_source
-- Give a function in Python another file.
UPDATE function SET source = %(source)s, digest = %(digest)s, entry = %(entry)s, problem = NULL, problems = 0, not_before = now()
WHERE name = %(name)s AND source IS NOT NULL RETURNING id;

-- name: list_functions
-- All functions or one of them, with the numbers of their calls if asked: these read every call.
SELECT function.name, function.source IS NULL, function.events, function.query, function.repeat, function.pool,
  function.timeout_s, function.memory_mb, function.attempts, function.paused, function.entry,
  encode(function.digest, 'hex'), function.url, function.problem, function.created, function.by,
  calls.waiting, calls.done, calls.failed, function.id
FROM function CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'done' AND finished IS NOT NULL) AS done,
    count(*) FILTER (WHERE state = 'failed') AS failed
  FROM (
    SELECT state, finished FROM function_result WHERE %(counts)s AND function_id = function.id
    UNION ALL SELECT state, finished FROM function_run WHERE %(counts)s AND function_id = function.id
  ) AS call
) AS calls
WHERE %(name)s::text IS NULL OR function.name = %(name)s
ORDER BY function.name;

-- name: function_source
-- The file of a function.
SELECT source FROM function WHERE id = %(id)s;

-- name: delete_function
-- Delete a function with what came of its calls. What it changed stays.
DELETE FROM function WHERE name = %(name)s RETURNING id;

-- name: pause_function
-- Pause a function, or resume it.
UPDATE function SET paused = %(paused)s, problem = NULL, problems = 0, not_before = now() WHERE name = %(name)s RETURNING id;

-- name: function_unusable
-- Record why a function cannot be called, and let no job of it begin for some time, which doubles each time up to an hour.
UPDATE function SET problem = %(problem)s, problems = problems + 1,
  not_before = now() + make_interval(secs => greatest(%(wait_s)s, least(3600, %(wait_s)s * 2.0 ^ least(problems, 20))))
WHERE id = %(id)s;

-- name: function_usable
-- Record that a function can be called.
UPDATE function SET problem = NULL, problems = 0 WHERE id = %(id)s AND (problem IS NOT NULL OR problems > 0);

-- name: functions_to_plan
-- The functions for which assets or runs changed since they were planned, or whose last sweep was long ago.
SELECT id FROM function
WHERE NOT paused AND not_before <= now() AND (
  swept < now() - make_interval(secs => %(sweep_s)s)
  OR CASE WHEN 'run.finished' = ANY(events)
    THEN (SELECT max(job.finished) FROM job) >= planned
    ELSE (SELECT max(asset.updated) FROM asset) >= planned END -- read from the end of its index, unlike EXISTS
)
ORDER BY id;

-- name: lock_function_to_plan
-- A function, locked against others that plan it; none if one does. `horizon`: no transaction at work is older, so what
-- changed before it is visible.
SELECT events, query, repeat, created, CASE WHEN swept < now() - make_interval(secs => %(sweep_s)s) THEN 'epoch' ELSE planned END,
  swept < now() - make_interval(secs => %(sweep_s)s),
  (SELECT least(now(), min(xact_start)) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend')
FROM function WHERE id = %(id)s AND NOT paused FOR NO KEY UPDATE SKIP LOCKED;

-- name: function_planned
-- Record up to which change a function was planned.
UPDATE function SET planned = %(horizon)s, swept = CASE WHEN %(swept)s THEN now() ELSE swept END WHERE id = %(id)s;

-- name: pause_cancelled_functions
-- Pause the functions whose job a user cancelled: what waits would be called by the next job at once.
UPDATE function SET paused = true
WHERE NOT paused AND EXISTS (
  SELECT FROM job WHERE job.lock = 'function:' || function.id AND job.state = 'cancelled'
    AND job.cancel_requested IS NOT NULL AND job.finished >= function.not_before
);

-- name: others_wait
-- Whether another job of the pool of a job could start.
SELECT EXISTS (
  SELECT FROM job WHERE state = 'queued' AND (not_before IS NULL OR not_before <= now())
    AND pool = (SELECT pool FROM job WHERE id = %(id)s)
);

-- name: functions_due
-- The functions with a call that can begin, and no queued or running job.
SELECT name, pool, id FROM function
WHERE NOT paused AND not_before <= now() AND (
  EXISTS (
    SELECT FROM function_result WHERE function_id = function.id AND state = 'waiting' AND not_before <= now()
  )
  OR EXISTS (SELECT FROM function_run WHERE function_id = function.id AND state = 'waiting' AND not_before <= now())
) AND NOT EXISTS (
  SELECT FROM job WHERE job.lock = 'function:' || function.id AND job.state IN ('queued', 'running')
)
ORDER BY id;
