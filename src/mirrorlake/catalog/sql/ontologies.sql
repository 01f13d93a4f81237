-- name: ontology_columns
-- Fragment: the columns of an Ontology, with its classes in order.
SELECT ontology.id, ontology.name, ontology.version, ontology.updated, ontology.by,
  coalesce((
    SELECT jsonb_agg(
      jsonb_build_array(
        label_class.id, label_class.name, label_class.shape, label_class.colour, label_class.attributes,
        label_class.external_ids
      ) ORDER BY label_class.position
    ) FROM label_class WHERE label_class.ontology_id = ontology.id
  ), '[]')
FROM ontology;

-- name: list_ontologies
-- Fragment after ontology_columns: all of them, by name.
ORDER BY ontology.name;

-- name: ontology_by_name
-- Fragment after ontology_columns: one ontology.
WHERE ontology.name = %(name)s;

-- name: lock_ontology
-- Lock an ontology while its classes are changed or used for new annotations.
SELECT id FROM ontology WHERE name = %(name)s FOR UPDATE;

-- name: use_ontology
-- Keep the classes of an ontology as they are while annotations are made of them.
SELECT id FROM ontology WHERE name = %(name)s FOR SHARE;

-- name: create_ontology
-- A new ontology; nothing if there is one with this name.
INSERT INTO ontology (name, by) VALUES (%(name)s, %(by)s) ON CONFLICT (name) DO NOTHING RETURNING id;

-- name: bump_ontology
-- Count a change of an ontology.
UPDATE ontology SET version = version + 1, updated = now(), by = %(by)s WHERE id = %(ontology_id)s;

-- name: record_ontology_version
-- Keep the classes of an ontology as they are now.
INSERT INTO ontology_version (ontology_id, version, classes, by)
SELECT id, version, %(classes)s, by FROM ontology WHERE id = %(ontology_id)s;

-- name: ontology_at_version
-- An ontology as it was in one version.
SELECT ontology_version.version, ontology_version.at, ontology_version.by, ontology_version.classes
FROM ontology_version JOIN ontology ON ontology.id = ontology_version.ontology_id
WHERE ontology.name = %(name)s AND ontology_version.version = %(version)s;

-- name: save_classes
-- Add classes, or change those that exist.
INSERT INTO label_class (ontology_id, position, name, shape, colour, attributes, external_ids)
SELECT %(ontology_id)s, position, name, shape, colour, attributes, external_ids
FROM unnest(
  %(positions)s::integer[], %(names)s::text[], %(shapes)s::text[], %(colours)s::text[], %(attributes)s::jsonb[],
  %(external_ids)s::jsonb[]
) AS class (position, name, shape, colour, attributes, external_ids)
ON CONFLICT (ontology_id, name) DO UPDATE SET position = excluded.position, shape = excluded.shape,
  colour = excluded.colour, attributes = excluded.attributes, external_ids = excluded.external_ids;

-- name: class_uses
-- How many annotations the classes of an ontology have, and of how many assets; unused classes are left out.
SELECT label_class.name, count(*), count(DISTINCT annotation.asset_id)
FROM annotation JOIN label_class ON label_class.id = annotation.class_id
WHERE label_class.ontology_id = %(ontology_id)s AND label_class.name = ANY(%(names)s)
GROUP BY label_class.name ORDER BY label_class.name;

-- name: delete_classes
-- Delete classes that no annotation uses.
DELETE FROM label_class WHERE ontology_id = %(ontology_id)s AND name = ANY(%(names)s);

-- name: delete_ontology
-- Delete an ontology with its classes and versions.
DELETE FROM ontology WHERE id = %(ontology_id)s;
