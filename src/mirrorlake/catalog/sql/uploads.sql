-- name: insert_upload
-- Record an uploaded file that waits for its import.
INSERT INTO upload (datasource_id, key, name, size, digest, edit, split, workspace, actor_kind, actor)
VALUES (
  %(datasource_id)s, %(key)s, %(name)s, %(size)s, %(digest)s, %(edit)s, %(split)s, %(workspace)s, %(actor_kind)s,
  %(actor)s
) RETURNING id;

-- name: uploads_by_id
-- Uploaded files, with the other assets that have the same bytes.
SELECT upload.id, upload.name, datasource.name, upload.key, upload.size, upload.digest, upload.ended, upload.asset_id,
  upload.error, ARRAY(
    SELECT asset.id::text FROM asset
    WHERE asset.digest = upload.digest AND asset.id IS DISTINCT FROM upload.asset_id
      AND NOT (asset.datasource_id = upload.datasource_id AND asset.key = upload.key)
    ORDER BY asset.id LIMIT 20
  )
FROM upload JOIN datasource ON datasource.id = upload.datasource_id
WHERE upload.id = ANY(%(ids)s::bigint[]) ORDER BY upload.id;

-- name: oldest_waiting_uploads
-- The uploaded files that have waited longest for their import, from the index on those that wait.
SELECT id FROM upload WHERE ended IS NULL ORDER BY id LIMIT %(limit)s;

-- name: waiting_uploads
-- The uploaded files under these keys that wait for their import, with what was imported, or why nothing was.
SELECT upload.id, upload.edit, upload.split, upload.workspace, upload.actor_kind, upload.actor, object.asset_id,
  coalesce(object.reason, (SELECT reason FROM outcome WHERE run_id = %(run_id)s AND outcome.key = upload.key))
FROM upload LEFT JOIN object ON object.datasource_id = upload.datasource_id AND object.key = upload.key
WHERE upload.datasource_id = %(datasource_id)s AND upload.key = ANY(%(keys)s::text[]) AND upload.ended IS NULL
ORDER BY upload.id;

-- name: end_uploads
-- Record what became of uploaded files.
UPDATE upload SET ended = now(), asset_id = item.asset_id, error = item.error
FROM ROWS FROM (unnest(%(ids)s::bigint[]), unnest(%(assets)s::bigint[]), unnest(%(errors)s::text[]))
  AS item (id, asset_id, error)
WHERE upload.id = item.id;
