-- name: kept_fields
-- Of these fields: how many assets have them, how many values are listed, and whether these are all.
SELECT field, assets, distinct_values, NOT capped AND long_values = 0
FROM field_count WHERE field = ANY(%(fields)s::text[]);

-- name: kept_buckets
-- The histograms of these fields. Of a field whose values are all listed, each number is a bucket.
SELECT field, type, bucket, assets FROM field_bucket
WHERE field = ANY(%(fields)s::text[]) AND (type = 'd' OR NOT EXISTS (
  SELECT FROM field_count WHERE field_count.field = field_bucket.field AND NOT capped AND long_values = 0
))
UNION ALL
SELECT field, type, value::float8, field_value.assets FROM field_value JOIN field_count USING (field)
WHERE field = ANY(%(fields)s::text[]) AND type = 'n' AND NOT capped AND long_values = 0;

-- name: facet_columns
-- Kinds, media types, states, sizes and times of these assets: field, v for a value or n and d for a bucket, and count.
WITH found AS MATERIALIZED (
  SELECT kind, media_type, state, number_bucket(size) AS size, number_bucket(width) AS width,
    number_bucket(height) AS height, (created AT TIME ZONE 'UTC')::date - '1970-01-01'::date AS created,
    (modified AT TIME ZONE 'UTC')::date - '1970-01-01'::date AS modified
  FROM asset WHERE id = ANY(%(ids)s::bigint[])
)
SELECT 'kind', 'v', kind, NULL::float8, count(*) FROM found GROUP BY kind
UNION ALL SELECT 'type', 'v', media_type, NULL, count(*) FROM found GROUP BY media_type
UNION ALL SELECT 'state', 'v', CASE state WHEN {asset.present} THEN 'present' WHEN {asset.missing} THEN 'missing' ELSE 'trash' END,
  NULL, count(*) FROM found GROUP BY state
UNION ALL SELECT 'size', 'n', NULL, size, count(*) FROM found GROUP BY size
UNION ALL SELECT 'width', 'n', NULL, width, count(*) FROM found WHERE width IS NOT NULL GROUP BY width
UNION ALL SELECT 'height', 'n', NULL, height, count(*) FROM found WHERE height IS NOT NULL GROUP BY height
UNION ALL SELECT 'created', 'd', NULL, created, count(*) FROM found GROUP BY created
UNION ALL SELECT 'modified', 'd', NULL, modified, count(*) FROM found WHERE modified IS NOT NULL GROUP BY modified;

-- name: facet_values
-- Metadata and facts of these assets: the %(most)s most frequent values of each of these fields, with their type and
-- count, the buckets of its numbers and dates, and (t) how many assets have the field and how many values there are.
WITH pair AS MATERIALIZED (
  SELECT wanted.field, CASE wanted.space WHEN 'metadata' THEN metadata ELSE facts END -> wanted.key AS value,
    count(*) AS assets
  FROM asset CROSS JOIN (
    SELECT field, split_part(field, '.', 1) AS space, substr(field, strpos(field, '.') + 1) AS key
    FROM unnest(%(fields)s::text[]) AS field
  ) AS wanted
  WHERE id = ANY(%(ids)s::bigint[]) AND CASE wanted.space WHEN 'metadata' THEN metadata ELSE facts END ? wanted.key
  GROUP BY 1, 2
), scalar AS (
  SELECT field, value, assets, jsonb_typeof(value) AS type, value #>> '{}' AS text FROM pair
)
SELECT field, left(type, 1), text, NULL::float8, assets FROM (
  SELECT *, row_number() OVER (PARTITION BY field ORDER BY assets DESC, text) AS place FROM scalar
  WHERE type IN ('string', 'number', 'boolean')
) AS ranked WHERE place <= %(most)s
UNION ALL
SELECT field, 'N', NULL, number_bucket(text::float8), sum(assets)::bigint FROM scalar WHERE type = 'number' GROUP BY 1, 4
UNION ALL
SELECT field, 'D', NULL, left(text, 10)::date - '1970-01-01'::date, sum(assets)::bigint
FROM (
  SELECT * FROM scalar WHERE type = 'string' AND text LIKE '____-__-__%%' AND text ~ %(iso)s
) AS dated GROUP BY 1, 4
UNION ALL
SELECT field, 'T', count(*)::text, NULL, sum(assets)::bigint FROM scalar GROUP BY field;

-- name: facet_tags
-- Tags of these assets with the number of assets, the most frequent first.
SELECT tag, count(*) FROM asset_tag WHERE asset_id = ANY(%(ids)s::bigint[]) GROUP BY tag ORDER BY 2 DESC, 1 LIMIT %(most)s;

-- name: facet_projects
-- Projects of these assets.
SELECT project.name, count(*) FROM project_asset JOIN project ON project.id = project_asset.project_id
WHERE asset_id = ANY(%(ids)s::bigint[]) GROUP BY project.name ORDER BY 2 DESC, 1 LIMIT %(most)s;

-- name: facet_datasources
-- Datasources that reach these assets.
SELECT datasource.name, count(*)
FROM (
  SELECT datasource_id, asset_id FROM object WHERE asset_id = ANY(%(ids)s::bigint[])
  UNION SELECT datasource_id, id FROM asset WHERE id = ANY(%(ids)s::bigint[])
) AS reached JOIN datasource ON datasource.id = reached.datasource_id
GROUP BY datasource.name ORDER BY 2 DESC, 1 LIMIT %(most)s;

-- name: facet_classes
-- Classes of annotations on these assets.
SELECT label_class.name, count(DISTINCT asset_id) FROM annotation JOIN label_class ON label_class.id = annotation.class_id
WHERE asset_id = ANY(%(ids)s::bigint[]) GROUP BY label_class.name ORDER BY 2 DESC, 1 LIMIT %(most)s;

-- name: asset_blocks
-- How many blocks the table of assets has now, and about how many assets (-1: not known).
SELECT pg_relation_size('asset') / current_setting('block_size')::bigint,
  (SELECT reltuples::bigint FROM pg_class WHERE oid = 'asset'::regclass);
