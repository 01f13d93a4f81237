-- name: list_saved_searches
-- All saved searches, by name.
SELECT id, name, query, created_by, created, updated_by, updated FROM saved_search ORDER BY lower(name), name;

-- name: insert_saved_search
-- Save a search, unless there are too many already, or one has its name.
INSERT INTO saved_search (name, query, created_by, updated_by)
SELECT %(name)s, %(query)s, %(by)s, %(by)s WHERE (SELECT count(*) FROM saved_search) < %(most)s
RETURNING id, name, query, created_by, created, updated_by, updated;

-- name: lock_saved_search
-- The name and query of a saved search before a change.
SELECT name, query FROM saved_search WHERE id = %(id)s FOR UPDATE;

-- name: change_saved_search
-- Change the name or the query of a saved search; null keeps what it has.
UPDATE saved_search SET name = coalesce(%(name)s, name), query = coalesce(%(query)s, query),
  updated_by = %(by)s, updated = now()
WHERE id = %(id)s RETURNING id, name, query, created_by, created, updated_by, updated;

-- name: delete_saved_search
-- Delete a saved search.
DELETE FROM saved_search WHERE id = %(id)s RETURNING name, query;
