-- name: list_workspaces
-- All workspaces, `default` first.
SELECT id, name, created, limits FROM access.workspace ORDER BY name <> 'default', name;

-- name: workspace_named
-- The workspace with this name.
SELECT id, name, created, limits FROM access.workspace WHERE name = %(name)s;

-- name: lock_workspace
-- The workspace with this name, locked until the transaction ends.
SELECT id, name, created, limits FROM access.workspace WHERE name = %(name)s FOR UPDATE;

-- name: insert_workspace
-- Create a workspace, unless there is one with this name.
INSERT INTO access.workspace (name, limits) VALUES (%(name)s, %(limits)s) ON CONFLICT (name) DO NOTHING RETURNING id;

-- name: rename_workspace
-- Give a workspace another name.
UPDATE access.workspace SET name = %(new)s WHERE id = %(id)s;

-- name: limit_workspace
-- Set the limits of a workspace.
UPDATE access.workspace SET limits = %(limits)s WHERE id = %(id)s;

-- name: delete_workspace
-- Delete a workspace, its memberships and its keys.
DELETE FROM access.workspace WHERE id = %(id)s;

-- name: workspace_totals
-- How many assets this workspace has, trash included, and the bytes of their objects.
SELECT coalesce(sum(assets), 0)::bigint, coalesce(sum(bytes), 0)::bigint FROM library_count;

-- name: running_job
-- A job that a process is working on.
SELECT lease.job_id FROM lease JOIN pg_stat_activity AS activity
  ON activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
ORDER BY lease.job_id LIMIT 1;
