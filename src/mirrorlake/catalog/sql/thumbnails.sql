-- name: last_asset
-- The highest id of an asset, to measure the progress of reading all of them.
SELECT coalesce(max(id), 0) FROM asset;

-- name: digests_after
-- The next assets with a thumbnail, of any state, by id: ids, digests and sizes, each as the bytes of all values.
SELECT string_agg(int8send(id), ''::bytea ORDER BY id), string_agg(digest, ''::bytea ORDER BY id),
  string_agg(int8send(size), ''::bytea ORDER BY id)
FROM (SELECT id, digest, size FROM asset WHERE id > %(after)s AND placeholder IS NOT NULL ORDER BY id LIMIT %(rows)s) AS stretch;

-- name: source_objects
-- For each asset, the object that can provide its bytes again: one with the token and size that were processed,
-- preferably an existing one. The token is null if there is no such object.
SELECT DISTINCT ON (asset.id) asset.id, asset.digest, coalesce(object.datasource_id, asset.datasource_id),
  coalesce(object.key, asset.key), asset.size, object.token
FROM asset LEFT JOIN object
  ON object.asset_id = asset.id AND object.token = asset.token AND object.size = asset.size AND object.state <> {known.refused}
WHERE asset.id = ANY(%(assets)s::bigint[])
ORDER BY asset.id, object.state, object.datasource_id;

-- name: lock_thumbnails
-- Whether this session obtained the right to change thumbnail files; it keeps it until it ends.
SELECT pg_try_advisory_lock(hashtext('mirrorlake.thumbnails'));

-- name: library_id
-- The id of this library.
SELECT id::text FROM library;

-- name: runs_with_lease
-- The runs that may still commit processed objects: their lease is valid, or their session still exists.
SELECT lease.job_id FROM lease JOIN run ON run.id = lease.job_id
WHERE lease.expires > now() OR EXISTS (
  SELECT FROM pg_stat_activity
  WHERE pid = lease.backend_pid AND pg_stat_activity.backend_start = lease.backend_start
)
ORDER BY lease.job_id;
