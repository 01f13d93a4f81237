-- name: last_asset
-- The highest id of an asset, to measure the progress of reading all of them.
SELECT coalesce(max(id), 0) FROM asset;

-- name: digests_after
-- The next assets with a thumbnail, of any state, by id: ids, digests and sizes, each as the bytes of all values.
SELECT string_agg(int8send(id), ''::bytea ORDER BY id), string_agg(name, ''::bytea ORDER BY id),
  string_agg(int8send(size), ''::bytea ORDER BY id)
FROM (SELECT id, {rule.thumbnail_name} AS name, size FROM asset WHERE id > %(after)s AND placeholder IS NOT NULL ORDER BY id LIMIT %(rows)s) AS stretch;

-- name: source_objects
-- For each asset, the object that can provide its bytes again: one with the token and size that were processed,
-- preferably an existing one. The token is null if there is no such object. Without assets of which no thumbnail has a
-- name (any more); the last column is whether the object was read whole.
SELECT DISTINCT ON (asset.id) asset.id, {rule.thumbnail_name}, coalesce(object.datasource_id, asset.datasource_id),
  coalesce(object.key, asset.key), asset.size, object.token, asset.digest IS NOT NULL
FROM asset LEFT JOIN object
  ON object.asset_id = asset.id AND object.token = asset.token AND object.size = asset.size AND object.state <> {known.refused}
WHERE asset.id = ANY(%(assets)s::bigint[]) AND {rule.thumbnail_name} IS NOT NULL
ORDER BY asset.id, object.state, object.datasource_id;

-- name: lock_thumbnails
-- Whether this session obtained the right to change thumbnail files; it keeps it until it ends.
SELECT pg_try_advisory_lock(hashtext('mirrorlake.thumbnails'), hashtext(current_schema()));

-- name: library_id
-- The id of this library.
SELECT id::text FROM library;

-- name: database_id
-- What distinguishes this database from a copy that was loaded into another one, or into another server.
SELECT system_identifier || '.' || pg_database.oid FROM pg_control_system(), pg_database
WHERE datname = current_database();
