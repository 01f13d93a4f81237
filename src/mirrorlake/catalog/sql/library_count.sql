-- name: library_total
-- How many assets the library has, trash included.
SELECT coalesce(sum(assets), 0)::bigint FROM library_count;

-- name: count_trash
-- How many assets are in the trash, or %(most)s of them.
SELECT count(*) FROM (SELECT FROM asset WHERE state = {asset.trash} LIMIT %(most)s) AS found;

-- name: fold_library_count
-- Replace the rows that nobody else is adding up by their sum.
WITH added AS (
  DELETE FROM library_count
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM library_count FOR UPDATE SKIP LOCKED))
  RETURNING assets
)
INSERT INTO library_count SELECT sum(assets) FROM added HAVING count(*) > 0;
