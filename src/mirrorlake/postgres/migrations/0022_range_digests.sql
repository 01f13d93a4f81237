-- Digests of ranges of known objects, so that a pass reads only the rows of ranges in which the listing differs.

CREATE TABLE range_digest (
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  after text COLLATE "C" NOT NULL,           -- of the keys with after < key <= until
  until text COLLATE "C" NOT NULL,
  objects integer NOT NULL,                  -- all of them in state PRESENT
  digest bytea NOT NULL,                     -- plan.range_digests.digest_of
  PRIMARY KEY (datasource_id, until)
);

-- What changed in `object`, a row for each statement. A digest is valid unless a change touches its range; changes are
-- only ever inserted by writers, so they wait for nobody. `catalog.range_digests` deletes both.
CREATE TABLE object_change (
  datasource_id integer NOT NULL,
  transaction xid8 NOT NULL,
  first text COLLATE "C" NOT NULL,           -- the smallest and the largest key that the statement touched
  last text COLLATE "C" NOT NULL
);
CREATE INDEX object_change_by_datasource ON object_change (datasource_id);

-- The objects of a deleted datasource are deleted after it: nothing is recorded for them.
CREATE FUNCTION record_object_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO object_change (datasource_id, transaction, first, last)
  SELECT datasource_id, pg_current_xact_id(), min(key), max(key) FROM changed
  WHERE EXISTS (SELECT FROM datasource WHERE datasource.id = changed.datasource_id)
  GROUP BY datasource_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_object_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO object_change (datasource_id, transaction, first, last)
  SELECT datasource_id, pg_current_xact_id(), min(key), max(key)
  FROM (SELECT datasource_id, key FROM before UNION ALL SELECT datasource_id, key FROM changed) AS touched
  GROUP BY datasource_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER object_inserted AFTER INSERT ON object REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_object_change();
CREATE TRIGGER object_deleted AFTER DELETE ON object REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_object_change();
CREATE TRIGGER object_updated AFTER UPDATE ON object REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_object_update();
