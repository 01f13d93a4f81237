-- name: labelled_images
-- Fragment after a WITH that names the assets `chosen`: each asset with its annotations in one ontology, one row for
-- each annotation and one for an asset without any.
SELECT asset.id, asset.key, datasource.name, datasource.uri, asset.width, asset.height, annotation.name, annotation.shape, annotation.x, annotation.y,
  annotation.width, annotation.height, annotation.geometry, annotation.attributes
FROM chosen JOIN asset ON asset.id = chosen.id JOIN datasource ON datasource.id = asset.datasource_id
LEFT JOIN LATERAL (
  SELECT annotation.*, label_class.name, label_class.shape
  FROM annotation JOIN label_class ON label_class.id = annotation.class_id
  JOIN ontology ON ontology.id = label_class.ontology_id
  WHERE annotation.asset_id = asset.id AND ontology.name = %s
) AS annotation ON true ORDER BY asset.id, annotation.id;

-- name: exported_images
-- Fragment after a WITH that names the assets `chosen`: what is needed to read each of them.
SELECT asset.key, datasource.name, asset.token, asset.size FROM chosen JOIN asset ON asset.id = chosen.id
JOIN datasource ON datasource.id = asset.datasource_id ORDER BY asset.id;
