-- name: begin_function_edit
-- The bulk edit that the changes of a job belong to, made by its first one: its id and the number of the next batch.
INSERT INTO bulk_edit (job_id, workspace, actor_kind, actor, parts)
VALUES (%(job_id)s, %(workspace)s, %(actor_kind)s, %(actor)s, %(parts)s)
ON CONFLICT (job_id) DO UPDATE SET job_id = excluded.job_id
RETURNING id, (SELECT coalesce(max(number) + 1, 0) FROM edit_batch WHERE edit_id = bulk_edit.id);

-- name: insert_applied_batch
-- A batch of changes that is applied in this transaction.
INSERT INTO edit_batch (edit_id, number, part, span, ids, applied)
SELECT %(edit_id)s, %(number)s, 0, int8range(min(id), max(id), '[]'), array_agg(id ORDER BY id), now()
FROM unnest(%(ids)s::bigint[]) AS id;

-- name: count_applied_batch
-- Store how many assets a batch changed, and add them to the assets of its edit.
WITH batch AS (
  UPDATE edit_batch SET changed = %(changed)s WHERE edit_id = %(edit_id)s AND number = %(number)s
)
UPDATE bulk_edit SET assets = coalesce(assets, 0) + %(changed)s WHERE id = %(edit_id)s;

-- name: change_each
-- Like `change_metadata`, with values for each asset: record what changes of those that do not have them.
INSERT INTO edit_change (edit_id, number, kind, name, ids, before, after, sources)
SELECT %(edit_id)s, %(number)s, 'metadata', '', array_agg(asset.id ORDER BY asset.id),
  jsonb_agg(
    jsonb_build_array(
      coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(metadata) WHERE given.set ? key), '{}'),
      coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(provenance) WHERE given.set ? key), '{}'),
      edited
    ) ORDER BY asset.id
  ),
  jsonb_agg(given.set ORDER BY asset.id), %(sources)s::jsonb
FROM asset JOIN unnest(%(ids)s::bigint[], %(sets)s::jsonb[]) AS given (id, set) ON given.id = asset.id
WHERE NOT asset.metadata @> given.set
HAVING count(*) > 0
RETURNING ids;

-- name: edit_each
-- Set metadata keys of assets, with values for each.
UPDATE asset SET metadata = metadata || given.set, edited = true, updated = now(),
  provenance = provenance || (SELECT jsonb_object_agg(key, %(source)s::jsonb) FROM jsonb_object_keys(given.set) AS key)
FROM unnest(%(ids)s::bigint[], %(sets)s::jsonb[]) AS given (id, set)
WHERE asset.id = given.id AND asset.id = ANY(%(changed)s::bigint[]);

-- name: tag_each
-- Add tags, with assets for each, and record to which they were added. Those of keywords stay from now on, which is recorded
-- as a claim.
WITH claimed AS (
  UPDATE asset_tag SET from_keywords = false, edit_id = %(edit_id)s
  FROM unnest(%(tags)s::text[], %(ids)s::bigint[]) AS given (tag, id)
  WHERE from_keywords AND asset_tag.tag = given.tag AND asset_tag.asset_id = given.id
  RETURNING asset_tag.tag, asset_tag.asset_id
), claims AS (
  INSERT INTO edit_change (edit_id, number, kind, name, ids)
  SELECT %(edit_id)s, %(number)s, 'claim', tag, array_agg(asset_id ORDER BY asset_id) FROM claimed GROUP BY tag
), added AS (
  INSERT INTO asset_tag (tag, asset_id, edit_id)
  SELECT tag, id, %(edit_id)s FROM unnest(%(tags)s::text[], %(ids)s::bigint[]) AS given (tag, id)
  ORDER BY tag, id ON CONFLICT DO NOTHING RETURNING tag, asset_id
)
INSERT INTO edit_change (edit_id, number, kind, name, ids)
SELECT %(edit_id)s, %(number)s, 'tag', tag, array_agg(asset_id ORDER BY asset_id) FROM added GROUP BY tag
RETURNING ids;

-- name: untag_each
-- Remove tags, with assets for each, and record from which, with the bulk edits that added them, or
-- that keywords did.
WITH removed AS (
  DELETE FROM asset_tag USING unnest(%(tags)s::text[], %(ids)s::bigint[]) AS given (tag, id)
  WHERE asset_tag.tag = given.tag AND asset_tag.asset_id = given.id
  RETURNING asset_tag.tag, asset_tag.asset_id, asset_tag.edit_id, asset_tag.from_keywords
)
INSERT INTO edit_change (edit_id, number, kind, name, ids, before)
SELECT %(edit_id)s, %(number)s, 'untag', tag, array_agg(asset_id ORDER BY asset_id),
  jsonb_agg(CASE WHEN from_keywords THEN to_jsonb('keywords'::text) ELSE to_jsonb(edit_id) END ORDER BY asset_id)
FROM removed GROUP BY tag
RETURNING ids;

-- name: delete_labels_of_function
-- Delete the annotations that a function made on these assets, for those that it makes now.
DELETE FROM annotation WHERE asset_id = ANY(%(ids)s::bigint[]) AND source = %(source)s AND by = %(by)s
RETURNING asset_id;

-- name: insert_labels_of_function
-- Add annotations to assets, in order.
INSERT INTO annotation (asset_id, class_id, x, y, width, height, geometry, attributes, source, by)
SELECT asset_id, class_id, x, y, width, height, geometry, attributes, %(source)s, %(by)s
FROM unnest(
  %(ids)s::bigint[], %(class_ids)s::integer[], %(x)s::float8[], %(y)s::float8[], %(width)s::float8[],
  %(height)s::float8[], %(geometries)s::jsonb[], %(attributes)s::jsonb[]
) WITH ORDINALITY AS made (asset_id, class_id, x, y, width, height, geometry, attributes, position) ORDER BY position;

-- name: sizes_for_masks
-- The sizes of assets: those of their masks.
SELECT id, width, height FROM asset WHERE id = ANY(%(ids)s::bigint[]);
