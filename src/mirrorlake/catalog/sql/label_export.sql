-- name: labelled_images
-- Fragment after a WITH that names the assets `chosen`: each asset with its annotations in one ontology, one row for
-- each annotation and one for an asset without any. The split is that in one project; null without one.
SELECT asset.id, asset.key, datasource.name, datasource.uri, asset.width, asset.height, member.split, annotation.name, annotation.shape,
  annotation.x, annotation.y, annotation.width, annotation.height, annotation.geometry, annotation.attributes
FROM chosen JOIN asset ON asset.id = chosen.id JOIN datasource ON datasource.id = asset.datasource_id
LEFT JOIN LATERAL (
  SELECT annotation.*, label_class.name, label_class.shape
  FROM annotation JOIN label_class ON label_class.id = annotation.class_id
  JOIN ontology ON ontology.id = label_class.ontology_id
  WHERE annotation.asset_id = asset.id AND ontology.name = %s
) AS annotation ON true
LEFT JOIN project_asset AS member ON member.asset_id = asset.id
  AND member.project_id = (SELECT project.id FROM project WHERE project.name = %s)
ORDER BY asset.id, annotation.id;

-- name: exported_images
-- Fragment after a WITH that names the assets `chosen`: what is needed to read each of them.
SELECT asset.key, datasource.name, asset.token, asset.version, asset.size FROM chosen JOIN asset ON asset.id = chosen.id
JOIN datasource ON datasource.id = asset.datasource_id ORDER BY asset.id;
