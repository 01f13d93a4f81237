-- name: asset_columns
-- Fragment: the columns of an Asset, for `asset_from_row`; a query continues with WHERE, ORDER BY and LIMIT.
SELECT asset.id, asset.name, asset.key, source.uri AS source_uri, source.name AS datasource,
  ARRAY(
    SELECT other.name FROM datasource AS other
    WHERE other.id IN (
      SELECT object.datasource_id FROM object
      WHERE object.asset_id = asset.id AND (asset.state <> {asset.present} OR object.state IN ({known.standing}))
    ) ORDER BY other.id
  ) AS datasources,
  asset.kind, asset.media_type, asset.size, asset.width, asset.height,
  (asset.facts ->> 'duration_s')::float8 AS duration_s,
  ARRAY(SELECT tag FROM asset_tag WHERE asset_tag.asset_id = asset.id ORDER BY tag) AS tags,
  ARRAY(
    SELECT project.name FROM project_asset JOIN project ON project.id = project_asset.project_id
    WHERE project_asset.asset_id = asset.id ORDER BY project.name
  ) AS projects,
  asset.metadata, asset.state, asset.placeholder, asset.modified, asset.updated
FROM asset JOIN datasource AS source ON source.id = asset.datasource_id;

-- name: asset_by_id
-- Fragment after asset_columns: one asset.
WHERE asset.id = %(id)s;

-- name: asset_details
-- The details of one asset that search results omit.
SELECT asset.digest, token, version, storage_class, orientation, facts, metadata, provenance, merged_at,
  (SELECT companion.key FROM companion WHERE companion.asset_id = asset.id AND role = 'metadata') AS sidecar_key,
  warnings, created, depth,
  ARRAY(
    SELECT object.key FROM object
    WHERE object.datasource_id = asset.datasource_id AND object.duplicate = asset.digest ORDER BY object.key LIMIT 100
  ) AS duplicates,
  read.text, read.shortened, read.failure, read.model, read.at
FROM asset LEFT JOIN picture_text AS read ON read.digest = asset.digest WHERE id = %(id)s;
