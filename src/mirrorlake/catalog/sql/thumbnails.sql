-- name: last_asset
-- Beyond which id there is no asset: what reading all of them is measured by.
SELECT coalesce(max(id), 0) FROM asset;

-- name: digests_after
-- The next assets, of any state, by id: ids, digests and sizes, each as the bytes of all of them.
SELECT string_agg(int8send(id), ''::bytea ORDER BY id), string_agg(digest, ''::bytea ORDER BY id),
  string_agg(int8send(size), ''::bytea ORDER BY id)
FROM (SELECT id, digest, size FROM asset WHERE id > %(after)s ORDER BY id LIMIT %(rows)s) AS stretch;
