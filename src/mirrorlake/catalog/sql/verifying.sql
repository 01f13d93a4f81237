-- name: count_known
-- How many objects of a datasource the catalog knows.
SELECT count(*) FROM object WHERE datasource_id = %(datasource_id)s;

-- name: objects_to_verify
-- The next objects in byte order of their keys, with the digest of the bytes that each was read with,
-- the name of its thumbnail, and whether those bytes are of the object's present token.
SELECT object.key, object.token, object.size, object.state, object.asset_id,
  asset.digest, CASE WHEN asset.placeholder IS NOT NULL THEN {rule.thumbnail_name} END, asset.token = object.token AND asset.size = object.size
FROM object LEFT JOIN asset ON asset.id = object.asset_id
WHERE object.datasource_id = %(datasource_id)s AND object.key > %(after)s
ORDER BY object.key LIMIT %(limit)s;

-- name: sample_to_verify
-- The given number of objects, chosen at random. The narrow table is read once, and only that number of rows is kept.
SELECT chosen.key, chosen.token, chosen.size, chosen.state, chosen.asset_id,
  asset.digest, CASE WHEN asset.placeholder IS NOT NULL THEN {rule.thumbnail_name} END, asset.token = chosen.token AND asset.size = chosen.size
FROM (
  SELECT key, token, size, state, asset_id FROM object
  WHERE datasource_id = %(datasource_id)s ORDER BY random() LIMIT %(limit)s
) AS chosen LEFT JOIN asset ON asset.id = chosen.asset_id
ORDER BY chosen.key;

-- name: keys_to_verify
-- The current rows of single objects.
SELECT object.key, object.token, object.size, object.state, object.asset_id,
  asset.digest, CASE WHEN asset.placeholder IS NOT NULL THEN {rule.thumbnail_name} END, asset.token = object.token AND asset.size = object.size
FROM object LEFT JOIN asset ON asset.id = object.asset_id
WHERE object.datasource_id = %(datasource_id)s AND object.key = ANY(%(keys)s::text[]);
