-- Digests of ranges of known objects, so that a pass reads only the rows of ranges in which the listing differs; and the
-- number of assets of each datasource, so that nobody counts its objects.

CREATE TABLE range_digest (
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  after text COLLATE "C" NOT NULL,           -- of the keys with after < key <= until
  until text COLLATE "C" NOT NULL,
  objects integer NOT NULL,                  -- all of them in state PRESENT
  digest bytea NOT NULL,                     -- plan.range_digests.digest_of
  PRIMARY KEY (datasource_id, until)
);

-- Without what `object_change` still adds; assets in the trash are not counted.
CREATE TABLE asset_count (
  datasource_id integer PRIMARY KEY REFERENCES datasource ON DELETE CASCADE,
  assets bigint NOT NULL
);

-- What changed in `object`, a row for each statement. A digest is valid unless a change touches its range; changes are
-- only ever inserted by writers, so they wait for nobody. `catalog.range_digests` applies and deletes them.
CREATE TABLE object_change (
  datasource_id integer NOT NULL,
  transaction xid8 NOT NULL,
  first text COLLATE "C" NOT NULL,           -- the smallest and the largest key that the statement touched
  last text COLLATE "C" NOT NULL,
  assets integer NOT NULL                    -- that it added, less those that it took away
);
CREATE INDEX object_change_by_datasource ON object_change (datasource_id);

-- State 3 is TRASHED (model.objects.KnownState). The objects of a deleted datasource are deleted after it: nothing is
-- recorded for them.
CREATE FUNCTION record_object_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO object_change (datasource_id, transaction, first, last, assets)
  SELECT datasource_id, pg_current_xact_id(), min(key), max(key), count(asset_id) FILTER (WHERE state <> 3)
  FROM changed GROUP BY datasource_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_object_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO object_change (datasource_id, transaction, first, last, assets)
  SELECT datasource_id, pg_current_xact_id(), min(key), max(key), -count(asset_id) FILTER (WHERE state <> 3)
  FROM before WHERE EXISTS (SELECT FROM datasource WHERE datasource.id = before.datasource_id)
  GROUP BY datasource_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_object_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO object_change (datasource_id, transaction, first, last, assets)
  SELECT datasource_id, pg_current_xact_id(), min(key), max(key), coalesce(sum(sign) FILTER (WHERE counts), 0)
  FROM (
    SELECT datasource_id, key, -1 AS sign, asset_id IS NOT NULL AND state <> 3 AS counts FROM before
    UNION ALL SELECT datasource_id, key, 1, asset_id IS NOT NULL AND state <> 3 FROM changed
  ) AS touched
  GROUP BY datasource_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER object_inserted AFTER INSERT ON object REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_object_insert();
CREATE TRIGGER object_deleted AFTER DELETE ON object REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION record_object_delete();
CREATE TRIGGER object_updated AFTER UPDATE ON object REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_object_update();

INSERT INTO asset_count (datasource_id, assets)
SELECT datasource_id, count(asset_id) FILTER (WHERE state <> 3) FROM object GROUP BY datasource_id;
