-- Limits of workspaces: the bytes of all assets are counted like their number, and a run says which limit it reached.

ALTER TABLE library_count ADD COLUMN bytes bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION record_asset_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO library_count (assets, bytes) SELECT count(*), coalesce(sum(size), 0) FROM changed;
  RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION record_asset_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO library_count (assets, bytes) SELECT -count(*), -coalesce(sum(size), 0) FROM before;
  RETURN NULL;
END
$$;
-- A changed size is counted by the statement `count_changed_bytes`: a trigger would cost every other update of assets.

DELETE FROM library_count;
INSERT INTO library_count (assets, bytes) SELECT count(*), sum(size) FROM asset HAVING count(*) > 0;

ALTER TABLE run ADD COLUMN limited_by text;  -- model.workspaces.LimitKind; null: it reached no limit

-- A worker serves all workspaces.
CREATE TABLE IF NOT EXISTS access.worker (LIKE worker INCLUDING ALL);
DROP TABLE worker;
