-- name: create_label_image
-- The images that an import reads; `spelled` is how their key is spelled that an export writes as this path, if otherwise.
CREATE TEMP TABLE label_image (
  number bigint, path text COLLATE "C", suffixed boolean, width integer, height integer, spelled text COLLATE "C"
) ON COMMIT DROP;

-- name: create_label_match
-- The assets that they are.
CREATE TEMP TABLE label_match (
  path text COLLATE "C", suffixed boolean, asset_id bigint, ambiguous boolean
) ON COMMIT DROP;

-- name: match_label_images
-- Fragment after a WITH that names the assets in question `chosen`: the asset that each path names. The whole key is
-- best, also after the name of the datasource, as exports of several write it; then a path that ends with both, then one
-- that one of path and key ends with, then an equal file name. A path without a suffix may also have one: exports keep it
-- where two images differ in nothing else. It then is the whole name of an asset, although it could be that of another one
-- without its suffix, if label files with the whole names of all such assets are there too. A path may also be how an
-- export writes a key. A path that several assets fit equally well is ambiguous, and so is one whose asset another path
-- fits as well or better. A key with a backslash is also named with a slash. A path below a folder `images` may stand for a
-- label file below `labels` whose image is beside it, or whose first folder `labels` is the one of the labels; that is less
-- than any end of a path itself. Keys and their ends are grouped by their text before they are joined: the number of rows grows
-- with that of images and assets, also where all of them have one file name.
, named AS (
  SELECT path, suffixed, path AS spelled, split_part(path, '/', -1) AS base, '' AS way FROM label_image
  GROUP BY path, suffixed
  UNION ALL
  SELECT path, suffixed, spelled, split_part(spelled, '/', -1), ', written so' FROM label_image
  WHERE spelled IS NOT NULL GROUP BY path, suffixed, spelled
  UNION ALL
  SELECT DISTINCT path, suffixed, ltrim(spelled, '/'), split_part(path, '/', -1), ', below labels'
  FROM (
    SELECT path, suffixed, regexp_replace('/' || path, '^(.*)/images/', '\1/labels/') AS beside FROM label_image
    WHERE NOT suffixed AND '/' || path LIKE '%%/images/%%'
  ) AS labelled CROSS JOIN LATERAL (VALUES (beside), (regexp_replace(beside, '^(.*?)/labels/', '\1/images/'))) AS two (spelled)
  WHERE ltrim(spelled, '/') <> path
), wanted AS (
  SELECT path, suffixed, spelled, way, suffixed AS whole, base,
    CASE WHEN suffixed THEN regexp_replace(base, '(.)\.[^.]*$', '\1') ELSE base END AS stem FROM named
  UNION ALL
  SELECT path, suffixed, spelled, way, true, base, regexp_replace(base, '(.)\.[^.]*$', '\1') FROM named
  WHERE NOT suffixed AND position('.' IN base) > 1
), candidate AS (
  SELECT id, spelling.text, owner, split_part(spelling.text, '/', -1) AS base, spelling.slashed,
    regexp_replace(split_part(spelling.text, '/', -1), '(.)\.[^.]*$', '\1') AS stem
  FROM (
    SELECT asset.id, CASE WHEN %s THEN asset.name ELSE asset.key END AS text,
      replace(replace(replace(datasource.name, '%%', '%%25'), '/', '%%2F'), '\', '%%5C') || '/' AS owner
    FROM asset JOIN chosen ON chosen.id = asset.id JOIN datasource ON datasource.id = asset.datasource_id
  ) AS asset CROSS JOIN LATERAL (
    SELECT asset.text AS text, '' AS slashed
    UNION ALL SELECT replace(asset.text, '\', '/'), ', with a slash' WHERE position('\' IN asset.text) > 0
  ) AS spelling
), ending AS MATERIALIZED (
  SELECT wanted.*, spelled AS value, true AS complete FROM wanted
  UNION ALL
  SELECT wanted.*, array_to_string(parts[place:], '/'), false
  FROM wanted CROSS JOIN LATERAL string_to_array(spelled, '/') AS parts
  CROSS JOIN LATERAL generate_series(2, cardinality(parts)) AS place
), spelled_key AS MATERIALIZED (
  SELECT id, text, owner, slashed, stem, base, true AS whole FROM candidate WHERE stem IN (SELECT stem FROM wanted)
  UNION ALL
  SELECT id, regexp_replace(text, '(.)\.[^./]*$', '\1'), owner, slashed, stem, stem, false
  FROM candidate WHERE stem IN (SELECT stem FROM wanted WHERE NOT whole)
), member AS MATERIALIZED (
  SELECT id, kind, value, stem, whole, slashed FROM spelled_key CROSS JOIN LATERAL (
    SELECT 'key' AS kind, text AS value
    UNION ALL SELECT 'key of a datasource', owner || text
    UNION ALL SELECT 'name', base
    UNION ALL SELECT 'end', array_to_string(parts[place:], '/')
    FROM string_to_array(text, '/') AS parts CROSS JOIN LATERAL generate_series(2, cardinality(parts)) AS place
  ) AS each
  WHERE value IN (SELECT value FROM ending UNION ALL SELECT base FROM wanted)
), fitting AS MATERIALIZED (
  SELECT kind, value, stem, whole, slashed, min(id) AS first_id, max(id) AS last_id FROM member
  GROUP BY kind, value, stem, whole, slashed
), ranked AS MATERIALIZED (
  SELECT path, suffixed, whole, base, kind, value, stem, slashed, first_id, last_id,
    CASE WHEN way LIKE ', below labels%%' THEN
      CASE WHEN kind = 'key of a datasource' OR kind = 'key' AND complete THEN 'c: end of a path'
      ELSE 'c: the end of a path' END
    WHEN kind <> 'end' AND complete THEN 'a: whole key'
    WHEN kind = 'key of a datasource' THEN 'b: end with the datasource'
    ELSE 'c: end of a path'
    END || way || slashed || CASE WHEN whole AND NOT suffixed THEN ', with a suffix' ELSE '' END AS rank
  FROM ending JOIN fitting USING (value, stem, whole) WHERE kind <> 'name' AND (complete OR kind <> 'end')
  UNION ALL
  SELECT path, suffixed, whole, base, kind, value, stem, slashed, first_id, last_id,
    'd: file name' || way || slashed || CASE WHEN whole AND NOT suffixed THEN ', with a suffix' ELSE '' END
  FROM wanted JOIN fitting USING (stem, whole)
  WHERE kind = 'name' AND value = base AND way NOT LIKE ', below labels%%'
), dotted AS (
  SELECT * FROM ranked WHERE NOT suffixed AND position('.' IN base) > 1
), named_whole AS (
  SELECT DISTINCT id FROM member JOIN dotted USING (kind, value, stem, whole, slashed) WHERE whole
), fitting_whole AS (
  SELECT kind, value, stem, slashed, bool_and(named_whole.id IS NOT NULL) AS all_named
  FROM member LEFT JOIN named_whole USING (id) WHERE NOT whole GROUP BY kind, value, stem, slashed
), whole_names AS (
  SELECT path FROM dotted LEFT JOIN fitting_whole USING (kind, value, stem, slashed)
  GROUP BY path
  HAVING min(left(rank, 1)) FILTER (WHERE whole) <= min(left(rank, 1)) FILTER (WHERE NOT whole)
    AND bool_and(whole OR all_named)
), compared_in_order AS (
  SELECT *, min(rank) OVER (PARTITION BY path, suffixed) AS best_rank FROM ranked
  WHERE (whole OR suffixed OR path NOT IN (SELECT path FROM whole_names))
), best AS (
  SELECT path, suffixed, rank, min(first_id) AS asset_id, min(first_id) = max(last_id) AS is_one
  FROM compared_in_order
  WHERE rank = best_rank GROUP BY path, suffixed, rank
), single AS (
  SELECT *, min(rank) OVER (PARTITION BY asset_id) AS best_rank, count(*) OVER (PARTITION BY asset_id, rank) AS paths
  FROM best WHERE is_one
)
INSERT INTO label_match
SELECT path, suffixed, asset_id, rank > best_rank OR paths > 1 AS ambiguous FROM single
UNION ALL SELECT path, suffixed, asset_id, true FROM best WHERE NOT is_one;

-- name: match_label_digests
-- Fragment after a WITH that names the assets in question `chosen`: the asset whose bytes have the digest (BLAKE3, in
-- hexadecimal) that the file name without its suffix is. Equal assets are ambiguous.
, wanted AS (
  SELECT path, suffixed, lower(CASE WHEN suffixed THEN split_part(split_part(path, '/', -1), '.', 1)
    ELSE split_part(path, '/', -1) END) AS digest
  FROM label_image GROUP BY path, suffixed
)
INSERT INTO label_match
SELECT path, suffixed, min(asset.id), count(*) > 1 OR count(*) OVER (PARTITION BY min(asset.id)) > 1
FROM wanted JOIN asset ON asset.digest = CASE WHEN wanted.digest ~ '^[0-9a-f]{64}$' THEN decode(wanted.digest, 'hex') END JOIN chosen ON chosen.id = asset.id
GROUP BY path, suffixed;

-- name: label_import_counts
-- The images of an import: all, and those that are assets.
SELECT count(DISTINCT (image.path, image.suffixed)), count(DISTINCT match.asset_id) FILTER (WHERE NOT match.ambiguous)
FROM label_image AS image LEFT JOIN label_match AS match USING (path, suffixed);

-- name: unmatched_label_images
-- Some images of an import that are no assets, or that several assets fit.
SELECT DISTINCT image.path, match.ambiguous IS NOT NULL
FROM label_image AS image LEFT JOIN label_match AS match USING (path, suffixed)
WHERE match.ambiguous IS NOT FALSE ORDER BY 2, 1 LIMIT %(limit)s;

-- name: replace_imported
-- Delete what earlier imports made of these assets in this ontology.
DELETE FROM annotation USING label_match AS match, label_class
WHERE NOT match.ambiguous AND annotation.asset_id = match.asset_id AND annotation.source = %(source)s
  AND label_class.id = annotation.class_id AND label_class.ontology_id = %(ontology_id)s;

-- name: matched_label_images
-- The numbers of images that are assets, those assets, and their sizes and orientations, as the bytes of all values.
SELECT string_agg(int8send(image.number), ''::bytea), string_agg(int8send(match.asset_id), ''::bytea),
  string_agg(int8send(coalesce(asset.width, 0)) || int8send(coalesce(asset.height, 0))
    || int8send(coalesce(asset.orientation, 1)::bigint), ''::bytea)
FROM label_image AS image JOIN label_match AS match USING (path, suffixed) JOIN asset ON asset.id = match.asset_id
WHERE NOT match.ambiguous;
