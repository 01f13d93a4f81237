-- name: count_to_reapply
-- How many assets a datasource governs.
SELECT count(*) FROM asset WHERE datasource_id = %(datasource_id)s;

-- name: lock_to_reapply
-- The next assets of a datasource with their current metadata and the last sidecar, locked against edits until the
-- commit. `unread`: the sidecar exists, but could never be used.
SELECT asset.id, asset.key, metadata::text, provenance::text,
  to_char(merged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS merged_at,
  edited, companion.document::text, companion.document IS NULL AND companion.key IS NOT NULL AS unread
FROM asset LEFT JOIN companion ON companion.asset_id = asset.id AND companion.role = 'metadata'
WHERE asset.datasource_id = $1 AND asset.id > $2
ORDER BY asset.id LIMIT $3 FOR NO KEY UPDATE OF asset;

-- name: update_reapplied
-- Store metadata merged again from the same sidecar: the time of the merge is kept.
UPDATE asset SET metadata = merged.metadata::jsonb, provenance = merged.provenance::jsonb, updated = now()
FROM merged WHERE asset.id = merged.asset_id;

-- name: reapply_file_tags
-- Let the assets of a datasource after $2, up to $3, have the tags that their files give them, or none if they give none.
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT word COLLATE "C" AS tag, asset.id AS asset_id
  FROM asset CROSS JOIN LATERAL jsonb_array_elements_text({rule.file_tags}) AS word
  WHERE {rule.gives_tags} AND asset.datasource_id = $1 AND asset.id > $2 AND asset.id <= $3
), dropped AS (
  DELETE FROM asset_tag USING asset
  WHERE asset.datasource_id = $1 AND asset.id > $2 AND asset.id <= $3
    AND asset_tag.asset_id = asset.id AND asset_tag.from_keywords
    AND NOT EXISTS (SELECT FROM wanted WHERE wanted.tag = asset_tag.tag AND wanted.asset_id = asset_tag.asset_id)
  RETURNING asset_tag.asset_id
), added AS (
  INSERT INTO asset_tag (tag, asset_id, from_keywords) SELECT tag, asset_id, true FROM wanted
  ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING asset_id
)
UPDATE asset SET updated = now() WHERE id IN (SELECT asset_id FROM dropped UNION SELECT asset_id FROM added) RETURNING id;

-- name: record_reapplied
-- Record the assets that a merge changed.
INSERT INTO outcome (run_id, key, kind, reason, asset_id)
SELECT $1, asset.key, {outcome.metadata_changed}, 'Its sidecar was merged again', asset.id
FROM merged JOIN asset ON asset.id = merged.asset_id ORDER BY asset.key
ON CONFLICT (run_id, key) DO NOTHING;
