-- name: count_folder_changes
-- How many changes of folders are not added up yet, at most the given number.
SELECT count(*) FROM (SELECT FROM folder_change LIMIT %(most)s) AS counted;

-- name: lock_folders
-- Whether this transaction may add up changes; only one at a time does.
SELECT pg_try_advisory_xact_lock(hashtext('mirrorlake folders'), hashtext(current_schema()));

-- name: fold_folder_changes
-- Add the changes up, for each folder and those above it.
WITH changed AS (
  DELETE FROM folder_change RETURNING datasource_id, path, assets
), sums AS (
  SELECT datasource_id, path, sum(assets) AS assets FROM changed GROUP BY datasource_id, path HAVING sum(assets) <> 0
), deltas AS (
  SELECT sums.datasource_id,
    CASE WHEN depth = 1 THEN '' ELSE array_to_string(parts[1:depth - 1], '/') || '/' END AS parent,
    parts[depth] AS name, sum(sums.assets) AS assets
  FROM sums CROSS JOIN LATERAL (SELECT string_to_array(path, '/') AS parts) AS split
  CROSS JOIN LATERAL generate_series(1, cardinality(parts) - 1) AS depth
  GROUP BY 1, 2, 3
)
INSERT INTO folder (datasource_id, parent, name, assets)
SELECT datasource_id, parent, name, assets FROM deltas
WHERE assets <> 0 AND EXISTS (SELECT FROM datasource WHERE datasource.id = datasource_id)
ON CONFLICT (datasource_id, parent, name) DO UPDATE SET assets = folder.assets + excluded.assets;

-- name: delete_empty_folders
-- Delete folders without assets.
DELETE FROM folder WHERE assets = 0;

-- name: folder_children
-- The next folders directly in a folder, with the number of assets in and below each.
SELECT datasource.name, found.datasource_id, found.name, found.assets, EXISTS (
    SELECT FROM folder AS below WHERE below.datasource_id = found.datasource_id
      AND below.parent = %(path)s || found.name || '/' AND below.assets > 0
  )
FROM (
  SELECT datasource_id, name, assets FROM folder
  WHERE (%(datasource)s::integer IS NULL OR datasource_id = %(datasource)s) AND parent = %(path)s
    AND (datasource_id, name) > (%(after_source)s, %(after_name)s::text) AND assets > 0
  ORDER BY datasource_id, name LIMIT %(limit)s
) AS found JOIN datasource ON datasource.id = found.datasource_id ORDER BY found.datasource_id, found.name;

-- name: folder_children_changed
-- The same while changes are not added up.
SELECT datasource.name, found.datasource_id, found.name, found.assets, found.below + (
    SELECT coalesce(sum(below.assets), 0) FROM folder AS below
    WHERE below.datasource_id = found.datasource_id AND below.parent = %(path)s || found.name || '/'
  ) > 0
FROM (
  SELECT datasource_id, name, sum(assets)::bigint AS assets, sum(below)::bigint AS below FROM (
    SELECT datasource_id, name, assets, 0 AS below FROM folder
    WHERE (%(datasource)s::integer IS NULL OR datasource_id = %(datasource)s) AND parent = %(path)s
    UNION ALL
    SELECT datasource_id, split_part(rest, '/', 1), assets, assets * (strpos(rest, '/') < length(rest))::integer
    FROM folder_change CROSS JOIN LATERAL (SELECT substr(path, length(%(path)s::text) + 1) AS rest) AS below
    WHERE (%(datasource)s::integer IS NULL OR datasource_id = %(datasource)s)
      AND starts_with(path, %(path)s) AND rest <> ''
  ) AS parts
  WHERE (datasource_id, name) > (%(after_source)s, %(after_name)s::text)
  GROUP BY datasource_id, name HAVING sum(assets) > 0 ORDER BY datasource_id, name LIMIT %(limit)s
) AS found JOIN datasource ON datasource.id = found.datasource_id ORDER BY found.datasource_id, found.name;

-- name: folder_children_of
-- Fragment after a WITH that names matching assets `chosen`: the next folders directly in a folder, with their number of
-- these assets.
SELECT datasource.name, found.datasource_id, found.name, found.assets, found.below
FROM (
  SELECT asset.datasource_id, split_part(rest, '/', 1) AS name, count(*) AS assets,
    bool_or(strpos(substr(rest, strpos(rest, '/') + 1), '/') > 0) AS below
  FROM chosen JOIN asset ON asset.id = chosen.id
  CROSS JOIN LATERAL (SELECT substr(asset.key, length(%s::text) + 1) AS rest) AS place
  WHERE (%s::integer IS NULL OR asset.datasource_id = %s) AND starts_with(asset.key, %s) AND strpos(rest, '/') > 0
  GROUP BY 1, 2
) AS found JOIN datasource ON datasource.id = found.datasource_id
WHERE (found.datasource_id, found.name COLLATE "C") > (%s, %s::text)
ORDER BY found.datasource_id, found.name COLLATE "C" LIMIT %s;

-- name: datasource_number
-- The number of a datasource with this name that is not deleted.
SELECT id FROM datasource WHERE name = %(name)s AND deleted IS NULL;

-- name: folder_sizes
-- The folders directly in a folder of any datasource with the number of assets in and below each, in the order of keys.
SELECT name, sum(assets)::bigint FROM (
  SELECT folder.name, folder.assets FROM datasource JOIN folder ON folder.datasource_id = datasource.id
  WHERE folder.parent = %(path)s
  UNION ALL
  -- Of a datasource that was deleted, only what changed last is left, since its folders were deleted with it.
  SELECT split_part(rest, '/', 1), folder_change.assets
  FROM datasource JOIN folder_change ON folder_change.datasource_id = datasource.id
  CROSS JOIN LATERAL (SELECT substr(path, length(%(path)s::text) + 1) AS rest) AS below
  WHERE starts_with(path, %(path)s) AND rest <> ''
) AS part
GROUP BY name HAVING sum(assets) > 0 ORDER BY (name || '/') COLLATE "C" LIMIT %(most)s;

-- name: count_keys_between
-- How many assets outside the trash have keys from each of these texts on, up to the other one of its pair.
SELECT (
  SELECT count(*) FROM asset
  WHERE key >= gap.start COLLATE "C" AND key < gap.beyond COLLATE "C" AND state <> {asset.trash}
)
FROM unnest(%(starts)s::text[], %(ends)s::text[]) WITH ORDINALITY AS gap (start, beyond, place) ORDER BY place;
