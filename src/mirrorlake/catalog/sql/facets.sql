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

-- name: facet_kind
-- Fragment over the assets `found`: their kinds as field, v for a value, the value, no bucket, and count.
SELECT 'kind', 'v', kind, NULL::float8, count(*) FROM found GROUP BY kind

-- name: facet_type
-- Fragment: their media types.
SELECT 'type', 'v', media_type, NULL::float8, count(*) FROM found GROUP BY media_type

-- name: facet_state
-- Fragment: their states.
SELECT 'state', 'v', CASE state WHEN {asset.present} THEN 'present' WHEN {asset.missing} THEN 'missing' ELSE 'trash' END,
  NULL::float8, count(*) FROM found GROUP BY state

-- name: facet_size
-- Fragment: their sizes, as N for buckets of numbers.
SELECT 'size', 'N', NULL, number_bucket(size), count(*) FROM found GROUP BY 4

-- name: facet_width
-- Fragment: their widths.
SELECT 'width', 'N', NULL, number_bucket(width), sum(assets)::bigint
FROM (SELECT width, count(*) AS assets FROM found WHERE width IS NOT NULL GROUP BY width) AS each GROUP BY 4

-- name: facet_height
-- Fragment: their heights.
SELECT 'height', 'N', NULL, number_bucket(height), sum(assets)::bigint
FROM (SELECT height, count(*) AS assets FROM found WHERE height IS NOT NULL GROUP BY height) AS each GROUP BY 4

-- name: facet_created
-- Fragment: their days of creation, as D for days since 1970-01-01.
SELECT 'created', 'D', NULL, (created AT TIME ZONE 'UTC')::date - '1970-01-01'::date, count(*) FROM found GROUP BY 4

-- name: facet_updated
-- Fragment: the days on which they last changed in the library.
SELECT 'updated', 'D', NULL, (updated AT TIME ZONE 'UTC')::date - '1970-01-01'::date, count(*) FROM found GROUP BY 4

-- name: facet_modified
-- Fragment: the days on which their objects were modified.
SELECT 'modified', 'D', NULL, (modified AT TIME ZONE 'UTC')::date - '1970-01-01'::date, count(*)
FROM found WHERE modified IS NOT NULL GROUP BY 4

-- name: facet_tag
-- Fragment: their tags. An array, so that PostgreSQL reads the index however many assets it expects.
SELECT 'tag', 'v', tag, NULL::float8, count(*) FROM asset_tag WHERE asset_id = ANY(ARRAY(SELECT id FROM found)) GROUP BY tag

-- name: facet_project
-- Fragment: their projects.
SELECT 'project', 'v', project.name, NULL::float8, count(*)
FROM project_asset JOIN project ON project.id = project_asset.project_id
WHERE asset_id = ANY(ARRAY(SELECT id FROM found)) GROUP BY project.name

-- name: facet_split
-- Fragment: their splits of these projects, or of any; none: in a project, and in no split of it.
SELECT 'split', 'v', CASE split WHEN {split.train} THEN 'train' WHEN {split.valid} THEN 'valid' WHEN {split.test} THEN 'test'
  ELSE 'none' END, NULL::float8, count(DISTINCT asset_id)
FROM project_asset
WHERE asset_id = ANY(ARRAY(SELECT id FROM found)) AND (%(projects)s::bigint[] IS NULL OR project_id = ANY(%(projects)s))
GROUP BY split

-- name: facet_datasource
-- Fragment: the datasources that reach them.
SELECT 'datasource', 'v', datasource.name, NULL::float8, count(*)
FROM (
  SELECT datasource_id, asset_id FROM object WHERE asset_id = ANY(ARRAY(SELECT id FROM found))
  UNION SELECT datasource_id, id FROM found
) AS reached JOIN datasource ON datasource.id = reached.datasource_id
GROUP BY datasource.name

-- name: facet_class
-- Fragment: the classes of their annotations.
SELECT 'class', 'v', label_class.name, NULL::float8, count(DISTINCT annotation.asset_id)
FROM annotation JOIN label_class ON label_class.id = annotation.class_id
WHERE asset_id = ANY(ARRAY(SELECT id FROM found)) GROUP BY label_class.name

-- name: facet_pairs
-- Fragment before the others, after `found`: each value of these fields of metadata and facts, with its count.
pair AS MATERIALIZED (
  SELECT field, CASE WHEN is_fact THEN facts ELSE metadata END -> wanted.key AS value, count(*) AS assets
  FROM found CROSS JOIN unnest(%(fields)s::text[], %(keys)s::text[], %(are_facts)s::boolean[]) AS wanted (field, key, is_fact)
  GROUP BY 1, 2
), scalar AS MATERIALIZED (
  SELECT field, assets, jsonb_typeof(value) AS type, (value #>> '{}') COLLATE "C" AS text FROM pair
  WHERE value IS NOT NULL AND (field <> 'facts.keywords' OR jsonb_typeof(value) <> 'array')
  UNION ALL
  SELECT field, sum(assets)::bigint, 'string', item COLLATE "C"
  FROM pair CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) AS item
  WHERE field = 'facts.keywords' GROUP BY field, item
), dated AS MATERIALIZED (
  SELECT field, assets, left(text, 10) AS day, substr(text, 11) AS rest FROM scalar
  WHERE type = 'string' AND text LIKE '____-__-__%%'
)

-- name: facet_values
-- Fragment after `facet_pairs`: the %(most)s most frequent values of each field with their type and count, the buckets of
-- its numbers and dates, and (T) how many assets have the field and how many values there are.
SELECT field, left(type, 1), text, NULL::float8, assets FROM (
  SELECT *, row_number() OVER (PARTITION BY field ORDER BY assets DESC, text) AS place FROM scalar
  WHERE type IN ('string', 'number', 'boolean')
) AS ranked WHERE place <= %(most)s
UNION ALL
SELECT field, 'N', NULL, number_bucket(text::float8), sum(assets)::bigint FROM scalar WHERE type = 'number' GROUP BY 1, 4
UNION ALL
SELECT field, 'D', NULL, CASE WHEN day ~ %(iso)s THEN day::date - '1970-01-01'::date END, sum(assets)::bigint
FROM (
  SELECT field, day, sum(assets) AS assets FROM dated
  -- Of texts after the day there are few. IS TRUE: PostgreSQL expects fewer, and would join them by nested loops.
  WHERE (rest IN (
    SELECT rest FROM (SELECT DISTINCT rest FROM dated) AS each WHERE '2000-01-01' || rest ~ %(iso)s
  )) IS TRUE
  GROUP BY field, day
) AS days WHERE day ~ %(iso)s GROUP BY 1, 4
UNION ALL
SELECT field, 'T', count(*)::text, NULL,
  (SELECT sum(assets) FROM pair WHERE pair.field = scalar.field AND value IS NOT NULL)::bigint
FROM scalar GROUP BY field

-- name: asset_blocks
-- How many blocks the table of assets has now, and about how many assets (-1: not known).
SELECT pg_relation_size('asset') / current_setting('block_size')::bigint,
  (SELECT reltuples::bigint FROM pg_class WHERE oid = 'asset'::regclass);
