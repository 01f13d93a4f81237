-- name: list_search_indexes
-- The indexes made for searches, with their size and use.
SELECT search_index.id, source, key, state, coalesce(pg_relation_size(statistics.indexrelid), 0), why, created, built,
  (to_jsonb(statistics) ->> 'last_idx_scan')::timestamptz, coalesce(statistics.idx_scan, 0), error
FROM search_index LEFT JOIN pg_stat_user_indexes AS statistics
  ON statistics.indexrelname = 'asset_search_' || search_index.id AND statistics.relname = 'asset'
  AND statistics.schemaname = current_schema()
ORDER BY source, key;

-- name: ready_search_indexes
-- The values that searches can read from an index.
SELECT source, key FROM search_index WHERE state = 'ready';

-- name: add_search_index
-- An index that is about to be built.
INSERT INTO search_index (source, key, state, why, in_advance)
VALUES (%(source)s, %(key)s, 'building', %(why)s, %(in_advance)s) RETURNING id;

-- name: end_search_index
-- An index is built, or could not be. Searches that were slow before it are no reason for another one.
WITH ended AS (
  UPDATE search_index SET state = %(state)s, error = %(error)s, built = CASE WHEN %(state)s = 'ready' THEN now() END
  WHERE id = %(id)s RETURNING source, key
)
DELETE FROM search_use USING ended WHERE search_use.source = ended.source AND search_use.key = ended.key;

-- name: hide_search_index
-- Searches must not count on an index that is about to be dropped.
UPDATE search_index SET state = 'failed' WHERE id = %(id)s;

-- name: delete_search_index
-- An index was dropped; only searches that are slow from now on are a reason to make it again. `unused`: none used it.
WITH dropped AS (
  DELETE FROM search_index WHERE id = %(id)s RETURNING source, key, in_advance
), declined AS (
  INSERT INTO search_index_declined (source, key) SELECT source, key FROM dropped WHERE in_advance AND %(unused)s
  ON CONFLICT (source, key) DO UPDATE SET at = now()
)
DELETE FROM search_use USING dropped WHERE search_use.source = dropped.source AND search_use.key = dropped.key;

-- name: record_search_use
-- A search took long for want of an index on these values.
INSERT INTO search_use (source, key, seconds)
SELECT source, key, %(seconds)s FROM unnest(%(sources)s::text[], %(keys)s::text[]) AS needed (source, key);

-- name: search_uses
-- What searches cost in the last days for want of each index.
SELECT source, key, count(*), sum(seconds)::double precision FROM search_use
WHERE at > now() - make_interval(days => %(days)s) GROUP BY source, key;

-- name: prune_search_uses
-- Forget old searches.
DELETE FROM search_use WHERE at < now() - make_interval(days => %(days)s);

-- name: index_maintenance_due
-- Whether a search was slow for want of an index since the last maintenance, or a day has passed and there are indexes.
SELECT EXISTS (SELECT FROM search_use WHERE at > last.created)
  OR EXISTS (SELECT FROM search_index) AND last.created < now() - interval '1 day'
FROM (SELECT coalesce(max(created), '-infinity') AS created FROM job WHERE kind = 'search_indexes') AS last;

-- name: common_values
-- What many assets have and an index answers: numbers and dates under metadata keys and facts, and columns. Returns the
-- field, the numbers, the dates, the assets, and how many different values are listed.
SELECT field, numbers, dates, assets, CASE WHEN capped THEN %(many)s ELSE distinct_values END FROM field_count
WHERE (numbers >= %(least)s OR dates >= %(least)s)
  AND (starts_with(field, 'metadata.') OR starts_with(field, 'facts.') OR field = ANY(%(columns)s));

-- name: indexes_in_advance
-- The indexes that were made before a search needed them.
SELECT id FROM search_index WHERE in_advance;

-- name: declined_indexes
-- The values whose index was made in advance and dropped since no search used it.
SELECT source, key FROM search_index_declined;

-- name: library_rests
-- Whether no run and no maintenance is in progress, and nearly all assets are counted; and the time now.
SELECT NOT EXISTS (
  SELECT FROM job JOIN lease ON lease.job_id = job.id
  WHERE job.state = 'running' AND expires > now() AND kind IN ('mirror', 'events', 'confirm', 'retry', 'search_indexes')
) AND (SELECT coalesce(sum(assets), 0) FROM asset_added) * 10
  <= (SELECT coalesce(max(assets), 0) FROM field_count WHERE field = 'kind'), now();

-- name: index_progress
-- How far the build of an index is, in the blocks or rows of its phase.
SELECT greatest(blocks_done, tuples_done), greatest(blocks_total, tuples_total) FROM pg_stat_progress_create_index
WHERE pid = %(pid)s;
