-- name: fields_like
-- Metadata keys (or facts) that contain %(part)s in any case: first those that begin with it, then those of which a part
-- does, each by the number of assets.
SELECT name, assets, numbers, booleans, dates
FROM (
  SELECT substr(field, length(%(space)s) + 1) AS name, assets, numbers, booleans, dates
  FROM field_count WHERE field >= %(space)s AND starts_with(field, %(space)s)
) AS fields
WHERE strpos(lower(name), lower(%(part)s)) > 0
ORDER BY starts_with(lower(name), lower(%(part)s)) DESC, strpos(lower(name), '.' || lower(%(part)s)) > 0 DESC,
  assets DESC, name
LIMIT %(most)s;

-- name: values_like
-- Values of a field, of these types, that contain %(part)s in any case: first those that begin with it.
SELECT value, type, assets
FROM field_value
WHERE field = %(field)s AND type = ANY(%(types)s::"char"[]) AND strpos(lower(value), lower(%(part)s)) > 0
ORDER BY starts_with(lower(value), lower(%(part)s)) DESC, assets DESC, value LIMIT %(most)s;

-- name: values_complete
-- Whether all values of a field are listed.
SELECT NOT capped AND long_values = 0 FROM field_count WHERE field = %(field)s;

-- name: projects_like
-- Projects whose name contains %(part)s in any case: first those that begin with it.
SELECT name FROM project WHERE strpos(lower(name), lower(%(part)s)) > 0
ORDER BY starts_with(lower(name), lower(%(part)s)) DESC, name LIMIT %(most)s;

-- name: datasources_like
-- As `projects_like`, of datasources.
SELECT name FROM datasource WHERE deleted IS NULL AND strpos(lower(name), lower(%(part)s)) > 0
ORDER BY starts_with(lower(name), lower(%(part)s)) DESC, name LIMIT %(most)s;

-- name: classes_like
-- As `projects_like`, of classes of any ontology.
SELECT name FROM label_class WHERE strpos(lower(name), lower(%(part)s)) > 0
GROUP BY name ORDER BY starts_with(lower(name), lower(%(part)s)) DESC, name LIMIT %(most)s;
