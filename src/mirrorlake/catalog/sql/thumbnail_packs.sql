-- name: register_pack
-- Register a pack before its object is written, so that every object of ours has a row.
INSERT INTO thumbnail_pack (name, thumbnails, size) VALUES (%(name)s, %(thumbnails)s, %(size)s) RETURNING id;

-- name: thumbnail_upkeep_due
-- Whether packs were written more than a day before now, and the last cleanup began a day ago, or an hour ago if it left
-- something to rewrite; the second column: whether it did. After a cleanup that failed or was held, a day passes as well.
SELECT EXISTS (SELECT FROM thumbnail_pack WHERE created < now() - interval '25 hours')
  AND coalesce(last.created < now() - CASE WHEN last.remaining > 0 THEN interval '1 hour' ELSE interval '1 day' END, true),
  coalesce(last.remaining > 0, false)
FROM (SELECT) AS always LEFT JOIN (
  SELECT created, (result ->> 'remaining')::bigint AS remaining FROM job WHERE kind = 'thumbnails_clean' ORDER BY id DESC LIMIT 1
) AS last ON true;

-- name: forget_packs
-- Delete the rows of these packs unless thumbnails are in them. Returns the names of those that were deleted.
DELETE FROM thumbnail_pack AS pack
WHERE id = ANY(%(packs)s::bigint[]) AND NOT EXISTS (SELECT FROM thumbnail WHERE thumbnail.pack_id = pack.id)
RETURNING name;

-- name: locate_thumbnails
-- Where these thumbnails are.
SELECT digest, name, start, length FROM thumbnail JOIN thumbnail_pack AS pack ON pack.id = pack_id
WHERE digest = ANY(%(digests)s::bytea[]);

-- name: thumbnail_place
-- The digest that names the thumbnail of an asset, null if it has none, and where it is, null if that is not known.
SELECT CASE WHEN placeholder IS NOT NULL THEN {rule.thumbnail_name} END, pack.name, thumbnail.start, thumbnail.length
FROM asset LEFT JOIN thumbnail ON thumbnail.digest = {rule.thumbnail_name} LEFT JOIN thumbnail_pack AS pack ON pack.id = pack_id
WHERE asset.id = %(id)s;

-- name: thumbnail_packs
-- All packs, with the number and bytes of their thumbnails that are still in use, and their age in seconds.
SELECT id, name, thumbnails, pack.size, extract(epoch FROM now() - created)::float8, coalesce(used, 0), coalesce(bytes, 0)
FROM thumbnail_pack AS pack LEFT JOIN (
  SELECT pack_id, count(*) AS used, sum(length)::bigint AS bytes FROM thumbnail GROUP BY pack_id
) AS content ON content.pack_id = pack.id
ORDER BY id;

-- name: pack_entries
-- The thumbnails of a pack in the order of their records.
SELECT digest, start, length FROM thumbnail WHERE pack_id = %(pack)s ORDER BY start;

-- name: digests_of_shard
-- The digests between two bounds that are in packs, as the bytes of all of them, and the sum of their lengths.
SELECT coalesce(string_agg(digest, ''::bytea), ''), coalesce(sum(length), 0)::bigint FROM thumbnail
WHERE digest >= %(first)s AND (%(after)s::bytea IS NULL OR digest < %(after)s)
  AND pack_id <> ALL(%(without)s::bigint[]) AND (%(only)s::bigint[] IS NULL OR pack_id = ANY(%(only)s));

-- name: unused_thumbnails
-- The thumbnails between two bounds that no asset uses, with their bytes and the age of their pack in seconds.
SELECT digest, length, extract(epoch FROM now() - created)::float8
FROM thumbnail JOIN thumbnail_pack AS pack ON pack.id = pack_id
WHERE digest >= %(first)s AND (%(after)s::bytea IS NULL OR digest < %(after)s)
  AND NOT EXISTS (SELECT FROM asset WHERE asset.digest = thumbnail.digest)
  AND NOT EXISTS (SELECT FROM asset WHERE asset.sample_digest = thumbnail.digest AND asset.digest IS NULL);

