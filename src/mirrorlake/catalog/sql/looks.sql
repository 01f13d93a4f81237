-- name: count_looks
-- Fragment after a WITH that names assets `chosen`: how many objects they have in each datasource.
SELECT datasource.name, count(*) FROM chosen JOIN object ON object.asset_id = chosen.id
JOIN datasource ON datasource.id = object.datasource_id
WHERE datasource.deleted IS NULL AND object.state IN ({known.used}) GROUP BY datasource.name ORDER BY datasource.name;

-- name: keys_to_look_at
-- Fragment after a WITH that names assets `chosen`: the next keys of theirs in a datasource, in byte order.
SELECT object.key FROM object JOIN chosen ON chosen.id = object.asset_id
WHERE object.datasource_id = %(datasource_id)s AND object.state IN ({known.used}) AND object.key > %(after)s
ORDER BY object.key LIMIT %(limit)s;
