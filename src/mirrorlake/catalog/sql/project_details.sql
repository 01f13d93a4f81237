-- name: project_details
-- A project with its settings and the number of its newest snapshot that exists.
SELECT project.id, project.name, project.description, project.split, project.created, project.created_by,
  (SELECT count(*) FROM snapshot WHERE snapshot.project_id = project.id),
  (SELECT max(snapshot.number) FROM snapshot WHERE snapshot.project_id = project.id)
FROM project WHERE project.name = %(name)s;

-- name: project_states
-- How many assets of a project are missing and how many in the trash. Both have an index, and are few or an exception.
SELECT
  (SELECT count(*) FROM asset WHERE asset.state = {asset.missing} AND EXISTS (
    SELECT FROM project_asset AS member WHERE member.project_id = %(project_id)s AND member.asset_id = asset.id
  )),
  (SELECT count(*) FROM asset WHERE asset.state = {asset.trash} AND EXISTS (
    SELECT FROM project_asset AS member WHERE member.project_id = %(project_id)s AND member.asset_id = asset.id
  ));

-- name: project_classes
-- The number of annotations of the assets of a project by class and split.
SELECT ontology.name || '/' || label_class.name, member.split, count(*)
FROM project_asset AS member JOIN annotation ON annotation.asset_id = member.asset_id
JOIN label_class ON label_class.id = annotation.class_id JOIN ontology ON ontology.id = label_class.ontology_id
WHERE member.project_id = %(project_id)s GROUP BY ontology.name, label_class.id, member.split
ORDER BY ontology.name, label_class.name, member.split;

-- name: insert_project
-- A new project; none if the name is taken.
INSERT INTO project (name, description, created_by) VALUES (%(name)s, %(description)s, %(by)s)
ON CONFLICT (name) DO NOTHING RETURNING id;

-- name: change_project
-- Rename or describe a project.
UPDATE project SET name = coalesce(%(new_name)s, name), description = coalesce(%(description)s, description)
WHERE id = %(project_id)s;

-- name: rename_project_in_edits
-- What undoes bulk edits names projects: those that named this one go on to do so.
UPDATE edit_change SET name = %(new_name)s
WHERE kind IN ('project', 'unproject') AND name = %(name)s AND NOT EXISTS (
  SELECT FROM edit_change AS other
  WHERE other.edit_id = edit_change.edit_id AND other.number = edit_change.number AND other.kind = edit_change.kind
    AND other.name = %(new_name)s
);

-- name: delete_project
-- Delete a project without snapshots. Its assets stay in the library.
DELETE FROM project WHERE id = %(project_id)s;

-- name: delete_snapshots_of
-- Delete all snapshots of a project.
DELETE FROM snapshot WHERE project_id = %(project_id)s;

-- name: delete_unused_chunks
-- Delete chunks of no snapshot. One that a new snapshot is about to use is locked and skipped.
DELETE FROM snapshot_chunk WHERE digest IN (
  SELECT digest FROM snapshot_chunk
  WHERE NOT EXISTS (SELECT FROM snapshot_part WHERE snapshot_part.digest = snapshot_chunk.digest)
  FOR UPDATE SKIP LOCKED
);
