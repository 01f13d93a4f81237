-- name: delete_unused_hashes
-- Among the next hashes in the order of their digests, delete those of contents that no asset has any more. Returns how
-- many were deleted, and the last digest; null at the end.
WITH stretch AS (
  SELECT digest FROM picture_hash WHERE digest > %(after)s ORDER BY digest LIMIT %(rows)s
), deleted AS (
  DELETE FROM picture_hash USING stretch
  WHERE picture_hash.digest = stretch.digest AND NOT EXISTS (SELECT FROM asset WHERE asset.digest = stretch.digest)
    AND NOT EXISTS (SELECT FROM asset WHERE asset.sample_digest = stretch.digest AND asset.digest IS NULL)
  RETURNING 1
)
SELECT (SELECT count(*) FROM deleted), (SELECT digest FROM stretch ORDER BY digest DESC LIMIT 1);

-- name: count_unhashed
-- How many pictures have no hash, up to a limit, if one of the oldest assets has none or hashes are being computed. Runs
-- store hashes, so a picture without one was imported by a version that did not, or is of a backup of such a library.
SELECT count(*) FROM (
  SELECT FROM asset
  WHERE {rule.thumbnail_name} IS NOT NULL AND placeholder IS NOT NULL AND kind IN ('image', 'video')
    AND NOT EXISTS (SELECT FROM picture_hash WHERE picture_hash.digest = {rule.thumbnail_name})
    AND (
      EXISTS (SELECT FROM job WHERE kind = 'likeness' AND state IN ('queued', 'running'))
      OR EXISTS (
        SELECT FROM (SELECT {rule.thumbnail_name} AS name, placeholder, kind FROM asset ORDER BY id LIMIT 1000) AS old
        WHERE name IS NOT NULL AND placeholder IS NOT NULL AND kind IN ('image', 'video')
          AND NOT EXISTS (SELECT FROM picture_hash WHERE picture_hash.digest = old.name)
      )
    )
  LIMIT %(most)s
) AS few;
