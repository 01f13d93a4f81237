-- name: plan_assets
-- Fragment after a WITH that names the assets of a function's query `chosen`: let calls wait for those that are new
-- (without `created`, they are only noted), and if it is called for those that were `updated`, for each with a change
-- that it has not seen, `always` or until it succeeded.
INSERT INTO function_result (function_id, asset_id, event, state, seen)
SELECT %(function_id)s, asset.id, CASE WHEN result.asset_id IS NULL THEN 'asset.created' ELSE 'asset.updated' END,
  CASE WHEN result.asset_id IS NULL AND NOT %(created)s OR result.trashed AND NOT (%(updated)s AND %(always)s) THEN 'done' ELSE 'waiting' END,
  asset.updated
FROM asset JOIN chosen ON chosen.id = asset.id
LEFT JOIN function_result AS result ON result.asset_id = asset.id AND result.function_id = %(function_id)s
WHERE asset.updated >= %(since)s AND asset.state <> {asset.trash} AND (
  result.asset_id IS NULL OR result.trashed
  OR %(updated)s AND result.state <> 'waiting' AND result.seen <> asset.updated
    AND (%(always)s OR result.state = 'failed' OR result.finished IS NULL)
)
ORDER BY asset.id
ON CONFLICT (function_id, asset_id) DO UPDATE SET event = excluded.event, state = excluded.state, attempts = 0,
  not_before = now(), trashed = false, error = NULL, seen = excluded.seen;

-- name: plan_removed
-- Fragment as `plan_assets`, whose query finds what is in the trash: let calls wait for what was moved there since the
-- function was added.
INSERT INTO function_result (function_id, asset_id, event, state, seen, trashed)
SELECT %(function_id)s, asset.id, 'asset.removed', 'waiting', asset.updated, true
FROM asset JOIN chosen ON chosen.id = asset.id
LEFT JOIN function_result AS result ON result.asset_id = asset.id AND result.function_id = %(function_id)s
WHERE asset.updated >= %(since)s AND asset.state = {asset.trash}
  AND CASE WHEN result.asset_id IS NULL THEN asset.updated >= %(created_at)s ELSE NOT result.trashed END
ORDER BY asset.id
ON CONFLICT (function_id, asset_id) DO UPDATE SET event = excluded.event, state = excluded.state, attempts = 0,
  not_before = now(), trashed = true, error = NULL, seen = excluded.seen;

-- name: plan_again
-- Fragment as `plan_assets`: let calls wait for all of them that were not made since a time. Those in the trash are left.
INSERT INTO function_result (function_id, asset_id, event, state, seen)
SELECT %(function_id)s, asset.id, 'asset.created', 'waiting', asset.updated
FROM asset JOIN chosen ON chosen.id = asset.id WHERE asset.state <> {asset.trash} ORDER BY asset.id
ON CONFLICT (function_id, asset_id) DO UPDATE SET event = 'asset.updated', state = 'waiting', attempts = 0,
  not_before = now(), trashed = false, error = NULL
WHERE function_result.finished IS NULL OR function_result.finished < %(since)s;

-- name: plan_failed_again
-- Fragment as `plan_again`, of those whose last call failed, whether or not it waits for another attempt.
UPDATE function_result SET state = 'waiting', attempts = 0, not_before = now()
FROM asset JOIN chosen ON chosen.id = asset.id
WHERE function_result.function_id = %(function_id)s AND function_result.asset_id = asset.id
  AND function_result.error IS NOT NULL AND function_result.finished < %(since)s AND asset.state <> {asset.trash};

-- name: plan_runs
-- Let calls wait for the runs that ended since the function was added.
INSERT INTO function_run (function_id, run_id, state)
SELECT %(function_id)s, run.id, 'waiting' FROM run JOIN job ON job.id = run.id
WHERE job.finished >= greatest(%(since)s::timestamptz, %(created_at)s::timestamptz)
ORDER BY run.id ON CONFLICT DO NOTHING;

-- name: retry_failed_calls
-- Let the failed calls of a function wait for another attempt.
WITH runs AS (
  UPDATE function_run SET state = 'waiting', attempts = 0, not_before = now()
  WHERE function_id = %(function_id)s AND state = 'failed' RETURNING 1
), assets AS (
  UPDATE function_result SET state = 'waiting', attempts = 0, not_before = now()
  WHERE function_id = %(function_id)s AND state = 'failed' RETURNING 1
)
SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM assets);

-- name: settle_moved_to_trash
-- Calls that wait for an asset which was moved to the trash, or back, are planned again when it changes. The first call of
-- a new asset is forgotten: if restored, it is new to the function.
WITH forgotten AS (
  DELETE FROM function_result USING asset
  WHERE function_result.function_id = %(function_id)s AND function_result.state = 'waiting' AND finished IS NULL
    AND event = 'asset.created' AND asset.id = function_result.asset_id AND asset.state = {asset.trash}
)
UPDATE function_result SET state = 'done', trashed = asset.state = {asset.trash} AND event = 'asset.removed'
FROM asset WHERE function_result.function_id = %(function_id)s AND function_result.state = 'waiting'
  AND asset.id = function_result.asset_id AND (event = 'asset.removed') <> (asset.state = {asset.trash})
  AND (event <> 'asset.created' OR finished IS NOT NULL);

