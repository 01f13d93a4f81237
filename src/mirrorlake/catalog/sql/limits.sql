-- name: own_limits
-- The limits of this workspace, and what it has; no row without limits.
SELECT (limits ->> 'assets')::bigint AS assets, (limits ->> 'bytes')::bigint AS bytes,
  (SELECT coalesce(sum(assets), 0) FROM library_count)::bigint AS assets_used,
  (SELECT coalesce(sum(bytes), 0) FROM library_count)::bigint AS bytes_used
FROM access.workspace
WHERE {rule.own_workspace} AND coalesce(limits ->> 'assets', limits ->> 'bytes') IS NOT NULL;

-- name: lock_limits
-- Wait until no other pass of this workspace adds assets.
SELECT pg_advisory_xact_lock(hashtext('mirrorlake.limits'), hashtext(current_schema()))::text;

-- name: drop_beyond_limits
-- Leave out the new assets for which there is no room: $1 assets, $2 bytes. Returns the sizes of each, and whether there are too many.
WITH counted AS (
  SELECT key, row_number() OVER in_order AS assets, sum(size) OVER in_order AS bytes
  FROM staged WHERE fresh WINDOW in_order AS (ORDER BY key)
), dropped AS (
  DELETE FROM staged USING counted
  WHERE staged.key = counted.key AND (counted.assets > $1::bigint OR counted.bytes > $2::bigint)
  RETURNING staged.key, staged.size, counted.assets > $1 AS too_many
), companions AS (
  DELETE FROM staged_companion USING dropped WHERE staged_companion.key = dropped.key
)
SELECT size, too_many FROM dropped;

-- name: count_changed_bytes
-- Count the bytes that the staged assets gain or lose. Before `update_content`.
INSERT INTO library_count (assets, bytes)
SELECT 0, sum(staged.size - asset.size) FROM staged JOIN asset ON asset.id = staged.asset_id
WHERE staged.result = {result.processed} AND NOT staged.fresh AND NOT staged.same AND staged.size <> asset.size
HAVING count(*) > 0;
