-- name: annotation_columns
-- Fragment: the columns of an Annotation, for `annotation_from_row`.
SELECT annotation.id, ontology.name, label_class.name, label_class.shape, annotation.x, annotation.y, annotation.width,
  annotation.height, annotation.geometry, annotation.attributes, annotation.source, annotation.by, annotation.at
FROM annotation JOIN label_class ON label_class.id = annotation.class_id
JOIN ontology ON ontology.id = label_class.ontology_id;

-- name: annotations_of_asset
-- Fragment after annotation_columns: those of one asset, in the order in which they were made.
WHERE annotation.asset_id = %(asset_id)s ORDER BY annotation.id;

-- name: annotations_of_asset_in
-- Fragment after annotation_columns: those of one asset in one ontology.
WHERE annotation.asset_id = %(asset_id)s AND ontology.id = %(ontology_id)s ORDER BY annotation.id;

-- name: asset_for_annotations
-- Lock an asset whose annotations are changed; its size is that of its masks.
SELECT id, width, height FROM asset WHERE id = %(asset_id)s FOR NO KEY UPDATE;

-- name: touch_annotated
-- Count a change of annotations as a change of the asset.
UPDATE asset SET updated = now() WHERE id = %(asset_id)s;

-- name: delete_annotations
-- Delete annotations of one asset.
DELETE FROM annotation WHERE asset_id = %(asset_id)s AND id = ANY(%(ids)s::bigint[]);

-- name: insert_annotations
-- Add annotations to one asset, in order.
INSERT INTO annotation (asset_id, class_id, x, y, width, height, geometry, attributes, source, by)
SELECT %(asset_id)s, class_id, x, y, width, height, geometry, attributes, %(source)s, %(by)s
FROM unnest(
  %(class_ids)s::integer[], %(x)s::float8[], %(y)s::float8[], %(width)s::float8[], %(height)s::float8[],
  %(geometries)s::jsonb[], %(attributes)s::jsonb[]
) WITH ORDINALITY AS made (class_id, x, y, width, height, geometry, attributes, position) ORDER BY position;

-- name: class_counts
-- Fragment after a WITH that names the assets `chosen`: how many annotations each class has on them.
SELECT ontology.name, label_class.name, label_class.shape, count(*), count(DISTINCT annotation.asset_id),
  avg(annotation.width), avg(annotation.height)
FROM annotation JOIN chosen ON chosen.id = annotation.asset_id
JOIN label_class ON label_class.id = annotation.class_id JOIN ontology ON ontology.id = label_class.ontology_id
GROUP BY ontology.name, label_class.id ORDER BY count(*) DESC, ontology.name, label_class.name;

-- name: annotated_counts
-- Fragment after a WITH that names the assets `chosen`: their number, and that of those with annotations.
SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM annotation WHERE annotation.asset_id = chosen.id))
FROM chosen;

-- name: box_sizes
-- Fragment after a WITH that names the assets `chosen`: annotations by the area of their box, in the bin of each limit.
SELECT width_bucket(annotation.width * annotation.height, %s::float8[]), count(*)
FROM annotation JOIN chosen ON chosen.id = annotation.asset_id WHERE annotation.width IS NOT NULL GROUP BY 1;

-- name: box_centres
-- Fragment after a WITH that names the assets `chosen`: annotations by the cell of a grid that their centre is in.
SELECT least(greatest(floor((x + width / 2) * grid.columns), 0), grid.columns - 1)::integer,
  least(greatest(floor((y + height / 2) * grid.rows), 0), grid.rows - 1)::integer, count(*)
FROM annotation JOIN chosen ON chosen.id = annotation.asset_id
CROSS JOIN (SELECT %s::integer AS columns, %s::integer AS rows) AS grid
WHERE annotation.width IS NOT NULL GROUP BY 1, 2;
