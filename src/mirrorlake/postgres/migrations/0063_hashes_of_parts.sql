-- Objects of which only parts were read have no digest: their hashes are kept under the digest of these parts, as their
-- thumbnails are, and near-duplicates are found as assets.

CREATE FUNCTION near_duplicate_assets(one bigint) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 AS $$
DECLARE
  name bytea := (SELECT coalesce(asset.digest, asset.sample_digest) FROM asset WHERE asset.id = one);
  near bytea[] := ARRAY(
    SELECT name WHERE name IS NOT NULL
    UNION
    SELECT found.digest FROM picture_hash, LATERAL hashes_near(picture_hash.hash) AS found WHERE picture_hash.digest = name
  );
BEGIN
  -- Two lookups: no index has the name of either kind.
  RETURN QUERY SELECT asset.id FROM asset WHERE asset.digest = ANY (near)
  UNION ALL
  SELECT asset.id FROM asset WHERE asset.sample_digest = ANY (near) AND asset.digest IS NULL;
END
$$;

DROP FUNCTION near_duplicates(bigint);
