-- Hashes of what pictures show (formats.picture_hash), kept for each content, and near-duplicates found by them.

CREATE TABLE picture_hash (
  digest bytea PRIMARY KEY,                  -- of the bytes: equal objects have one hash
  hash bigint                                -- null for a tiny picture or a single colour
);

-- Two hashes that differ in at most 8 of 64 bits differ in at most two of the first sixteen bits, or in at most one bit
-- of another sixteen: (2 + 1) + 3 * (1 + 1) = 9. So 137 + 3 * 17 lookups find every near-duplicate, whatever the number
-- of hashes; `plan.near_duplicates` rests on the same.
CREATE INDEX picture_hash_band_0 ON picture_hash (((hash & 65535)::integer));
CREATE INDEX picture_hash_band_1 ON picture_hash (((hash >> 16 & 65535)::integer));
CREATE INDEX picture_hash_band_2 ON picture_hash (((hash >> 32 & 65535)::integer));
CREATE INDEX picture_hash_band_3 ON picture_hash (((hash >> 48 & 65535)::integer));

-- All hashes that differ from one in at most 8 bits. In plpgsql, because an inlined function would not use the indexes.
CREATE FUNCTION hashes_near(one bigint) RETURNS TABLE (digest bytea, distance integer)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 AS $$
DECLARE
  bits integer[] := ARRAY(SELECT 1 << n FROM generate_series(0, 15) AS n);
  flips integer[] := 0 || bits;
  pairs integer[] := flips || ARRAY(SELECT a | b FROM unnest(bits) AS a, unnest(bits) AS b WHERE a < b);
  band_0 integer[] := ARRAY(SELECT (one & 65535)::integer # flip FROM unnest(pairs) AS flip);
  band_1 integer[] := ARRAY(SELECT (one >> 16 & 65535)::integer # flip FROM unnest(flips) AS flip);
  band_2 integer[] := ARRAY(SELECT (one >> 32 & 65535)::integer # flip FROM unnest(flips) AS flip);
  band_3 integer[] := ARRAY(SELECT (one >> 48 & 65535)::integer # flip FROM unnest(flips) AS flip);
BEGIN
  RETURN QUERY SELECT near.digest, bit_count((near.hash # one)::bit(64))::integer FROM picture_hash AS near
  WHERE ((near.hash & 65535)::integer = ANY(band_0) OR (near.hash >> 16 & 65535)::integer = ANY(band_1)
      OR (near.hash >> 32 & 65535)::integer = ANY(band_2) OR (near.hash >> 48 & 65535)::integer = ANY(band_3))
    AND bit_count((near.hash # one)::bit(64)) <= 8;
END
$$;

-- The digests of the contents that look like that of an asset, its own included.
CREATE FUNCTION near_duplicates(asset_id bigint) RETURNS SETOF bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 AS $$
BEGIN
  RETURN QUERY SELECT asset.digest FROM asset WHERE asset.id = asset_id
  UNION
  SELECT near.digest FROM asset JOIN picture_hash ON picture_hash.digest = asset.digest,
    LATERAL hashes_near(picture_hash.hash) AS near
  WHERE asset.id = asset_id;
END
$$;
