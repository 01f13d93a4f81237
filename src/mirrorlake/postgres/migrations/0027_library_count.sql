-- The number of assets of the library, trash included, as a sum: each statement that adds or deletes assets inserts one
-- row, so that writers wait for nobody. `catalog.library_count` adds rows up.
CREATE TABLE library_count (
  assets bigint NOT NULL
);

CREATE FUNCTION record_asset_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO library_count SELECT count(*) FROM changed;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_asset_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO library_count SELECT -count(*) FROM before;
  RETURN NULL;
END
$$;
CREATE TRIGGER asset_inserted AFTER INSERT ON asset REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_asset_insert();
CREATE TRIGGER asset_deleted AFTER DELETE ON asset REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION record_asset_delete();

INSERT INTO library_count SELECT count(*) FROM asset HAVING count(*) > 0;

-- State 2 is TRASH (model.assets.STATE_NUMBERS). The trash is counted, or listed, without reading the rest.
CREATE INDEX asset_in_trash ON asset (id) WHERE state = 2;
