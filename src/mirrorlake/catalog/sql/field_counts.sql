-- name: create_touched
-- The assets of one fold. `fresh`: counted nowhere.
CREATE TEMP TABLE IF NOT EXISTS touched (asset_id bigint PRIMARY KEY, fresh boolean NOT NULL) ON COMMIT DELETE ROWS;

-- name: create_touched_before
-- Those of them that were changed, as they are counted.
CREATE TEMP TABLE IF NOT EXISTS touched_before (
  asset_id bigint PRIMARY KEY, counted boolean NOT NULL, kind text, media_type text, size bigint, width integer,
  height integer, created timestamptz, modified timestamptz, facts jsonb, metadata jsonb
) ON COMMIT DELETE ROWS;

-- name: create_touched_tag
-- Changes of their tags.
CREATE TEMP TABLE IF NOT EXISTS touched_tag (asset_id bigint NOT NULL, change smallint NOT NULL, tag text COLLATE "C")
ON COMMIT DELETE ROWS;

-- name: create_field_delta
-- What the fold adds to the counts. `type` is that of `field_value`, or o for lists and objects among facts; `day`: of a text that is an ISO date or time; `item`: of a list that is counted separately.
CREATE TEMP TABLE IF NOT EXISTS field_delta (
  field text COLLATE "C" NOT NULL, value text COLLATE "C", type "char", day date, assets bigint NOT NULL,
  item boolean NOT NULL DEFAULT false
) ON COMMIT DELETE ROWS;

-- name: create_bucket_delta
-- What the fold adds to the histograms.
CREATE TEMP TABLE IF NOT EXISTS bucket_delta (
  field text COLLATE "C" NOT NULL, type "char" NOT NULL, bucket double precision NOT NULL, assets bigint NOT NULL
) ON COMMIT DELETE ROWS;

-- name: touch_added
-- Take recorded new assets, whole chunks, until there are %(most)s. No chunk if already the first one has more.
WITH chosen AS (
  SELECT id, sum(assets) OVER (ORDER BY id) AS until
  FROM (SELECT id, assets FROM asset_added ORDER BY id LIMIT 1000) AS first_chunks
), taken AS (
  DELETE FROM asset_added USING chosen WHERE asset_added.id = chosen.id AND until <= %(most)s RETURNING ids
)
INSERT INTO touched (asset_id, fresh) SELECT DISTINCT unnest(ids), true FROM taken;

-- name: touch_changed
-- Take recorded changes of %(most)s assets.
INSERT INTO touched (asset_id, fresh)
SELECT asset_id, false FROM (
  (SELECT asset_id FROM asset_before ORDER BY asset_id LIMIT %(most)s)
  UNION (SELECT asset_id FROM tag_change ORDER BY asset_id LIMIT %(most)s)
) AS changed;

-- name: take_before
-- All recorded changes of the touched assets belong to this fold. The first one contains what is counted.
WITH taken AS (
  DELETE FROM asset_before USING touched WHERE asset_before.asset_id = touched.asset_id
  RETURNING asset_before.*, touched.fresh
)
INSERT INTO touched_before
SELECT DISTINCT ON (asset_id) asset_id, counted, kind, media_type, size, width, height, created, modified, facts, metadata
FROM taken WHERE NOT fresh ORDER BY asset_id, id;

-- name: take_tags
-- As `take_before`, of tags.
WITH taken AS (
  DELETE FROM tag_change USING touched WHERE tag_change.asset_id = touched.asset_id
  RETURNING tag_change.asset_id, tag_change.change, tag_change.tag
)
INSERT INTO touched_tag SELECT asset_id, change, tag FROM taken;

