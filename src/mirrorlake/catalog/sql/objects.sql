-- name: read_in_key_order
-- A key range is read along the primary key, never sorted: sorting would need memory for all of it.
-- Without parallel workers, which would sort to merge their parts. Bytes of texts are UTF-8, whatever the database holds.
SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
  set_config('client_encoding', 'UTF8', true);

-- name: has_objects
-- A row where any object of a datasource is remembered.
SELECT FROM object WHERE datasource_id = %(datasource_id)s LIMIT 1;

-- name: known_chunk
-- The next keys of a datasource in key order and what is remembered of them, each column as the bytes of all its values:
-- handing over rows one by one costs more than reading them. NUL, which no text can hold, parts texts; FF, which no UTF-8
-- can hold, stands for no companions. Numbers are big-endian. All is null where no key follows.
SELECT string_agg(textsend(key), '\x00'), string_agg(textsend(token), '\x00'), string_agg(int8send(size), ''),
  string_agg(coalesce(textsend(companions), '\xff'), '\x00'), string_agg(int2send(state), '')
FROM (
  SELECT key, token, size, companions, state FROM object
  WHERE datasource_id = %(datasource_id)s AND key > %(after)s
  ORDER BY key LIMIT %(rows)s
) AS stretch;

-- name: known_chunk_until
-- The same, up to and with a bound.
SELECT string_agg(textsend(key), '\x00'), string_agg(textsend(token), '\x00'), string_agg(int8send(size), ''),
  string_agg(coalesce(textsend(companions), '\xff'), '\x00'), string_agg(int2send(state), '')
FROM (
  SELECT key, token, size, companions, state FROM object
  WHERE datasource_id = %(datasource_id)s AND key > %(after)s AND key <= %(until)s
  ORDER BY key LIMIT %(rows)s
) AS stretch;

-- name: known_keys
-- What is remembered of single keys, in key order.
SELECT key, token, size, companions, state FROM object
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) ORDER BY key;

-- name: remembered_companions
-- The companions that were last read for single keys whose assets this datasource governs.
SELECT object.key, companion.role, companion.key, object.companions
FROM object JOIN asset ON asset.id = object.asset_id JOIN companion ON companion.asset_id = asset.id
WHERE object.datasource_id = %(datasource_id)s AND object.key = ANY(%(keys)s::text[])
  AND asset.datasource_id = %(datasource_id)s AND companion.key IS NOT NULL
  AND companion_of(object.companions, companion.role) <> '0:';

-- name: estimated_objects
-- About how many objects all datasources have together; -1 before the first vacuum.
SELECT reltuples FROM pg_class WHERE oid = 'object'::regclass;

-- name: sampled_bounds
-- Keys that split a datasource into parts of about the same size, from a share of the table's pages.
SELECT percentile_disc(%(fractions)s::float8[]) WITHIN GROUP (ORDER BY key)
FROM object TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
WHERE datasource_id = %(datasource_id)s;
