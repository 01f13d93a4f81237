-- name: insert_datasource
-- A new datasource; nothing where the name is taken.
INSERT INTO datasource (name, uri, access, settings)
VALUES (%(name)s, %(uri)s, %(access)s, %(settings)s)
ON CONFLICT (name) DO NOTHING
RETURNING id, name, uri, access, settings;

-- name: datasource_by_name
-- The datasource of this name; one that was deleted and is kept for its assets only where it is asked for.
SELECT id, name, uri, access, settings FROM datasource
WHERE name = %(name)s AND (deleted IS NULL OR %(deleted)s);

-- name: datasource_by_id
-- The datasource of this number.
SELECT id, name, uri, access, settings FROM datasource WHERE id = %(id)s;

-- name: datasource_by_source
-- The datasources over this address at this endpoint, and without one at any, likeliest first: what was deleted last.
SELECT id, name, uri, access, settings FROM datasource
WHERE uri = %(uri)s AND (
    access ->> 'endpoint' IS NOT DISTINCT FROM %(endpoint)s::text
    OR %(endpoint)s::text IS NULL AND deleted IS NULL
)
ORDER BY deleted IS NOT NULL, access ->> 'endpoint' IS NOT NULL, id;

-- name: list_datasources
-- Every datasource, by name; those that were deleted and are kept for their assets apart.
SELECT id, name, uri, access, settings FROM datasource WHERE deleted IS NULL ORDER BY name;

-- name: update_datasource
-- Other access or settings for a datasource; its address and name stay.
UPDATE datasource SET access = %(access)s, settings = %(settings)s WHERE id = %(id)s
RETURNING id, name, uri, access, settings;

-- name: restore_access
-- How a datasource was reached before, unless somebody else has changed it meanwhile.
UPDATE datasource SET access = %(before)s WHERE id = %(id)s AND access = %(after)s;

-- name: delete_unused
-- A datasource of which nothing came but one failed run: as if it had never been made.
DELETE FROM datasource
WHERE id = %(datasource_id)s
  AND NOT EXISTS (SELECT FROM object WHERE object.datasource_id = datasource.id)
  AND NOT EXISTS (SELECT FROM asset WHERE asset.datasource_id = datasource.id)
  AND NOT EXISTS (SELECT FROM job WHERE job.datasource_id = datasource.id AND job.id <> %(run_id)s);

-- name: count_assets
-- How many assets each datasource has, counted in the narrow table; those in the trash apart.
SELECT datasource_id, count(asset_id) FILTER (WHERE state <> {known.trashed}) FROM object GROUP BY datasource_id;

-- name: glob_file
-- What was last read of a text file in the source whose lines are globs.
SELECT size, token, content FROM glob_file WHERE datasource_id = %(datasource_id)s AND key = %(key)s;

-- name: store_glob_file
-- Another content of such a file.
INSERT INTO glob_file (datasource_id, key, size, token, content)
VALUES (%(datasource_id)s, %(key)s, %(size)s, %(token)s, %(content)s)
ON CONFLICT (datasource_id, key) DO UPDATE SET size = excluded.size, token = excluded.token,
  content = excluded.content;
