-- name: create_project
-- A project of this name, made where there is none.
INSERT INTO project (name) VALUES (%(name)s) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id;

-- name: project_by_name
-- The project of this name.
SELECT id FROM project WHERE name = %(name)s;

-- name: lock_for_project
-- The assets among these, locked against being removed until they are in.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR KEY SHARE;

-- name: add_to_project
-- Assets that are not in a project yet.
INSERT INTO project_asset (project_id, asset_id)
SELECT %(project_id)s, id FROM unnest(%(ids)s::bigint[]) AS id ON CONFLICT DO NOTHING;

-- name: remove_from_project
-- Assets that are in a project.
DELETE FROM project_asset WHERE project_id = %(project_id)s AND asset_id = ANY(%(ids)s::bigint[]);

-- name: list_projects
-- Every project with the number of its assets, by name.
SELECT project.name, count(project_asset.asset_id)
FROM project LEFT JOIN project_asset ON project_asset.project_id = project.id
GROUP BY project.id ORDER BY project.name;
