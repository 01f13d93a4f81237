-- name: create_restored
-- The assets of a snapshot that is restored.
CREATE TEMP TABLE restored (
  asset_id bigint PRIMARY KEY, key text NOT NULL, split smallint, metadata jsonb NOT NULL, provenance jsonb NOT NULL,
  tags text[] NOT NULL, member boolean NOT NULL DEFAULT false
) ON COMMIT DROP;

-- name: drop_gone
-- Leave out assets that are not in the library any more; the others stay until the end of the transaction.
WITH existing AS MATERIALIZED (
  SELECT asset.id FROM asset JOIN restored ON restored.asset_id = asset.id ORDER BY asset.id FOR KEY SHARE OF asset
)
DELETE FROM restored WHERE asset_id NOT IN (SELECT id FROM existing) RETURNING key;

-- name: mark_members
-- Mark the assets that are in the project before anything is restored. Only the snapshot made before a restore knows what
-- users had set, and it has no other assets.
UPDATE restored SET member = true FROM project_asset
WHERE project_asset.project_id = %(project_id)s AND project_asset.asset_id = restored.asset_id;

-- name: remove_others
-- Remove assets from the project that are not in the snapshot.
DELETE FROM project_asset WHERE project_id = %(project_id)s
  AND NOT EXISTS (SELECT FROM restored WHERE restored.asset_id = project_asset.asset_id);

-- name: restore_splits
-- Give assets their split again.
UPDATE project_asset SET split = restored.split FROM restored
WHERE project_asset.project_id = %(project_id)s AND project_asset.asset_id = restored.asset_id
  AND project_asset.split IS DISTINCT FROM restored.split;

-- name: restore_members
-- Add the assets of the snapshot to the project again.
INSERT INTO project_asset (project_id, asset_id, split, assigned)
SELECT %(project_id)s, asset_id, split, true FROM restored ON CONFLICT DO NOTHING;

-- name: mark_assigned
-- A split counts as chosen by a person where the restored settings would choose another one.
UPDATE project_asset SET assigned = wanted.assigned
FROM (
  SELECT restored.asset_id, restored.split IS DISTINCT FROM
    split_of(%(settings)s::jsonb, asset.id, asset.digest, asset.key, asset.metadata) AS assigned
  FROM restored JOIN asset ON asset.id = restored.asset_id
) AS wanted
WHERE project_asset.project_id = %(project_id)s AND project_asset.asset_id = wanted.asset_id
  AND project_asset.assigned <> wanted.assigned;

-- name: restore_user_metadata
-- Set the metadata that users had set, and remove what they set later. A key that the bucket had set then is as it was.
WITH users AS (
  SELECT restored.asset_id,
    ARRAY(SELECT key FROM jsonb_each(asset.provenance) WHERE value ->> 0 = 'user') AS now_keys,
    ARRAY(SELECT key FROM jsonb_each(restored.provenance) WHERE value ->> 0 = 'user') AS then_keys
  FROM restored JOIN asset ON asset.id = restored.asset_id WHERE restored.member
), wanted AS (
  SELECT users.asset_id,
    (asset.metadata - now_keys) || coalesce(
      (SELECT jsonb_object_agg(key, value) FROM jsonb_each(restored.metadata) WHERE key = ANY(now_keys || then_keys)), '{}'
    ) AS metadata,
    (asset.provenance - now_keys) || coalesce(
      (SELECT jsonb_object_agg(key, value) FROM jsonb_each(restored.provenance) WHERE key = ANY(now_keys || then_keys)), '{}'
    ) AS provenance
  FROM users JOIN restored USING (asset_id) JOIN asset ON asset.id = users.asset_id
  WHERE now_keys <> '{}' OR then_keys <> '{}'
)
UPDATE asset SET metadata = wanted.metadata, provenance = wanted.provenance, edited = true, updated = now()
FROM wanted WHERE asset.id = wanted.asset_id AND asset.metadata IS DISTINCT FROM wanted.metadata;

