-- name: lock_outside_trash
-- Those of these assets that are not in the trash, locked until the end of the transaction.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]) AND state <> {asset.trash} ORDER BY id FOR UPDATE;

-- name: record_trash
-- Record which assets of a batch are moved to the trash. One element of `before` has their vanished objects with their
-- states: [[datasource, key, state]…].
INSERT INTO edit_change (edit_id, number, kind, name, ids, before)
SELECT %(edit_id)s, %(number)s, 'trash', '', array_agg(asset.id ORDER BY asset.id),
  jsonb_agg(coalesce(vanished.objects, '[]') ORDER BY asset.id)
FROM asset LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_array(datasource_id, key, state)) AS objects
  FROM object WHERE object.asset_id = asset.id AND object.state IN ({known.missing}, {known.trashed})
) AS vanished ON true
WHERE asset.id = ANY(%(ids)s::bigint[]) HAVING count(*) > 0;

-- name: keep_vanished_objects
-- A person decided about the assets of these vanished objects: an object that returns does not restore its asset.
UPDATE object SET state = {known.kept}
WHERE asset_id = ANY(%(ids)s::bigint[]) AND state IN ({known.missing}, {known.trashed});

-- name: trash_chosen
-- Move these assets to the trash. Objects that exist stay present: passes compare them as before and leave their assets
-- where a person put them.
UPDATE asset SET state = {asset.trash}, updated = now() WHERE id = ANY(%(ids)s::bigint[]);

-- name: undo_trash
-- Restore the assets of a batch from the trash, unless they left it or a later job moved them there again. Objects that
-- had vanished before are as they were; one that vanished since leaves its asset missing.
WITH was AS (
  SELECT item.id, item.before FROM edit_change
  CROSS JOIN ROWS FROM (unnest(edit_change.ids), jsonb_array_elements(edit_change.before)) AS item (id, before)
  WHERE edit_id = %(edit_id)s AND number = %(number)s AND kind = 'trash' AND name = %(name)s
), later AS (
  SELECT unnest(again.ids) AS id
  FROM edit_batch AS mine JOIN edit_batch AS other ON other.span && mine.span AND other.edit_id > mine.edit_id
  JOIN edit_change AS again ON again.edit_id = other.edit_id AND again.number = other.number AND again.kind = 'trash'
  WHERE mine.edit_id = %(edit_id)s AND mine.number = %(number)s
), back AS (
  UPDATE asset SET updated = now(),
    state = CASE WHEN heir.key IS NOT NULL THEN {asset.present} ELSE {asset.missing} END,
    datasource_id = coalesce(heir.datasource_id, asset.datasource_id),
    key = CASE WHEN heir.datasource_id <> asset.datasource_id THEN heir.key ELSE asset.key END
  FROM was LEFT JOIN LATERAL (
    SELECT datasource_id, key FROM object WHERE asset_id = was.id AND object.state IN ({known.standing})
    ORDER BY datasource_id, key LIMIT 1
  ) AS heir ON true
  WHERE asset.id = was.id AND asset.state = {asset.trash}
    AND NOT EXISTS (SELECT FROM later WHERE later.id = was.id)
    AND NOT EXISTS (SELECT FROM object WHERE object.asset_id = was.id AND object.state = {known.trashed})
  RETURNING asset.id, was.before AS objects
), objects AS (
  UPDATE object SET state = (one ->> 2)::int
  FROM back CROSS JOIN jsonb_array_elements(back.objects) AS one
  WHERE object.datasource_id = (one ->> 0)::int AND object.key = one ->> 1 AND object.asset_id = back.id
    AND object.state = {known.kept}
)
SELECT id FROM back;