-- name: function_at_work
-- Whether a function is paused, and which file it has.
SELECT paused, encode(digest, 'hex') FROM function WHERE id = %(function_id)s;

-- name: count_calls
-- How many calls of a function can begin.
SELECT (SELECT count(*) FROM function_result WHERE function_id = %(function_id)s AND state = 'waiting' AND not_before <= now())
  + (SELECT count(*) FROM function_run WHERE function_id = %(function_id)s AND state = 'waiting' AND not_before <= now());

-- name: next_calls
-- The next assets that a function is called for, with what it gets of them.
SELECT asset.id, result.event, result.attempts, asset.updated, asset.datasource_id, asset.token, asset.digest,
  CASE WHEN asset.placeholder IS NOT NULL THEN coalesce(asset.digest, asset.sample_digest) END,
  asset.name, asset.key, datasource.name, asset.kind, asset.media_type, asset.size, asset.width, asset.height,
  asset.state, asset.metadata, asset.facts, ARRAY(SELECT tag FROM asset_tag WHERE asset_id = asset.id ORDER BY tag)
FROM function_result AS result JOIN asset ON asset.id = result.asset_id
JOIN datasource ON datasource.id = asset.datasource_id
WHERE result.function_id = %(function_id)s AND result.state = 'waiting' AND result.not_before <= now()
  AND result.asset_id > %(after)s AND (result.event = 'asset.removed') = (asset.state = {asset.trash})
ORDER BY result.asset_id LIMIT %(limit)s;

-- name: next_run_calls
-- The next runs that a function is called for.
SELECT run.id, call.attempts, datasource.name, job.state, run.counts, job.error
FROM function_run AS call JOIN run ON run.id = call.run_id JOIN job ON job.id = run.id
LEFT JOIN datasource ON datasource.id = job.datasource_id
WHERE call.function_id = %(function_id)s AND call.state = 'waiting' AND call.not_before <= now() AND call.run_id > %(after)s
ORDER BY call.run_id LIMIT %(limit)s;

-- name: lock_called
-- The assets of some calls, locked in the order in which passes lock them, with the time of their last change.
SELECT id, updated FROM asset WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: record_calls
-- Record what came of calling a function for some assets.
UPDATE function_result SET state = called.state, attempts = called.attempts, error = called.error, seen = called.seen,
  not_before = now() + make_interval(secs => called.wait_s), finished = CASE WHEN called.state <> 'waiting' THEN now() END
FROM unnest(
  %(ids)s::bigint[], %(states)s::text[], %(attempts)s::smallint[], %(errors)s::text[], %(seen)s::timestamptz[],
  %(waits)s::float8[]
) AS called (id, state, attempts, error, seen, wait_s)
WHERE function_result.function_id = %(function_id)s AND function_result.asset_id = called.id;

-- name: record_run_calls
-- Record what came of calling a function for some runs.
UPDATE function_run SET state = called.state, attempts = called.attempts, error = called.error,
  not_before = now() + make_interval(secs => called.wait_s), finished = CASE WHEN called.state <> 'waiting' THEN now() END
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(attempts)s::smallint[], %(errors)s::text[], %(waits)s::float8[])
  AS called (id, state, attempts, error, wait_s)
WHERE function_run.function_id = %(function_id)s AND function_run.run_id = called.id;

-- name: keep_seen
-- A change that a function made is none for the functions that had seen the asset as it was before.
UPDATE function_result SET seen = now()
FROM unnest(%(ids)s::bigint[], %(before)s::timestamptz[]) AS changed (id, before)
WHERE function_result.asset_id = changed.id AND function_result.seen = changed.before;

-- name: function_failures
-- The calls of a function, or of all for one asset, that failed or wait for another attempt.
SELECT function.name, result.asset_id, NULL::bigint, asset.key, result.event, result.state, result.attempts, result.error,
  CASE WHEN result.state = 'waiting' THEN result.not_before END
FROM function_result AS result JOIN function ON function.id = result.function_id JOIN asset ON asset.id = result.asset_id
WHERE (%(function)s::text IS NULL OR function.name = %(function)s) AND (%(asset_id)s::bigint IS NULL OR result.asset_id = %(asset_id)s)
  AND result.error IS NOT NULL AND result.asset_id > %(after)s
UNION ALL
SELECT function.name, NULL, call.run_id, NULL, 'run.finished', call.state, call.attempts, call.error,
  CASE WHEN call.state = 'waiting' THEN call.not_before END
FROM function_run AS call JOIN function ON function.id = call.function_id
WHERE function.name = %(function)s AND %(asset_id)s::bigint IS NULL AND call.error IS NOT NULL AND %(after)s = 0
ORDER BY 1, 2, 3 LIMIT %(limit)s;
