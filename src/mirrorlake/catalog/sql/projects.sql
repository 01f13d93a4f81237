-- name: create_project
-- The project with this name, created if it does not exist.
INSERT INTO project (name) VALUES (%(name)s) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id;

-- name: project_by_name
-- The project with this name.
SELECT id FROM project WHERE name = %(name)s;

-- name: lock_for_project
-- The assets with these ids, locked against removal until they are in the project.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR KEY SHARE;

-- name: add_to_project
-- Add assets that are not in the project yet.
INSERT INTO project_asset (project_id, asset_id)
SELECT %(project_id)s, id FROM unnest(%(ids)s::bigint[]) AS id ON CONFLICT DO NOTHING;

-- name: remove_from_project
-- Remove assets from a project.
DELETE FROM project_asset WHERE project_id = %(project_id)s AND asset_id = ANY(%(ids)s::bigint[]);

-- name: list_projects
-- All projects with their number of assets, ordered by name.
SELECT project.name, count(project_asset.asset_id)
FROM project LEFT JOIN project_asset ON project_asset.project_id = project.id
GROUP BY project.id ORDER BY project.name;

-- name: missing_by_project
-- How many assets of each project are missing. They have an index, and are few.
SELECT project.name, count(*)
FROM asset JOIN project_asset ON project_asset.asset_id = asset.id JOIN project ON project.id = project_asset.project_id
WHERE asset.state = {asset.missing} GROUP BY project.id;