-- name: restore_tags
-- Give assets the tags that they had, and no others: how many assets had different ones.
WITH now AS (
  SELECT restored.asset_id, restored.tags AS then_tags,
    ARRAY(SELECT tag FROM asset_tag WHERE asset_tag.asset_id = restored.asset_id ORDER BY tag) AS now_tags
  FROM restored WHERE restored.member
), changed AS MATERIALIZED (
  SELECT * FROM now WHERE now_tags IS DISTINCT FROM then_tags
), dropped AS (
  DELETE FROM asset_tag USING changed
  WHERE asset_tag.asset_id = changed.asset_id AND asset_tag.tag <> ALL (changed.then_tags)
), added AS (
  INSERT INTO asset_tag (tag, asset_id) SELECT unnest(then_tags), asset_id FROM changed ON CONFLICT DO NOTHING
), touched AS (
  UPDATE asset SET updated = now() FROM changed WHERE asset.id = changed.asset_id
)
SELECT count(*) FROM changed;

-- name: annotations_to_compare
-- The annotations of these assets in the form of `rows_to_freeze`.
SELECT annotation.asset_id, json_agg(json_build_array(
    ontology.name, label_class.name, label_class.shape,
    CASE WHEN annotation.width IS NOT NULL
      THEN json_build_array(annotation.x, annotation.y, annotation.width, annotation.height) END,
    annotation.geometry, annotation.attributes, annotation.source, annotation.by, annotation.at
  ))::text
FROM annotation JOIN label_class ON label_class.id = annotation.class_id
JOIN ontology ON ontology.id = label_class.ontology_id
WHERE annotation.asset_id = ANY(%(ids)s::bigint[]) GROUP BY annotation.asset_id;

-- name: lock_frozen_assets
-- Those of these assets that are in the library, and were in the project.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[])
  AND EXISTS (SELECT FROM restored WHERE restored.asset_id = asset.id AND restored.member) ORDER BY id FOR NO KEY UPDATE;

-- name: all_classes
-- Every class by the names of its ontology and its own.
SELECT ontology.name, label_class.name, label_class.shape, label_class.id
FROM label_class JOIN ontology ON ontology.id = label_class.ontology_id;

-- name: delete_annotations_of
-- Delete the annotations of these assets. Passes respect that a user edited their classes.
WITH deleted AS (
  DELETE FROM annotation WHERE asset_id = ANY(%(ids)s::bigint[]) RETURNING asset_id, class_id
)
INSERT INTO label_edit (asset_id, class_id) SELECT DISTINCT asset_id, class_id FROM deleted
ON CONFLICT (asset_id, class_id) DO UPDATE SET at = now();

-- name: restore_annotations
-- Make annotations as they were, in order, with who made them.
WITH made AS (
  SELECT * FROM unnest(
    %(assets)s::bigint[], %(classes)s::integer[], %(x)s::float8[], %(y)s::float8[], %(width)s::float8[],
    %(height)s::float8[], %(geometries)s::jsonb[], %(attributes)s::jsonb[], %(sources)s::text[], %(people)s::text[],
    %(times)s::timestamptz[]
  ) WITH ORDINALITY AS made (
    asset_id, class_id, x, y, width, height, geometry, attributes, source, by, at, position
  )
), edited AS (
  INSERT INTO label_edit (asset_id, class_id) SELECT DISTINCT asset_id, class_id FROM made
  ON CONFLICT (asset_id, class_id) DO UPDATE SET at = now()
)
INSERT INTO annotation (asset_id, class_id, x, y, width, height, geometry, attributes, source, by, at)
SELECT asset_id, class_id, x, y, width, height, geometry, attributes, source, by, at FROM made ORDER BY position;

-- name: touch_restored
-- Count restored annotations as a change of the assets.
UPDATE asset SET updated = now() WHERE id = ANY(%(ids)s::bigint[]);
