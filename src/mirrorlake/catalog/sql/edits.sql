-- name: lock_for_edit
-- The assets of an edit, locked in the order in which passes lock them.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: read_for_edit
-- The assets of an edit, locked as above, with what they have of what it names.
SELECT id,
  (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(metadata) WHERE key = ANY(%(keys)s::text[])),
  ARRAY(SELECT tag FROM asset_tag WHERE asset_id = asset.id AND tag = ANY(%(tags)s::text[]) ORDER BY tag),
  ARRAY(
    SELECT project.name FROM project_asset JOIN project ON project.id = project_asset.project_id
    WHERE asset_id = asset.id AND project.name = ANY(%(projects)s::text[]) ORDER BY project.name
  )
FROM asset WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE OF asset;

-- name: edit_assets
-- Metadata keys that a user removed or set. Removing a key that does not exist does not count as an edit.
UPDATE asset SET
  metadata = (metadata - %(removed)s::text[]) || %(values)s::jsonb,
  provenance = (provenance - %(removed)s::text[]) || %(sources)s::jsonb,
  edited = edited OR %(values)s::jsonb <> '{}' OR metadata ?| %(removed)s::text[],
  updated = now()
WHERE id = ANY(%(ids)s::bigint[]);

-- name: add_tags
-- Add tags that the assets do not have yet. Those of their keywords stay from now on.
INSERT INTO asset_tag (tag, asset_id)
SELECT tag, id FROM unnest(%(tags)s::text[]) AS tag CROSS JOIN unnest(%(ids)s::bigint[]) AS id
ON CONFLICT (tag, asset_id) DO UPDATE SET from_keywords = false WHERE asset_tag.from_keywords;

-- name: remove_tags
-- Remove tags that the assets have.
DELETE FROM asset_tag WHERE asset_id = ANY(%(ids)s::bigint[]) AND tag = ANY(%(tags)s::text[]);

-- name: add_to_projects
-- Add assets to projects that they are not in.
INSERT INTO project_asset (project_id, asset_id)
SELECT project.id, asset_id FROM project CROSS JOIN unnest(%(ids)s::bigint[]) AS asset_id
WHERE project.name = ANY(%(projects)s::text[]) ORDER BY 1, 2 ON CONFLICT DO NOTHING;

-- name: remove_from_projects
-- Remove assets from projects that they are in.
DELETE FROM project_asset USING project
WHERE project.id = project_asset.project_id AND project.name = ANY(%(projects)s::text[])
  AND asset_id = ANY(%(ids)s::bigint[]);

-- name: record_edits
-- Record an edit of each of these assets, with what it had before.
INSERT INTO activity (workspace, actor_kind, actor, action, subject_kind, subject, details, address, credential)
SELECT %(workspace)s, %(actor_kind)s, %(actor)s, 'edit', 'asset', item.id, item.details, %(address)s, %(credential)s
FROM ROWS FROM (unnest(%(subjects)s::text[]), unnest(%(details)s::jsonb[])) AS item (id, details);
