-- name: last_asset
-- Beyond which id there is no asset: what reading all of them is measured by.
SELECT coalesce(max(id), 0) FROM asset;

-- name: digests_after
-- The next assets that have a thumbnail, of any state, by id: ids, digests and sizes, each as the bytes of all of them.
SELECT string_agg(int8send(id), ''::bytea ORDER BY id), string_agg(digest, ''::bytea ORDER BY id),
  string_agg(int8send(size), ''::bytea ORDER BY id)
FROM (SELECT id, digest, size FROM asset WHERE id > %(after)s AND placeholder IS NOT NULL ORDER BY id LIMIT %(rows)s) AS stretch;

-- name: source_objects
-- Of each of these assets the object that may give its bytes once more: one remembered with the token and size that were
-- looked at, a standing one before one that vanished. Where there is none, the token is null.
SELECT DISTINCT ON (asset.id) asset.id, asset.digest, coalesce(object.datasource_id, asset.datasource_id),
  coalesce(object.key, asset.key), asset.size, object.token
FROM asset LEFT JOIN object
  ON object.asset_id = asset.id AND object.token = asset.token AND object.size = asset.size AND object.state <> {known.refused}
WHERE asset.id = ANY(%(assets)s::bigint[])
ORDER BY asset.id, object.state, object.datasource_id;

-- name: lock_thumbnails
-- Whether this session is the one that may change files among the thumbnails; it is until it ends.
SELECT pg_try_advisory_lock(hashtext('mirrorlake.thumbnails'));

-- name: library_id
-- Which library this is.
SELECT id::text FROM library;

-- name: runs_with_lease
-- The runs that may still commit what they looked at: their lease has not run out, or their session stands.
SELECT lease.job_id FROM lease JOIN run ON run.id = lease.job_id
WHERE lease.expires > now() OR EXISTS (
  SELECT FROM pg_stat_activity
  WHERE pid = lease.backend_pid AND pg_stat_activity.backend_start = lease.backend_start
)
ORDER BY lease.job_id;
