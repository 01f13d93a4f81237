-- name: count_to_reapply
-- How many assets a datasource governs.
SELECT count(*) FROM asset WHERE datasource_id = %(datasource_id)s;

-- name: lock_to_reapply
-- The next assets of a datasource with what stands and the last sidecar, locked against people's edits until the commit.
-- `unread`: there is a sidecar, but nothing of it could ever be used.
SELECT id, key, metadata::text, provenance::text,
  to_char(sidecar_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS sidecar_at,
  edited, sidecar::text, sidecar IS NULL AND sidecar_key IS NOT NULL AS unread
FROM asset WHERE datasource_id = $1 AND id > $2
ORDER BY id LIMIT $3 FOR NO KEY UPDATE;

-- name: update_reapplied
-- Metadata merged again from the same sidecar: its time stays.
UPDATE asset SET metadata = merged.metadata::jsonb, provenance = merged.provenance::jsonb, updated = now()
FROM merged WHERE asset.id = merged.asset_id;

-- name: tell_reapplied
-- The assets that a merge changed.
INSERT INTO outcome (run_id, key, kind, reason, asset_id)
SELECT $1, asset.key, {outcome.metadata_changed}, 'Its sidecar was merged again', asset.id
FROM merged JOIN asset ON asset.id = merged.asset_id ORDER BY asset.key
ON CONFLICT (run_id, key) DO NOTHING;
