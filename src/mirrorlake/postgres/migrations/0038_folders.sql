-- Folders of datasources with the number of assets below them, so that a tree is browsed without counting assets.

CREATE TABLE folder (
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  parent text COLLATE "C" NOT NULL,          -- '' or a path that ends with /
  name text COLLATE "C" NOT NULL,            -- its path is parent, name and /; empty in keys with //
  assets bigint NOT NULL,                    -- in it and below, not in the trash, without what `folder_change` adds
  PRIMARY KEY (datasource_id, parent, name)
);

-- What statements changed, a row for each folder that contains their assets directly. Writers only insert, so they wait
-- for nobody; `catalog.folders` adds the rows up.
CREATE TABLE folder_change (
  datasource_id integer NOT NULL,
  path text COLLATE "C" NOT NULL,
  assets integer NOT NULL
);

-- The path of the folder of a key; '' at the top.
CREATE FUNCTION folder_of(key text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN strpos(key, '/') = 0 THEN '' ELSE left(key, length(key) - strpos(reverse(key), '/') + 1) END;

-- State 2 is TRASH (model.assets.STATE_NUMBERS).
CREATE FUNCTION record_folders_of_new_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO folder_change (datasource_id, path, assets)
  SELECT datasource_id, folder_of(key), count(*) FROM added
  WHERE state <> 2 AND strpos(key, '/') > 0 GROUP BY 1, 2;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_folders_of_old_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO folder_change (datasource_id, path, assets)
  SELECT datasource_id, folder_of(key), -count(*) FROM removed
  WHERE state <> 2 AND strpos(key, '/') > 0 GROUP BY 1, 2;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_folders_of_moved_asset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO folder_change (datasource_id, path, assets)
  SELECT * FROM (
    VALUES (old.datasource_id, folder_of(old.key), CASE WHEN old.state = 2 THEN 0 ELSE -1 END),
      (new.datasource_id, folder_of(new.key), CASE WHEN new.state = 2 THEN 0 ELSE 1 END)
  ) AS moved (datasource_id, path, assets) WHERE path <> '' AND assets <> 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER asset_folders_added AFTER INSERT ON asset REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION record_folders_of_new_assets();
CREATE TRIGGER asset_folders_removed AFTER DELETE ON asset REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION record_folders_of_old_assets();
-- A row trigger: statement triggers would keep every row of every edit, and few edits move assets.
CREATE TRIGGER asset_folders_moved AFTER UPDATE ON asset FOR EACH ROW
WHEN (old.datasource_id <> new.datasource_id OR old.key <> new.key OR (old.state = 2) <> (new.state = 2))
EXECUTE FUNCTION record_folders_of_moved_asset();

INSERT INTO folder_change (datasource_id, path, assets)
SELECT datasource_id, folder_of(key), count(*) FROM asset WHERE state <> 2 AND strpos(key, '/') > 0 GROUP BY 1, 2;
