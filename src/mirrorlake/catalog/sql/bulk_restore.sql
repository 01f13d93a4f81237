-- name: objects_in_trash
-- The vanished objects of assets in the trash.
SELECT object.asset_id, object.datasource_id, object.key, object.token, object.size
FROM object JOIN asset ON asset.id = object.asset_id
WHERE asset.id = ANY(%(ids)s::bigint[]) AND asset.state = {asset.trash} AND object.state = {known.trashed}
ORDER BY object.datasource_id, object.key;

-- name: lock_stores_of_assets
-- The locks of the stores of these assets, in the same order everywhere.
SELECT pg_advisory_xact_lock(hashtext('mirrorlake.store' || current_schema()), store) FROM (
  SELECT DISTINCT hashtext(coalesce(datasource.store, datasource.id::text)) AS store
  FROM asset JOIN datasource ON datasource.id = asset.datasource_id WHERE asset.id = ANY(%(ids)s::bigint[]) ORDER BY 1
) AS stores;

-- name: lock_in_trash
-- Those of these assets that are in the trash; they stay there until the end of the transaction.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]) AND state = {asset.trash} ORDER BY id FOR UPDATE;

-- name: record_restore
-- Record which assets of a batch are restored. One element of `before` is [datasource, key, objects]: what governed the
-- asset, and each object with the state that it gets.
INSERT INTO edit_change (edit_id, number, kind, name, ids, before)
SELECT %(edit_id)s, %(number)s, 'restore', '', array_agg(asset.id ORDER BY asset.id),
  jsonb_agg(jsonb_build_array(asset.datasource_id, asset.key, coalesce(item.objects, '[]')) ORDER BY asset.id)
FROM asset LEFT JOIN (
  SELECT given.asset_id, jsonb_agg(jsonb_build_array(given.datasource_id, given.key, given.state)) AS objects
  FROM ROWS FROM (
    unnest(%(assets)s::bigint[]), unnest(%(datasources)s::int[]), unnest(%(object_keys)s::text[]), unnest(%(states)s::int[])
  ) AS given (asset_id, datasource_id, key, state) GROUP BY given.asset_id
) AS item ON item.asset_id = asset.id
WHERE asset.id = ANY(%(ids)s::bigint[]) HAVING count(*) > 0
RETURNING ids;

-- name: restore_objects
-- Restore vanished objects of restored assets: they exist, or a user wants the assets without them.
UPDATE object SET state = given.state
FROM ROWS FROM (
  unnest(%(assets)s::bigint[]), unnest(%(datasources)s::int[]), unnest(%(object_keys)s::text[]), unnest(%(states)s::int[])
) AS given (asset_id, datasource_id, key, state)
WHERE object.datasource_id = given.datasource_id AND object.key = given.key AND object.asset_id = given.asset_id
  AND object.state = {known.trashed} AND given.asset_id = ANY(%(ids)s::bigint[]);

-- name: restore_assets
-- Restore from the trash: present if an object exists, else missing. The oldest datasource that shows an asset governs it.
UPDATE asset SET updated = now(),
  state = CASE WHEN asset.id = ANY(%(existing)s::bigint[]) OR heir.key IS NOT NULL THEN {asset.present} ELSE {asset.missing} END,
  datasource_id = coalesce(heir.datasource_id, asset.datasource_id),
  key = CASE WHEN heir.datasource_id <> asset.datasource_id THEN heir.key ELSE asset.key END
FROM unnest(%(ids)s::bigint[]) AS wanted (id) LEFT JOIN LATERAL (
  SELECT datasource_id, key FROM object WHERE asset_id = wanted.id AND object.state IN ({known.standing})
  ORDER BY datasource_id, key LIMIT 1
) AS heir ON true
WHERE asset.id = wanted.id;

-- name: undo_restore
-- Move the assets of a batch to the trash again that nobody has changed since.
WITH was AS (
  SELECT item.id, item.before FROM edit_change
  CROSS JOIN ROWS FROM (unnest(edit_change.ids), jsonb_array_elements(edit_change.before)) AS item (id, before)
  WHERE edit_id = %(edit_id)s AND number = %(number)s AND kind = 'restore' AND name = %(name)s
), trashed AS (
  UPDATE asset SET state = {asset.trash}, updated = now(), datasource_id = (was.before ->> 0)::int, key = was.before ->> 1
  FROM was WHERE asset.id = was.id AND asset.updated = %(applied)s AND asset.state <> {asset.trash}
  RETURNING asset.id, was.before -> 2 AS objects
), objects AS (
  UPDATE object SET state = {known.trashed}
  FROM trashed CROSS JOIN jsonb_array_elements(trashed.objects) AS one
  WHERE object.datasource_id = (one ->> 0)::int AND object.key = one ->> 1 AND object.asset_id = trashed.id
    AND object.state = (one ->> 2)::int
)
SELECT id FROM trashed;
