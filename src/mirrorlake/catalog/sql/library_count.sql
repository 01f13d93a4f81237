-- name: library_total
-- How many assets the library has, trash included.
SELECT coalesce(sum(assets), 0)::bigint FROM library_count;

-- name: count_trash
-- How many assets are in the trash, or %(most)s of them.
SELECT count(*) FROM (SELECT FROM asset WHERE state = {asset.trash} LIMIT %(most)s) AS found;

-- name: library_blocks
-- How many assets each range of ids has, trash included, the lowest ids first.
SELECT block, sum(assets)::bigint FROM library_count GROUP BY block HAVING sum(assets) > 0 ORDER BY block;

-- name: trash_blocks
-- How many assets of each range of ids are in the trash.
SELECT (id >> 16)::integer, count(*) FROM asset WHERE state = {asset.trash} GROUP BY 1;

-- name: fold_library_count
-- Replace the rows that nobody else is adding up by their sums, unless there is one for each range of ids.
WITH added AS (
  DELETE FROM library_count
  WHERE EXISTS (SELECT FROM library_count GROUP BY block HAVING count(*) > 1)
    AND ctid = ANY (ARRAY(SELECT ctid FROM library_count FOR UPDATE SKIP LOCKED))
  RETURNING block, assets, bytes
)
INSERT INTO library_count (block, assets, bytes)
SELECT block, sum(assets), sum(bytes) FROM added GROUP BY block HAVING sum(assets) <> 0 OR sum(bytes) <> 0;

-- name: some_trash
-- Assets in the trash, at most %(most)s.
SELECT id FROM asset WHERE state = {asset.trash} LIMIT %(most)s;

-- name: spread_of_values
-- Values of a column of assets, as many assets between each and the next, as ANALYZE found them; null if they are few.
SELECT histogram_bounds::text::text[] FROM pg_stats
WHERE schemaname = current_schema() AND tablename = 'asset' AND attname = %(column)s;
