-- name: lock_for_edit
-- The assets of an edit, locked in the order in which passes lock them.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: edit_assets
-- Metadata keys that a user removed or set. Removing a key that does not exist does not count as an edit.
UPDATE asset SET
  metadata = (metadata - %(removed)s::text[]) || %(values)s::jsonb,
  provenance = (provenance - %(removed)s::text[]) || %(sources)s::jsonb,
  edited = edited OR %(values)s::jsonb <> '{}' OR metadata ?| %(removed)s::text[],
  updated = now()
WHERE id = ANY(%(ids)s::bigint[]);

-- name: add_tags
-- Add tags that the assets do not have yet.
INSERT INTO asset_tag (tag, asset_id)
SELECT tag, id FROM unnest(%(tags)s::text[]) AS tag CROSS JOIN unnest(%(ids)s::bigint[]) AS id
ON CONFLICT DO NOTHING;

-- name: remove_tags
-- Remove tags that the assets have.
DELETE FROM asset_tag WHERE asset_id = ANY(%(ids)s::bigint[]) AND tag = ANY(%(tags)s::text[]);
