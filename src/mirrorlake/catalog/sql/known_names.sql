-- name: known_fields
-- Which of these metadata keys (or facts) any asset has, and those of the most assets.
SELECT ARRAY(
    SELECT wanted FROM unnest(%(wanted)s::text[]) AS wanted
    WHERE EXISTS (SELECT FROM field_count WHERE field = %(space)s || wanted)
  ),
  ARRAY(
    SELECT substr(field, length(%(space)s) + 1) FROM field_count WHERE starts_with(field, %(space)s)
    ORDER BY assets DESC, field LIMIT %(names)s
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
