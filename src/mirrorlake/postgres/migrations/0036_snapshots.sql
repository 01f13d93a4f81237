-- Splits and snapshots of projects.

ALTER TABLE project
  ADD COLUMN description text NOT NULL DEFAULT '',
  ADD COLUMN created_by text,
  ADD COLUMN split jsonb,                        -- model.splits.SplitSettings; null: its assets have no splits
  ADD COLUMN snapshots integer NOT NULL DEFAULT 0; -- the number of its newest snapshot; no number is given twice

ALTER TABLE project_asset
  ADD COLUMN split smallint,                     -- model.splits.SPLIT_NUMBERS; null without one
  ADD COLUMN assigned boolean NOT NULL DEFAULT false; -- a person chose the split
CREATE INDEX project_asset_by_split ON project_asset (project_id, split, asset_id);

-- A part of the rows of snapshots, as a Parquet file. Snapshots with the same rows in it share it.
CREATE TABLE snapshot_chunk (
  digest bytea PRIMARY KEY,                      -- BLAKE3 of `content`
  content bytea NOT NULL
);
ALTER TABLE snapshot_chunk ALTER COLUMN content SET STORAGE EXTERNAL; -- it is compressed already

CREATE TABLE snapshot (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id integer NOT NULL REFERENCES project,
  number integer NOT NULL,
  digest bytea NOT NULL,                         -- of what was frozen, see library.snapshot_rows
  assets bigint NOT NULL,
  splits jsonb NOT NULL,                         -- number of assets by split
  classes jsonb NOT NULL,                        -- number of annotations by ontology, class and split
  split jsonb,                                   -- project.split at that time
  note text NOT NULL DEFAULT '',
  created timestamptz NOT NULL DEFAULT now(),
  created_by text,
  UNIQUE (project_id, number)
);

CREATE TABLE snapshot_part (
  snapshot_id integer NOT NULL REFERENCES snapshot ON DELETE CASCADE,
  position integer NOT NULL,                     -- in the order of the assets' ids
  digest bytea NOT NULL REFERENCES snapshot_chunk,
  first_asset bigint NOT NULL,
  last_asset bigint NOT NULL,
  assets integer NOT NULL,
  PRIMARY KEY (snapshot_id, position)
);
CREATE INDEX snapshot_part_by_chunk ON snapshot_part (digest);

CREATE FUNCTION refuse_change_of_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'snapshots are immutable';
END
$$;
CREATE TRIGGER snapshot_immutable BEFORE UPDATE ON snapshot FOR EACH ROW
WHEN ((old.project_id, old.number, old.digest, old.assets, old.splits, old.classes, old.split, old.created, old.created_by)
  IS DISTINCT FROM
  (new.project_id, new.number, new.digest, new.assets, new.splits, new.classes, new.split, new.created, new.created_by))
EXECUTE FUNCTION refuse_change_of_snapshot();
CREATE TRIGGER snapshot_part_immutable BEFORE UPDATE ON snapshot_part FOR EACH ROW
EXECUTE FUNCTION refuse_change_of_snapshot();
CREATE TRIGGER snapshot_chunk_immutable BEFORE UPDATE ON snapshot_chunk FOR EACH ROW
WHEN (old.digest IS DISTINCT FROM new.digest OR old.content IS DISTINCT FROM new.content)
EXECUTE FUNCTION refuse_change_of_snapshot();