-- name: used_thumbnails
-- Those of these digests that name the thumbnail of an asset; the second column: whether it is in a pack.
SELECT asked.digest, EXISTS (SELECT FROM thumbnail WHERE thumbnail.digest = asked.digest)
FROM unnest(%(digests)s::bytea[]) AS asked (digest)
WHERE EXISTS (SELECT FROM asset WHERE asset.digest = asked.digest)
  OR EXISTS (SELECT FROM asset WHERE asset.sample_digest = asked.digest AND asset.digest IS NULL);

-- name: lock_thumbnail_index
-- Wait until every commit of thumbnails has ended, and let new ones wait until this transaction ends. Readers go on.
LOCK TABLE thumbnail IN SHARE ROW EXCLUSIVE MODE;

-- name: delete_unused_thumbnails
-- Delete those of these thumbnails that no asset uses, also none that was committed since they were found.
DELETE FROM thumbnail WHERE digest = ANY(%(digests)s::bytea[])
  AND NOT EXISTS (SELECT FROM asset WHERE asset.digest = thumbnail.digest)
  AND NOT EXISTS (SELECT FROM asset WHERE asset.sample_digest = thumbnail.digest AND asset.digest IS NULL)
RETURNING length;

-- name: delete_thumbnails
-- Delete thumbnails that are lost or damaged, unless they were written to another pack meanwhile.
DELETE FROM thumbnail USING unnest(%(digests)s::bytea[], %(packs)s::bigint[]) AS lost (digest, pack_id)
WHERE thumbnail.digest = lost.digest AND thumbnail.pack_id = lost.pack_id;

-- name: add_thumbnails
-- Record where thumbnails are, replacing what is recorded.
INSERT INTO thumbnail (digest, pack_id, start, length)
SELECT digest, %(pack)s, start, length
FROM unnest(%(digests)s::bytea[], %(starts)s::integer[], %(lengths)s::integer[]) AS written (digest, start, length)
ORDER BY digest
ON CONFLICT (digest) DO UPDATE SET pack_id = excluded.pack_id, start = excluded.start, length = excluded.length;

-- name: move_thumbnails
-- Let thumbnails that are still in one of the old packs be those of a new one.
UPDATE thumbnail SET pack_id = %(pack)s, start = moved.start, length = moved.length
FROM unnest(%(digests)s::bytea[], %(starts)s::integer[], %(lengths)s::integer[]) AS moved (digest, start, length)
WHERE thumbnail.digest = moved.digest AND thumbnail.pack_id = ANY(%(old)s::bigint[]);

-- name: create_staged_thumbnail
-- The thumbnails that were written for the staged batch.
CREATE TEMP TABLE IF NOT EXISTS staged_thumbnail (digest bytea, pack_id bigint, start integer, length integer) ON COMMIT DELETE ROWS;

-- name: hold_thumbnail_index
-- Keep a cleanup from deleting thumbnails until the batch is committed.
LOCK TABLE thumbnail IN ROW EXCLUSIVE MODE;

-- name: removed_thumbnails
-- How many thumbnails of staged rows are in no pack any more: a cleanup removed them, or the pack that was written.
-- What `keep_deeper` kept was not read: its asset protects it from cleanups, and it may be a file of its own, or lost.
SELECT count(*) AS removed FROM staged LEFT JOIN staged_thumbnail AS written ON written.digest = coalesce(staged.digest, staged.sample_digest)
WHERE staged.result = {result.processed} AND staged.placeholder IS NOT NULL AND CASE
  WHEN written.digest IS NULL THEN NOT staged.kept AND NOT EXISTS (SELECT FROM thumbnail WHERE thumbnail.digest = coalesce(staged.digest, staged.sample_digest))
  ELSE NOT EXISTS (SELECT FROM thumbnail_pack WHERE thumbnail_pack.id = written.pack_id)
END;

-- name: store_thumbnails
-- Record where the thumbnails of the staged objects are, except of those that were left out.
INSERT INTO thumbnail (digest, pack_id, start, length)
SELECT digest, pack_id, start, length FROM staged_thumbnail
WHERE digest IN (SELECT coalesce(staged.digest, staged.sample_digest) FROM staged WHERE result = {result.processed} AND asset_id IS NOT NULL)
ORDER BY digest
ON CONFLICT (digest) DO UPDATE SET pack_id = excluded.pack_id, start = excluded.start, length = excluded.length;
