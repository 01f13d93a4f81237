-- name: storage_shares
-- Of the assets in %(percent)s of all blocks: how many there are, trash included, and the number and bytes of those outside
-- the trash by media type, by datasource and by folder at the top, those of the most bytes first. The same blocks each time.
WITH found AS MATERIALIZED (
  SELECT media_type, datasource_id, split_part(key, '/', 1) AS folder, strpos(key, '/') > 0 AS in_folder, size,
    state = {asset.trash} AS trashed
  FROM asset TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
)
SELECT 'all', NULL, NULL, count(*), coalesce(sum(size), 0)::bigint FROM found
UNION ALL (
  SELECT 'type', media_type, NULL, count(*), sum(size)::bigint FROM found WHERE NOT trashed
  GROUP BY media_type ORDER BY sum(size) DESC, media_type
)
UNION ALL (
  SELECT 'datasource', datasource.name, NULL, count(*), sum(size)::bigint
  FROM found JOIN datasource ON datasource.id = found.datasource_id WHERE NOT trashed
  GROUP BY datasource.name ORDER BY sum(size) DESC, datasource.name LIMIT %(most)s
)
UNION ALL (
  SELECT 'folder', top.folder, datasource.name, top.assets, top.bytes
  FROM (
    SELECT datasource_id, folder, count(*) AS assets, sum(size)::bigint AS bytes FROM found
    WHERE in_folder AND NOT trashed GROUP BY datasource_id, folder
  ) AS top JOIN datasource ON datasource.id = top.datasource_id
  ORDER BY top.bytes DESC, datasource.name, top.folder LIMIT %(most)s
);
