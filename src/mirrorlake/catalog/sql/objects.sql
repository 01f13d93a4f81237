-- name: read_in_key_order
-- Read a key range along the primary key, without sorting: a sort would need memory for all rows. Parallel workers are
-- disabled, because merging their results requires a sort. Texts are encoded as UTF-8, whatever the encoding of the
-- database.
SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
  set_config('client_encoding', 'UTF8', true);

-- name: has_objects
-- A row if the catalog knows any object of a datasource.
SELECT FROM object WHERE datasource_id = %(datasource_id)s LIMIT 1;

-- name: known_chunk
-- The next keys of a datasource in key order with their known state. Each column is returned as the bytes of all its
-- values: returning single rows costs more than reading them. NUL, which no text can contain, separates texts; FF,
-- which UTF-8 cannot contain, means no companions. Numbers are big-endian. All columns are null if no key follows.
SELECT string_agg(textsend(key), '\x00'), string_agg(textsend(token), '\x00'), string_agg(int8send(size), ''),
  string_agg(coalesce(textsend(companions), '\xff'), '\x00'), string_agg(int2send(state), '')
FROM (
  SELECT key, {rule.compared_token} AS token, size, companions, {rule.compared_state} AS state FROM object
  WHERE datasource_id = %(datasource_id)s AND key > %(after)s
  ORDER BY key LIMIT %(rows)s
) AS stretch;

-- name: known_chunk_until
-- The same, up to and including a bound.
SELECT string_agg(textsend(key), '\x00'), string_agg(textsend(token), '\x00'), string_agg(int8send(size), ''),
  string_agg(coalesce(textsend(companions), '\xff'), '\x00'), string_agg(int2send(state), '')
FROM (
  SELECT key, {rule.compared_token} AS token, size, companions, {rule.compared_state} AS state FROM object
  WHERE datasource_id = %(datasource_id)s AND key > %(after)s AND key <= %(until)s
  ORDER BY key LIMIT %(rows)s
) AS stretch;

-- name: known_keys
-- The known rows of single keys, in key order.
SELECT key, {rule.compared_token} AS token, size, companions, {rule.compared_state} AS state FROM object
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) ORDER BY key;

-- name: known_of_stems
-- The known rows of all keys that are a stem, a dot and one of some endings, in key order. '/' follows '.' in byte order.
SELECT DISTINCT object.key, {rule.compared_token} AS token, size, companions, {rule.compared_state} AS state
FROM unnest(%(stems)s::text[]) AS asked (stem) JOIN object
  ON object.datasource_id = %(datasource_id)s
  AND object.key > asked.stem || '.' COLLATE "C" AND object.key < asked.stem || '/' COLLATE "C"
WHERE lower(substr(object.key, length(asked.stem) + 2) COLLATE "C") = ANY(%(endings)s::text[])
ORDER BY object.key;

-- name: left_with_tokens
-- Keys that left the bucket in partial passes since the last pass over everything that ended well, with these tokens.
SELECT DISTINCT object.key
FROM job JOIN outcome ON outcome.run_id = job.id
  JOIN object ON object.datasource_id = job.datasource_id AND object.key = outcome.key
WHERE job.datasource_id = %(datasource_id)s AND job.kind = 'events'
  AND job.started > coalesce(
    (SELECT max(started) FROM job AS whole
     WHERE whole.datasource_id = %(datasource_id)s AND whole.kind = 'mirror' AND whole.state IN ('succeeded', 'held')),
    '-infinity'
  )
  AND outcome.kind IN ({outcome.removed}, {outcome.missing}) AND object.state IN ({known.vanished})
  AND object.token = ANY(%(tokens)s::text[]);

-- name: remembered_companions
-- The companions that were last read, for keys whose assets this datasource governs.
SELECT object.key, companion.role, companion.key, object.companions
FROM object JOIN asset ON asset.id = object.asset_id JOIN companion ON companion.asset_id = asset.id
WHERE object.datasource_id = %(datasource_id)s AND object.key = ANY(%(keys)s::text[])
  AND asset.datasource_id = %(datasource_id)s AND companion.key IS NOT NULL
  AND companion_of(object.companions, companion.role) <> '0:';

-- name: estimated_objects
-- The approximate number of objects of all datasources; -1 before the first vacuum.
SELECT reltuples FROM pg_class WHERE oid = 'object'::regclass;

-- name: sampled_bounds
-- Keys that split a datasource into parts of about equal size, from a sample of the table's pages.
SELECT percentile_disc(%(fractions)s::float8[]) WITHIN GROUP (ORDER BY key)
FROM object TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
WHERE datasource_id = %(datasource_id)s;

-- name: last_listed
-- When the last pass over everything began that ended well.
SELECT max(started) FROM job
WHERE datasource_id = %(datasource_id)s AND kind = 'mirror' AND state IN ('succeeded', 'held');

-- name: touched_since
-- The keys about which a run has decided something since then, and those that wait to be checked.
SELECT outcome.key FROM job JOIN outcome ON outcome.run_id = job.id
WHERE job.datasource_id = %(datasource_id)s AND coalesce(job.finished, now()) > %(when)s
UNION SELECT key FROM event_hint WHERE datasource_id = %(datasource_id)s;
