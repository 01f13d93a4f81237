-- name: read_in_key_order
-- A key range is read along the primary key, never sorted: sorting would need memory for all of it.
-- Without parallel workers, which would sort to merge their parts.
SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
  set_config('mirrorlake.datasource', $1, true), set_config('mirrorlake.after', $2, true),
  set_config('mirrorlake.until', $3, true);

-- name: knows_any
-- A row where any object of a datasource is remembered.
SELECT FROM object WHERE datasource_id = %(datasource_id)s LIMIT 1;

-- name: known_objects
-- What is remembered of a datasource's keys, in key order. No casts: they make reading two to three times slower.
-- The bounds come from set_config, because ADBC streams (by COPY) only what has no parameters.
SELECT key, token, size, sidecar_token, sidecar_size, state FROM object
WHERE datasource_id = current_setting('mirrorlake.datasource')::integer
ORDER BY key;

-- name: known_objects_after
-- The same, only keys beyond a bound.
SELECT key, token, size, sidecar_token, sidecar_size, state FROM object
WHERE datasource_id = current_setting('mirrorlake.datasource')::integer
  AND key > current_setting('mirrorlake.after')
ORDER BY key;

-- name: known_objects_until
-- The same, only keys up to and with a bound.
SELECT key, token, size, sidecar_token, sidecar_size, state FROM object
WHERE datasource_id = current_setting('mirrorlake.datasource')::integer
  AND key <= current_setting('mirrorlake.until')
ORDER BY key;

-- name: known_objects_between
-- The same, between two bounds: the first is out, the second is in.
SELECT key, token, size, sidecar_token, sidecar_size, state FROM object
WHERE datasource_id = current_setting('mirrorlake.datasource')::integer
  AND key > current_setting('mirrorlake.after') AND key <= current_setting('mirrorlake.until')
ORDER BY key;

-- name: known_keys
-- What is remembered of single keys, in key order.
SELECT key, token, size, sidecar_token, sidecar_size, state FROM object
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) ORDER BY key;

-- name: estimated_objects
-- About how many objects all datasources have together; -1 before the first vacuum.
SELECT reltuples FROM pg_class WHERE oid = 'object'::regclass;

-- name: sampled_bounds
-- Keys that split a datasource into parts of about the same size, from a share of the table's pages.
SELECT percentile_disc(%(fractions)s::float8[]) WITHIN GROUP (ORDER BY key)
FROM object TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
WHERE datasource_id = %(datasource_id)s;
