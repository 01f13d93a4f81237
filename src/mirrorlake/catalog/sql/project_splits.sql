-- name: lock_project
-- A project with its settings; no assets are added to it until the end of the transaction.
SELECT id, split FROM project WHERE name = %(name)s FOR UPDATE;

-- name: set_project_split
-- How a project is divided from now on.
UPDATE project SET split = %(settings)s WHERE id = %(project_id)s;

-- name: divide_members
-- Divide the next assets of a project: the last of them, how many, how many moved and how many lack the metadata key.
WITH batch AS MATERIALIZED (
  SELECT asset_id, split, assigned FROM project_asset
  WHERE project_id = %(project_id)s AND asset_id > %(after)s ORDER BY asset_id LIMIT %(rows)s
), wanted AS MATERIALIZED (
  SELECT batch.asset_id, batch.split AS before,
    CASE WHEN batch.assigned THEN batch.split
      ELSE split_of(%(settings)s::jsonb, asset.id, asset.digest, asset.key, asset.metadata) END AS split,
    %(key)s::text IS NOT NULL AND asset.metadata ->> %(key)s::text IS NULL AS ungrouped
  FROM batch JOIN asset ON asset.id = batch.asset_id
), moved AS (
  UPDATE project_asset SET split = wanted.split FROM wanted
  WHERE NOT %(dry_run)s AND project_asset.project_id = %(project_id)s AND project_asset.asset_id = wanted.asset_id
    AND wanted.split IS DISTINCT FROM wanted.before
)
SELECT max(asset_id), count(*), count(*) FILTER (WHERE split IS DISTINCT FROM before), count(*) FILTER (WHERE ungrouped),
  count(*) FILTER (WHERE split = 0), count(*) FILTER (WHERE split = 1), count(*) FILTER (WHERE split = 2)
FROM wanted;

-- name: count_splits
-- The number of assets of a project in each split, and how many a person chose.
SELECT split, count(*), count(*) FILTER (WHERE assigned) FROM project_asset
WHERE project_id = %(project_id)s GROUP BY split;

-- name: assign_split
-- Fragment after a WITH that names the assets `chosen`: choose the split of those in the project.
, before AS (
  SELECT project_asset.asset_id, project_asset.split, asset.digest, asset.key, asset.metadata
  FROM project_asset JOIN chosen ON chosen.id = project_asset.asset_id JOIN asset ON asset.id = chosen.id
  WHERE project_asset.project_id = %s
), changed AS (
  UPDATE project_asset SET assigned = wanted.assigned, split = CASE
      WHEN wanted.assigned THEN wanted.split
      ELSE split_of(wanted.settings, before.asset_id, before.digest, before.key, before.metadata)
    END
  FROM before CROSS JOIN (SELECT %s::boolean AS assigned, %s::smallint AS split, %s::jsonb AS settings) AS wanted
  WHERE project_asset.project_id = %s AND project_asset.asset_id = before.asset_id
  RETURNING project_asset.split IS DISTINCT FROM before.split AS moved
)
SELECT count(*), count(*) FILTER (WHERE moved) FROM changed;
