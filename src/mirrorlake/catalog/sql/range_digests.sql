-- name: valid_digests
-- The digests of ranges whose objects have not changed since and were read at least so deep, in key order. Of overlapping ranges all are returned.
SELECT after, until, objects, digest FROM range_digest AS range
WHERE datasource_id = %(datasource_id)s AND depth <= %(depth)s AND after >= %(after)s AND (%(until)s::text IS NULL OR until <= %(until)s)
  AND NOT EXISTS (
    SELECT FROM object_change AS change
    WHERE change.datasource_id = range.datasource_id AND change.first <= range.until AND change.last > range.after
  )
ORDER BY until;

-- name: current_snapshot
-- What identifies the snapshot of this transaction.
SELECT pg_current_snapshot()::text;

-- name: drop_changed_digests
-- Delete the digests of ranges whose objects have changed, or of which less was read than is read now.
DELETE FROM range_digest AS range
WHERE datasource_id = %(datasource_id)s AND (depth > %(depth)s OR EXISTS (
  SELECT FROM object_change AS change
  WHERE change.datasource_id = range.datasource_id AND change.first <= range.until AND change.last > range.after
));

-- name: add_digests
-- Store digests of one snapshot, except for ranges that overlap a stored one, or that a transaction changed which the
-- snapshot does not contain.
INSERT INTO range_digest (datasource_id, after, until, objects, digest, depth)
SELECT %(datasource_id)s, after, until, objects, digest, %(depth)s
FROM unnest(%(after)s::text[], %(until)s::text[], %(objects)s::integer[], %(digests)s::bytea[])
  AS range (after, until, objects, digest)
WHERE NOT EXISTS (
  SELECT FROM range_digest AS stored
  WHERE stored.datasource_id = %(datasource_id)s AND stored.after < range.until COLLATE "C"
    AND stored.until > range.after COLLATE "C"
) AND NOT EXISTS (
  SELECT FROM object_change AS change
  WHERE change.datasource_id = %(datasource_id)s AND change.first <= range.until COLLATE "C"
    AND change.last > range.after COLLATE "C"
    AND NOT pg_visible_in_snapshot(change.transaction, %(snapshot)s::pg_snapshot)
);

-- name: apply_object_changes
-- Delete the changes that `drop_changed_digests` and `add_digests` have applied, those that this snapshot contains, and
-- add them to the number of assets.
WITH applied AS (
  DELETE FROM object_change WHERE datasource_id = %(datasource_id)s RETURNING assets
)
INSERT INTO asset_count (datasource_id, assets)
SELECT %(datasource_id)s, sum(assets) FROM applied HAVING count(*) > 0
ON CONFLICT (datasource_id) DO UPDATE SET assets = asset_count.assets + excluded.assets;
