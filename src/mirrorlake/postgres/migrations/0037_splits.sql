-- The split of an asset by the settings of its project, as in `plan.splits`.

CREATE FUNCTION split_of(settings jsonb, asset_id bigint, digest bytea, key text, metadata jsonb) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT CASE
      WHEN settings ->> 'train' IS NULL THEN NULL -- the project is not divided
      WHEN percent < (settings ->> 'train')::integer THEN 0
      WHEN percent < (settings ->> 'train')::integer + (settings ->> 'valid')::integer THEN 1
      ELSE 2
    END::smallint
  FROM (
    SELECT (('x' || left(encode(sha256(convert_to(
        coalesce(settings ->> 'seed', '0') || E'\n' || coalesce(
          CASE
            WHEN settings ->> 'by' = 'content' THEN 'content:' || encode(digest, 'hex')
            WHEN settings ->> 'by' = 'folder' THEN 'folder:' || regexp_replace(key, '[^/]*$', '')
            WHEN settings ->> 'by' LIKE 'metadata.%' THEN 'metadata:' || (metadata ->> substr(settings ->> 'by', 10))
          END,
          'asset:' || asset_id
        ), 'UTF8')), 'hex'), 8))::bit(32)::bigint * 100) >> 32 AS percent
  ) AS place
);

-- New assets of a project that is divided get their split, whoever adds them.
CREATE FUNCTION split_added_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE project_asset
  SET split = split_of(project.split, asset.id, asset.digest, asset.key, asset.metadata)
  FROM added JOIN project ON project.id = added.project_id JOIN asset ON asset.id = added.asset_id
  WHERE project.split IS NOT NULL AND added.split IS NULL AND NOT added.assigned
    AND project_asset.project_id = added.project_id AND project_asset.asset_id = added.asset_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER project_asset_added AFTER INSERT ON project_asset REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION split_added_assets();
