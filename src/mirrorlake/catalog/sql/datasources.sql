-- name: insert_datasource
-- Insert a datasource, unless its name is taken.
INSERT INTO datasource (name, uri, access, settings, connection_id)
VALUES (%(name)s, %(uri)s, %(access)s, %(settings)s, %(connection_id)s)
ON CONFLICT (name) DO NOTHING
RETURNING id, name, uri, access, settings, connection_id, {rule.connection_name};

-- name: lock_address
-- Allow only one command at a time to look for the datasource of an address or name and to create it. Others whose
-- hash is the same by chance wait too.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' address ' || %(uri)s, 0)),
  pg_advisory_xact_lock(hashtextextended(current_schema() || ' name ' || %(name)s, 0));

-- name: datasource_by_name
-- The datasource with this name; deleted ones that are kept for their assets only on request.
SELECT id, name, uri, access, settings, connection_id, {rule.connection_name} FROM datasource
WHERE name = %(name)s AND (deleted IS NULL OR %(deleted)s);

-- name: datasource_by_id
-- The datasource with this id.
SELECT id, name, uri, access, settings, connection_id, {rule.connection_name} FROM datasource WHERE id = %(id)s;

-- name: datasource_by_source
-- The datasources with this address at this endpoint (without one: at any endpoint), the most recently deleted first.
SELECT id, name, uri, access, settings, connection_id, {rule.connection_name} FROM datasource
WHERE uri = %(uri)s AND (
    access ->> 'endpoint' IS NOT DISTINCT FROM %(endpoint)s::text
    OR %(endpoint)s::text IS NULL AND deleted IS NULL
)
ORDER BY deleted IS NOT NULL, access ->> 'endpoint' IS NOT NULL, id;

-- name: list_datasources
-- All datasources except deleted ones, ordered by name.
SELECT id, name, uri, access, settings, connection_id, {rule.connection_name} FROM datasource WHERE deleted IS NULL ORDER BY name;

-- name: update_datasource
-- Change the access, connection or settings of a datasource; its address and name are kept.
UPDATE datasource SET access = %(access)s, settings = %(settings)s, connection_id = %(connection_id)s WHERE id = %(id)s
RETURNING id, name, uri, access, settings, connection_id, {rule.connection_name};

-- name: shared_with_others
-- One of these datasources and another one with which it shares an asset, if this endpoint would separate their stores.
SELECT moved.name, other.name
FROM datasource AS moved JOIN datasource AS other ON other.store = moved.store AND other.id <> ALL(%(ids)s::integer[])
WHERE moved.id = ANY(%(ids)s::integer[])
  AND store_of(moved.uri, jsonb_set(moved.access, '{endpoint}', %(endpoint)s)) IS DISTINCT FROM moved.store
  AND EXISTS (
    SELECT FROM object AS mine JOIN object AS theirs ON theirs.asset_id = mine.asset_id
    WHERE mine.datasource_id = moved.id AND theirs.datasource_id = other.id
  )
ORDER BY moved.id, other.id LIMIT 1;

-- name: dismiss_held_runs
-- Dismiss the held removals of datasources that continue. A confirmation may be reading their keys: the next pass over
-- everything deletes these.
UPDATE job SET state = 'cancelled', error = %(error)s WHERE datasource_id = ANY(%(ids)s::integer[]) AND state = 'held';

-- name: restore_access
-- Restore the previous access of a datasource, unless somebody else has changed it.
UPDATE datasource SET access = %(before)s, connection_id = %(connection_id)s
WHERE id = %(id)s AND access = %(after)s AND connection_id IS NOT DISTINCT FROM %(connection_after)s;

-- name: delete_unused
-- Delete a datasource whose only run listed nothing.
DELETE FROM datasource
WHERE id = %(datasource_id)s
  AND NOT EXISTS (SELECT FROM object WHERE object.datasource_id = datasource.id)
  AND NOT EXISTS (SELECT FROM asset WHERE asset.datasource_id = datasource.id)
  AND NOT EXISTS (SELECT FROM job WHERE job.datasource_id = datasource.id AND job.id <> %(run_id)s);

-- name: count_assets
-- How many assets each datasource has, without those in the trash: the stored number and what changed since.
SELECT datasource_id, sum(assets)::bigint
FROM (
  SELECT datasource_id, assets FROM asset_count UNION ALL SELECT datasource_id, assets FROM object_change
) AS part
GROUP BY datasource_id;

-- name: glob_file
-- The last content of a text file in the source whose lines are globs.
SELECT size, token, content FROM glob_file WHERE datasource_id = %(datasource_id)s AND key = %(key)s;

-- name: store_glob_file
-- Store a new content of such a file.
INSERT INTO glob_file (datasource_id, key, size, token, content)
VALUES (%(datasource_id)s, %(key)s, %(size)s, %(token)s, %(content)s)
ON CONFLICT (datasource_id, key) DO UPDATE SET size = excluded.size, token = excluded.token,
  content = excluded.content;
