-- name: row_tags
-- Fragment: the tags of an asset, in order.
ARRAY(SELECT tag FROM asset_tag WHERE asset_tag.asset_id = asset.id ORDER BY tag);

-- name: row_projects
-- Fragment: the names of the projects that hold an asset.
ARRAY(
  SELECT project.name FROM project_asset JOIN project ON project.id = project_asset.project_id
  WHERE project_asset.asset_id = asset.id ORDER BY project.name
);

-- name: row_split
-- Fragment: the split of an asset in one project; null without one.
(
  SELECT project_asset.split FROM project_asset JOIN project ON project.id = project_asset.project_id
  WHERE project_asset.asset_id = asset.id AND project.name = %s
);

-- name: row_annotations
-- Fragment: the annotations of an asset as JSON with the fields of `model.asset_columns.ANNOTATION`; null without any.
(
  SELECT json_agg(json_build_object(
    'ontology', ontology.name, 'class', label_class.name, 'shape', label_class.shape, 'x', annotation.x,
    'y', annotation.y, 'width', annotation.width, 'height', annotation.height, 'geometry', annotation.geometry::text,
    'attributes', annotation.attributes::text, 'source', annotation.source
  ) ORDER BY annotation.id)
  FROM annotation JOIN label_class ON label_class.id = annotation.class_id
  JOIN ontology ON ontology.id = label_class.ontology_id WHERE annotation.asset_id = asset.id
)::text;

-- name: row_sources
-- The datasources of assets.
SELECT id, name, uri FROM datasource;

-- name: row_metadata_types
-- Fragment after a WITH that names the assets `chosen`: the JSON types of the values of some metadata keys.
SELECT wanted.name, array_agg(DISTINCT jsonb_typeof(asset.metadata -> wanted.name))
FROM chosen JOIN asset ON asset.id = chosen.id CROSS JOIN unnest(%s::text[]) AS wanted (name)
WHERE asset.metadata ? wanted.name GROUP BY wanted.name;

-- name: rows_of_chosen
-- Fragment after the columns of a row and a WITH that names the assets `chosen`, in the order of their ids.
FROM chosen JOIN asset ON asset.id = chosen.id ORDER BY asset.id;

-- name: rows_in_place
-- Fragment as `rows_of_chosen`, in the order of their places.
FROM chosen JOIN asset ON asset.id = chosen.id ORDER BY chosen.place;

-- name: count_chosen
-- Fragment after a WITH that names the assets `chosen`: their number.
SELECT count(*) FROM chosen;

-- name: count_chosen_missing
-- Fragment after a WITH that names the assets `chosen`: how many of them are missing.
SELECT count(*) FROM chosen JOIN asset ON asset.id = chosen.id WHERE asset.state = {asset.missing};
