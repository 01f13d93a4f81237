-- name: asset_blocks
-- How many blocks the table of assets has now; the planner only has the number of the last ANALYZE.
SELECT pg_relation_size('asset') / current_setting('block_size')::bigint;

-- name: sample_metadata_keys
-- The assets of random blocks: how many were read, which of the given metadata keys they have, and their metadata keys,
-- the most frequent first.
WITH sample AS MATERIALIZED (
  SELECT metadata FROM asset TABLESAMPLE SYSTEM (%(percent)s) LIMIT %(rows)s
)
SELECT (SELECT count(*) FROM sample),
  ARRAY(
    SELECT wanted FROM unnest(%(wanted)s::text[]) AS wanted WHERE EXISTS (SELECT FROM sample WHERE metadata ? wanted)
  ),
  ARRAY(
    SELECT key FROM sample CROSS JOIN jsonb_object_keys(metadata) AS key
    GROUP BY key ORDER BY count(*) DESC, key LIMIT %(names)s
  );

-- name: known_tags
-- Which of these tags any asset has, and some of all tags: each is one descent into the index, however many assets
-- have it.
WITH RECURSIVE distinct_tag AS (
  (SELECT tag FROM asset_tag ORDER BY tag LIMIT 1)
  UNION ALL
  SELECT (SELECT following.tag FROM asset_tag AS following WHERE following.tag > distinct_tag.tag ORDER BY 1 LIMIT 1)
  FROM distinct_tag WHERE distinct_tag.tag IS NOT NULL
)
SELECT ARRAY(
    SELECT wanted FROM unnest(%(wanted)s::text[]) AS wanted
    WHERE EXISTS (SELECT FROM asset_tag WHERE asset_tag.tag = wanted)
  ),
  ARRAY(SELECT tag FROM distinct_tag WHERE tag IS NOT NULL LIMIT %(names)s);

-- name: known_classes
-- Which of these classes exist in any ontology, and the names of some of all classes.
SELECT ARRAY(SELECT DISTINCT name FROM label_class WHERE name = ANY(%(wanted)s)),
  ARRAY(SELECT DISTINCT name FROM label_class ORDER BY name LIMIT %(names)s);

-- name: known_projects
-- Which of these projects exist, and the names of some of all projects.
SELECT ARRAY(SELECT name FROM project WHERE name = ANY(%(wanted)s)),
  ARRAY(SELECT name FROM project ORDER BY name LIMIT %(names)s);

-- name: known_datasources
-- Which of these datasources exist, and the names of some of all datasources.
SELECT ARRAY(SELECT name FROM datasource WHERE name = ANY(%(wanted)s)),
  ARRAY(SELECT name FROM datasource WHERE deleted IS NULL ORDER BY name LIMIT %(names)s);