-- name: count_named_values
-- Metadata and facts: those that the touched assets have now, less those that are counted. Each keyword is a value of its own.
INSERT INTO field_delta
SELECT space || key,
  CASE jsonb_typeof(value)
    WHEN 'string' THEN value #>> '{}' WHEN 'number' THEN trim_scale((value #>> '{}')::numeric)::text
    WHEN 'boolean' THEN value::text
  END,
  CASE jsonb_typeof(value) WHEN 'string' THEN 't' WHEN 'number' THEN 'n' WHEN 'boolean' THEN 'b' ELSE 'o' END,
  CASE WHEN jsonb_typeof(value) = 'string' AND value #>> '{}' LIKE '____-__-__%%' AND value #>> '{}' ~ %(iso)s
    THEN left(value #>> '{}', 10)::date END,
  assets, item
FROM (
  SELECT space, key, value, item, sum(sign) AS assets
  FROM (
    SELECT 1 AS sign, asset.metadata, asset.facts
    FROM touched JOIN asset ON asset.id = touched.asset_id
    WHERE asset.state <> {asset.trash} AND (fresh OR EXISTS (SELECT FROM touched_before AS b WHERE b.asset_id = asset.id))
    UNION ALL SELECT -1, metadata, facts FROM touched_before WHERE counted
  ) AS document
  CROSS JOIN LATERAL (
    SELECT 'metadata.' AS space, key, value, false AS item FROM jsonb_each(metadata)
    UNION ALL SELECT 'facts.', key, value, false FROM jsonb_each(facts)
    UNION ALL SELECT 'facts.', 'keywords', value, true FROM jsonb_array_elements(
      CASE jsonb_typeof(facts -> 'keywords') WHEN 'array' THEN facts -> 'keywords' ELSE '[]' END
    )
  ) AS pair
  GROUP BY space, key, value, item HAVING sum(sign) <> 0
) AS changed;

-- name: count_columns
-- Kinds and media types, and buckets of sizes and times.
WITH document AS MATERIALIZED (
  SELECT 1 AS sign, kind, media_type, size, width, height, created, modified
  FROM touched JOIN asset ON asset.id = touched.asset_id
  WHERE asset.state <> {asset.trash} AND (fresh OR EXISTS (SELECT FROM touched_before AS b WHERE b.asset_id = asset.id))
  UNION ALL
  SELECT -1, kind, media_type, size, width, height, created, modified FROM touched_before WHERE counted
), named AS (
  INSERT INTO field_delta
  SELECT CASE WHEN kind IS NOT NULL THEN 'kind' ELSE 'type' END, coalesce(kind, media_type), 't', NULL, sum(sign)
  FROM document GROUP BY GROUPING SETS ((kind), (media_type)) HAVING sum(sign) <> 0
)
INSERT INTO bucket_delta
SELECT CASE WHEN size IS NOT NULL THEN 'size' WHEN width IS NOT NULL THEN 'width' WHEN height IS NOT NULL THEN 'height'
    WHEN created IS NOT NULL THEN 'created' ELSE 'modified' END,
  CASE WHEN coalesce(created, modified) IS NULL THEN 'n' ELSE 'd' END,
  coalesce(size, width, height, created - '1970-01-01'::date, modified - '1970-01-01'::date),
  sum(sign)
FROM (
  SELECT sign, number_bucket(size) AS size, number_bucket(width) AS width, number_bucket(height) AS height,
    (created AT TIME ZONE 'UTC')::date AS created, (modified AT TIME ZONE 'UTC')::date AS modified
  FROM document
) AS bucketed
GROUP BY GROUPING SETS ((size), (width), (height), (created), (modified))
HAVING sum(sign) <> 0 AND coalesce(size, width, height, created - '1970-01-01'::date, modified - '1970-01-01'::date) IS NOT NULL;

-- name: count_tags
-- Tags: those that the touched assets have now, less those that are counted.
INSERT INTO field_delta
SELECT 'tag', tag, 't', NULL, sum(assets)
FROM (
  SELECT tag, (asset.state IS DISTINCT FROM {asset.trash} AND asset.id IS NOT NULL)::integer * has
    - (CASE WHEN fresh THEN false
        WHEN before.asset_id IS NOT NULL THEN before.counted
        ELSE asset.state IS DISTINCT FROM {asset.trash} AND asset.id IS NOT NULL END)::integer * (has - change) AS assets
  FROM (
    SELECT asset_id, tag, 1 AS has, 0 AS change FROM asset_tag WHERE asset_id IN (SELECT asset_id FROM touched)
    UNION ALL SELECT asset_id, tag, 0, change FROM touched_tag
  ) AS tagged
  JOIN touched USING (asset_id)
  LEFT JOIN asset ON asset.id = touched.asset_id
  LEFT JOIN touched_before AS before ON before.asset_id = touched.asset_id
) AS changed
GROUP BY tag HAVING sum(assets) <> 0;

-- name: add_bucket_deltas
-- Numbers and dates of metadata and facts belong to histograms too.
INSERT INTO bucket_delta
SELECT field, CASE type WHEN 'n' THEN 'n' ELSE 'd' END,
  CASE type WHEN 'n' THEN number_bucket(value::float8) ELSE day - '1970-01-01'::date END, sum(assets)
FROM field_delta WHERE type = 'n' OR day IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(assets) <> 0;

-- name: merge_fields
-- Add to the counts of fields.
INSERT INTO field_count AS known (field, assets, numbers, booleans, dates, long_values, distinct_values, capped)
SELECT field, coalesce(sum(assets) FILTER (WHERE NOT item), 0), coalesce(sum(assets) FILTER (WHERE type = 'n'), 0),
  coalesce(sum(assets) FILTER (WHERE type = 'b'), 0), coalesce(sum(assets) FILTER (WHERE day IS NOT NULL), 0),
  coalesce(sum(assets) FILTER (WHERE length(value) > %(chars)s), 0), 0, false
FROM field_delta GROUP BY field
UNION ALL
SELECT field, sum(assets), coalesce(sum(assets) FILTER (WHERE type = 'n'), 0), 0,
  coalesce(sum(assets) FILTER (WHERE type = 'd'), 0), 0, 0, true
FROM bucket_delta WHERE field IN ('size', 'width', 'height', 'created', 'modified') GROUP BY field
ON CONFLICT (field) DO UPDATE SET assets = known.assets + excluded.assets, numbers = known.numbers + excluded.numbers,
  booleans = known.booleans + excluded.booleans, dates = known.dates + excluded.dates,
  long_values = known.long_values + excluded.long_values;

-- name: cap_fields
-- Values of new fields beyond the first %(fields)s are not listed: keys are probably names of something then.
UPDATE field_count SET capped = true
WHERE NOT capped AND distinct_values = 0 AND field IN (SELECT field FROM field_delta)
  AND (SELECT count(*) FROM field_count) > %(fields)s;

-- name: trim_values
-- Of a field to which this fold alone adds too many values, list only as many as make it capped: the most frequent.
DELETE FROM field_delta USING (
  SELECT ctid AS place, row_number() OVER (PARTITION BY field ORDER BY assets DESC, value, type) AS rank
  FROM field_delta
  WHERE length(value) <= %(chars)s
    AND field IN (
      SELECT field FROM field_delta JOIN field_count USING (field) WHERE NOT capped
      GROUP BY field HAVING count(*) > %(most)s
    )
    AND NOT EXISTS (
      SELECT FROM field_value AS listed
      WHERE listed.field = field_delta.field AND listed.value = field_delta.value AND listed.type = field_delta.type
    )
) AS ranked
WHERE field_delta.ctid = ranked.place AND rank > %(most)s + 1;

-- name: merge_values
-- Add to the counts of values. Of a capped field, only to those that are listed.
WITH merged AS (
  INSERT INTO field_value AS known (field, value, type, assets)
  SELECT field, value, type, delta.assets
  FROM field_delta AS delta JOIN field_count USING (field)
  WHERE length(value) <= %(chars)s AND (NOT capped OR EXISTS (
    SELECT FROM field_value AS listed
    WHERE listed.field = delta.field AND listed.value = delta.value AND listed.type = delta.type
  ))
  ON CONFLICT (field, value, type) DO UPDATE SET assets = known.assets + excluded.assets
  RETURNING field, (xmax = 0) AS added
)
UPDATE field_count SET distinct_values = distinct_values + new.added
FROM (SELECT field, count(*) FILTER (WHERE added) AS added FROM merged GROUP BY field) AS new
WHERE field_count.field = new.field AND new.added > 0;

-- name: drop_values
-- Delete values that no asset has.
WITH gone AS (
  DELETE FROM field_value AS known USING field_delta AS delta
  WHERE known.field = delta.field AND known.value = delta.value AND known.type = delta.type AND known.assets <= 0
  RETURNING known.field
)
UPDATE field_count SET distinct_values = distinct_values - gone.values
FROM (SELECT field, count(*) AS values FROM gone GROUP BY field) AS gone WHERE field_count.field = gone.field;

-- name: cap_values
-- Keep the most frequent values of fields that have too many.
WITH full_fields AS (
  UPDATE field_count SET capped = true, distinct_values = %(kept)s WHERE distinct_values > %(most)s
  RETURNING field
)
DELETE FROM field_value USING (
  SELECT field, value, type, row_number() OVER (PARTITION BY field ORDER BY assets DESC, value, type) AS place
  FROM field_value WHERE field IN (SELECT field FROM full_fields)
) AS ranked
WHERE field_value.field = ranked.field AND field_value.value = ranked.value AND field_value.type = ranked.type
  AND ranked.place > %(kept)s;

-- name: merge_buckets
-- Add to the histograms.
INSERT INTO field_bucket AS known (field, type, bucket, assets)
SELECT field, type, bucket, sum(assets) FROM bucket_delta GROUP BY field, type, bucket
ON CONFLICT (field, type, bucket) DO UPDATE SET assets = known.assets + excluded.assets;

-- name: drop_buckets
-- Delete empty buckets.
DELETE FROM field_bucket AS known USING bucket_delta AS delta
WHERE known.field = delta.field AND known.type = delta.type AND known.bucket = delta.bucket AND known.assets <= 0;

-- name: drop_fields
-- Delete fields that no asset has, with what is left of them.
WITH gone AS (
  DELETE FROM field_count
  WHERE assets <= 0 AND (field IN (SELECT field FROM field_delta) OR field IN (SELECT field FROM bucket_delta))
  RETURNING field
), values_gone AS (
  DELETE FROM field_value WHERE field IN (SELECT field FROM gone)
)
DELETE FROM field_bucket WHERE field IN (SELECT field FROM gone);

-- name: pending_assets
-- How many assets are not counted yet, or counted as they were: about, and at most 20,000 of the changed ones.
SELECT coalesce((SELECT sum(assets) FROM asset_added), 0)::bigint
  + (SELECT count(*) FROM (SELECT FROM asset_before LIMIT 20000) AS changed)
  + (SELECT count(*) FROM (SELECT FROM tag_change LIMIT 20000) AS tagged);

-- name: add_all_assets
-- Record all assets as new.
INSERT INTO asset_added (assets, ids) SELECT count(*), array_agg(id) FROM asset GROUP BY id / 16384;

-- name: list_fields
-- Fields whose names begin with %(space)s and contain %(contains)s, those of the most assets first.
SELECT field, assets, numbers, booleans, dates, distinct_values, NOT capped AND long_values = 0
FROM field_count
WHERE starts_with(field, %(space)s) AND (%(exact)s::text IS NULL OR field = %(exact)s)
  AND (%(contains)s::text IS NULL OR strpos(lower(substr(field, length(%(space)s) + 1)), lower(%(contains)s)) > 0)
ORDER BY assets DESC, field LIMIT %(most)s;

-- name: count_fields
-- How many fields there are whose names begin with %(space)s.
SELECT count(*) FROM field_count WHERE starts_with(field, %(space)s);

-- name: top_values
-- The values of these fields that most assets have.
SELECT wanted.field, top.value, top.type, top.assets
FROM unnest(%(fields)s::text[]) AS wanted (field) CROSS JOIN LATERAL (
  SELECT value, type, assets FROM field_value WHERE field_value.field = wanted.field
  ORDER BY assets DESC, value LIMIT %(most)s
) AS top;

-- name: field_ranges
-- The smallest and the largest number and the first and the last day of these fields. Numbers are exact where all values
-- are listed, else rounded to three digits towards zero.
SELECT field_count.field,
  CASE WHEN NOT capped AND long_values = 0 THEN exact.low ELSE (
    SELECT min(bucket) FROM field_bucket WHERE field_bucket.field = field_count.field AND type = 'n'
  ) END,
  CASE WHEN NOT capped AND long_values = 0 THEN exact.high ELSE (
    SELECT max(bucket) FROM field_bucket WHERE field_bucket.field = field_count.field AND type = 'n'
  ) END,
  '1970-01-01'::date + (
    SELECT min(bucket) FROM field_bucket WHERE field_bucket.field = field_count.field AND type = 'd'
  )::integer,
  '1970-01-01'::date + (
    SELECT max(bucket) FROM field_bucket WHERE field_bucket.field = field_count.field AND type = 'd'
  )::integer
FROM field_count LEFT JOIN LATERAL (
  SELECT min(value::float8) AS low, max(value::float8) AS high FROM field_value
  WHERE field_value.field = field_count.field AND type = 'n' AND NOT capped
) AS exact ON true
WHERE field_count.field = ANY(%(fields)s::text[]);

-- name: pending_ids
-- Assets that are not counted yet, or counted as they were, at most %(most)s; some may be listed twice. Tags apart.
SELECT id FROM (
  SELECT unnest(ids) AS id FROM asset_added UNION ALL SELECT asset_id FROM asset_before
) AS changed LIMIT %(most)s;

-- name: known_field
-- How many assets have a field, how many of them a number, and whether all values are listed; no row if no asset has it.
SELECT assets, numbers, NOT capped AND long_values = 0 FROM field_count WHERE field = %(field)s;

-- name: numbers_of_field
-- Whether all counted assets have a number of this field, none of them longer than is listed; no row if no asset has it.
SELECT field.numbers = field.assets AND field.long_values = 0 AND field.assets = kind.assets
FROM field_count AS field, field_count AS kind WHERE field.field = %(field)s AND kind.field = 'kind';

-- name: count_of_tag
-- How many assets have a tag; no row if that is not known.
SELECT coalesce((SELECT assets FROM field_value WHERE field = 'tag' AND value = %(tag)s AND type = 't'), 0)
FROM field_count WHERE field = 'tag' AND NOT capped AND long_values = 0 AND NOT EXISTS (SELECT FROM tag_change);

-- name: bucket_before
-- The last bucket of a field before which there are at most %(position)s counted assets, with their number.
SELECT bucket, before FROM (
  SELECT bucket, (sum(assets) OVER (ORDER BY bucket) - assets)::bigint AS before
  FROM field_bucket WHERE field = %(field)s AND bucket <= %(largest)s
) AS found
WHERE before <= %(position)s ORDER BY bucket DESC LIMIT 1;

-- name: uncounted_before
-- By how many assets the counts of those below a size, or created before a time, are to be corrected: those that changed
-- since they were counted, as they are now, less those of them that are counted.
WITH fresh AS MATERIALIZED (
  SELECT DISTINCT unnest(ids) AS id FROM asset_added
), was AS MATERIALIZED (
  SELECT DISTINCT ON (asset_id) asset_id AS id,
    counted AND coalesce(size < %(size)s::bigint, created < %(created)s::timestamptz) AS before
  FROM asset_before WHERE asset_id NOT IN (SELECT id FROM fresh) ORDER BY asset_id, asset_before.id
)
SELECT (
  SELECT count(*) FROM asset
  WHERE id IN (SELECT id FROM fresh UNION ALL SELECT id FROM was) AND state <> {asset.trash}
    AND coalesce(size < %(size)s::bigint, created < %(created)s::timestamptz)
) - (SELECT count(*) FROM was WHERE before);
